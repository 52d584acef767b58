#include "node/audience.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/file_reader.h"
#include "tests/node/fake_node.h"

namespace mountguard::node {
namespace {

using Texts = std::vector<std::string>;

/// A node whose host has just mounted something at /srv/new; of its containers one follows, one has
/// a private copy, one covers what came, and one does not see the directory at all.
struct Audience : FakeNode {
  Survey survey;

  Audience() {
    constexpr char kHost[] =
        "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
        "21 20 0:40 / /srv/new rw shared:2 - tmpfs new rw\n";
    AddProcess(1, "systemd", kHost, "0::/\n", 1);
    AddProcess(10, "follower",
               "50 1 0:90 / / rw - overlay overlay rw\n"
               "51 50 8:1 /srv /data rw master:1 - ext4 /dev/sda1 rw\n"
               "52 51 0:40 / /data/new rw master:2 - tmpfs new rw\n",
               "0::/\n", 2);
    AddProcess(20, "private",
               "60 1 0:91 / / rw - overlay overlay rw\n"
               "61 60 8:1 / /host ro - ext4 /dev/sda1 rw\n",
               "0::/\n", 3);
    AddProcess(30, "covered",
               "70 1 0:92 / / rw - overlay overlay rw\n"
               "71 70 8:1 /srv /data rw master:1 - ext4 /dev/sda1 rw\n"
               "72 71 0:40 / /data/new rw master:2 - tmpfs new rw\n"
               "73 72 0:41 / /data/new rw - tmpfs over rw\n",
               "0::/\n", 4);
    AddProcess(40, "apart",
               "80 1 0:93 / / rw - overlay overlay rw\n"
               "81 80 8:1 /var /var rw - ext4 /dev/sda1 rw\n",
               "0::/\n", 5);
    const core::SystemFileReader files;
    Selection everyone;
    everyone.all = true;
    auto read = SurveyNode(ProcessReader(files, root()), everyone);
    REQUIRE(read.has_value());
    survey = *std::move(read);
  }

  const MountNamespace& host() const { return *survey.host(); }

  Texts TextsOf(const std::vector<Spectator>& spectators) const {
    Texts texts;
    for (const Spectator& one : spectators) {
      texts.push_back(fmt::format("{} {}{} {}", survey.namespaces[one.space].command, one.path,
                                  one.sees ? (one.hidden ? " hidden" : " sees") : "",
                                  ToString(one.type)));
    }
    return texts;
  }
};

TEST_CASE("Who sees a mount that was made, and who only the directory below it", "[audience]") {
  const Audience node;
  const auto& mounts = node.host().table->mounts();
  CHECK(node.TextsOf(SpectatorsOf(mounts[1], mounts[0], node.host(), node.survey)) ==
        Texts{"follower /data/new sees slave", "private /host/srv/new private",
              "covered /data/new hidden slave"});
}

TEST_CASE("Who keeps a mount that is gone", "[audience]") {
  const Audience node;
  const auto gone = ParseMountInfo("21 20 0:40 / /srv/new rw shared:2 - tmpfs new rw\n");
  REQUIRE(gone.has_value());
  CHECK(node.TextsOf(KeepersOf(gone->mounts()[0], node.host(), node.survey)) ==
        Texts{"follower /data/new sees slave", "covered /data/new hidden slave"});
  const auto other = ParseMountInfo("21 20 0:40 /part /srv/new rw shared:2 - tmpfs new rw\n");
  CHECK(KeepersOf(other->mounts()[0], node.host(), node.survey).empty());
}

}  // namespace
}  // namespace mountguard::node

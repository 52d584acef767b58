#include "node/host_view.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace mountguard::node {
namespace {

/// The host's table and a container's, as a view of the one from the other.
struct Both {
  MountTable host_table;
  MountTable own_table;
  MountTree host_tree;
  MountTree own_tree;
  PeerGroups groups;
  HostView view;

  Both(const std::string& host, const std::string& own)
      : host_table(ParseMountInfo(host).value()),
        own_table(ParseMountInfo(own).value()),
        host_tree(host_table),
        own_tree(own_table),
        groups(GroupsOf(host_table, own_table)),
        view(host_tree, groups) {}

  static PeerGroups GroupsOf(const MountTable& a, const MountTable& b) {
    PeerGroups groups;
    groups.Add(a);
    groups.Add(b);
    return groups;
  }

  /// "HOST_PATH=OWN_PATH" with < for what the host's mounts reach and > for the other way.
  std::vector<std::string> Links(std::size_t index, HostLinks* all = nullptr) const {
    HostLinks links = view.LinksOf(own_tree, own_table.mounts()[index], 4);
    std::vector<std::string> texts;
    for (const HostLink& link : links.links) {
      texts.push_back(fmt::format("{}={}{}{}", link.host_path, link.own_path, link.sees ? "<" : "",
                                  link.shows ? ">" : ""));
    }
    if (all != nullptr) *all = std::move(links);
    return texts;
  }
};

using Texts = std::vector<std::string>;

constexpr char kHostMounts[] =
    "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
    "21 20 8:16 / /srv rw shared:2 - ext4 /dev/sdb rw\n"
    "22 20 8:32 / /late rw shared:3 - ext4 /dev/sdc rw\n";

TEST_CASE("A mount's directory is found on the host, with what crosses", "[host view]") {
  const Both both(kHostMounts,
                  "50 1 0:90 / / rw - overlay overlay rw\n"
                  "51 50 8:16 /a /shared rw shared:2 - ext4 /dev/sdb rw\n"
                  "52 50 8:16 /a /slave rw master:2 - ext4 /dev/sdb rw\n"
                  "53 50 8:16 / /private rw - ext4 /dev/sdb rw\n"
                  "54 50 8:48 / /elsewhere rw - ext4 /dev/sdd rw\n");
  CHECK(both.Links(0).empty());
  CHECK(both.Links(1) == Texts{"/srv/a=/shared<>"});
  CHECK(both.Links(2) == Texts{"/srv/a=/slave<"});
  CHECK(both.Links(3) == Texts{"/srv=/private"});
  CHECK(both.Links(4).empty());
  const auto& mounts = both.own_table.mounts();
  CHECK(both.view.Feeds(mounts[2]));
  CHECK_FALSE(both.view.HearsFrom(mounts[2]));
  CHECK(both.view.HearsFrom(mounts[1]));
  CHECK_FALSE(both.view.Feeds(mounts[3]));
  CHECK(both.view.Holds(mounts[3].device));
  CHECK_FALSE(both.view.Holds(mounts[4].device));
}

TEST_CASE("What covers a directory on either side is no link", "[host view]") {
  CHECK(Both(std::string(kHostMounts) + "23 21 0:40 / /srv/a rw - tmpfs over rw\n",
             "50 1 8:16 /a / rw - ext4 /dev/sdb rw\n")
            .Links(0)
            .empty());
  const Both covered(kHostMounts,
                     "50 1 8:16 /a / rw - ext4 /dev/sdb rw\n51 50 0:41 / / rw - tmpfs over rw\n");
  CHECK(covered.Links(0).empty());
}

TEST_CASE("Mounts of the host that are missing are told", "[host view]") {
  const Both both(kHostMounts,
                  "50 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
                  "51 50 8:16 / /srv rw - ext4 /dev/sdb rw\n");
  HostLinks links;
  both.Links(0, &links);
  REQUIRE_FALSE(links.links.empty());
  std::size_t count = 0;
  const auto missing = both.view.MissingIn(both.own_tree, both.own_table.mounts()[0],
                                           links.links.front(), 5, &count);
  CHECK(missing == std::vector<std::string_view>{"/late"});
  CHECK(count == 1);
}

TEST_CASE("Links beyond the limit are counted, and mounts that are too many to try named",
          "[host view]") {
  const auto host_with = [](int mounts) {
    std::string host = kHostMounts;
    for (int i = 0; i < mounts; ++i) {
      host += fmt::format("{} 20 8:16 /d /m{} rw - ext4 /dev/sdb rw\n", 100 + i, i);
    }
    return host;
  };
  const std::string own = "50 1 8:16 /d / rw - ext4 /dev/sdb rw\n";
  HostLinks links;
  CHECK(Both(host_with(30), own).Links(0, &links).size() == 4);
  CHECK(links.more == 30 + 1 - 4);  // /srv/d shows it, too
  CHECK(links.untried == 0);
  CHECK(Both(host_with(1000), own).Links(0, &links).size() == 4);
  CHECK(links.links.size() + links.more + links.untried == 1001);
  CHECK(links.untried > 0);
}

}  // namespace
}  // namespace mountguard::node

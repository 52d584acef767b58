#include "node/propagation.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "core/file_reader.h"
#include "node/process.h"
#include "tests/node/mount_fixture.h"
#include "tests/temporary_directory.h"

namespace mountguard::node {
namespace {

using Users = NamespaceWorld::Users;

/// The tables of a world's host and container at one moment.
class Snapshot {
 public:
  explicit Snapshot(const MountFixture& fixture) {
    const core::SystemFileReader files;
    const ProcessReader reader(files);
    for (const int process : {MountFixture::kHost, fixture.container}) {
      auto table = reader.Mounts(fixture.world.pid(process));
      REQUIRE(table.has_value());
      tables_.push_back(std::make_unique<MountTable>(*std::move(table)));
      trees_.push_back(std::make_unique<MountTree>(*tables_.back()));
      propagation_.Add(*tables_.back(), *trees_.back());
    }
  }

  /// What a mount at that path of that process is said to become: a line for each place.
  std::vector<std::string> Predicted(std::size_t process, const std::string& path) const {
    std::vector<std::string> lines;
    for (const Arrival& one : propagation_.ArrivalsOf(process, path)) {
      lines.push_back(Line(one.table, one.path, one.visible));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  /// Where the mounts of that source really are.
  std::vector<std::string> Found(const std::string& source) const {
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      for (const Mount& mount : tables_[i]->mounts()) {
        if (mount.source != source) continue;
        lines.push_back(Line(i, std::string(mount.mount_point),
                             trees_[i]->MountAt(mount.mount_point) == &mount));
      }
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

 private:
  static std::string Line(std::size_t table, const std::string& path, bool visible) {
    return fmt::format("{} {} {}", table == 0 ? "host" : "container", path,
                       visible ? "visible" : "below another");
  }

  std::vector<std::unique_ptr<MountTable>> tables_;
  std::vector<std::unique_ptr<MountTree>> trees_;
  Propagation propagation_;
};

/// Mounts at every place of one world and holds what was predicted against what came.
int CountRightPredictions(std::string_view parent, std::string_view child,
                          std::string_view in_container, Users users) {
  const tests::TemporaryDirectory directory;
  MountFixture fixture;
  fixture.Must(fixture.world.error());
  fixture.Build(directory.path(), parent, child, in_container, users);
  int cases = 0;
  for (const auto& [process, path] : fixture.Probes()) {
    const Snapshot before(fixture);
    const std::string source = fmt::format("probe-{}", cases);
    const auto predicted = before.Predicted(process == MountFixture::kHost ? 0 : 1, path);
    fixture.Must(fixture.world.MountTmpfs(process, source, path));
    const Snapshot after(fixture);
    INFO("in " << (process == 0 ? "the host" : "the container") << " at " << path);
    CHECK(predicted == after.Found(source));
    fixture.Must(fixture.world.Unmount(process, path));
    ++cases;
  }
  return cases;
}

TEST_CASE("Mounts arrive where it was predicted, for every combination of types",
          "[propagation][namespaces]") {
  {
    const NamespaceWorld world;
    if (!world.error().empty()) {
      std::printf("skipped: no mount namespaces here (%s), so no prediction is tried\n",
                  world.error().c_str());
      return;
    }
  }
  int cases = 0;
  for (const Users users : {Users::kSame, Users::kOwn}) {
    for (const std::string_view parent : kTypes) {
      for (const std::string_view child : kTypes) {
        for (const std::string_view in_container : kTypes) {
          INFO("parent " << parent << ", child " << child << ", in the container " << in_container
                         << (users == Users::kOwn ? ", own user namespace" : ""));
          cases += CountRightPredictions(parent, child, in_container, users);
        }
      }
    }
  }
  std::printf("propagation: %d mounts predicted and made\n", cases);
  CHECK(cases >= 500);
}

}  // namespace
}  // namespace mountguard::node

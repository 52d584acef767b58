// A table of mounts: whatever is taken must have its texts inside of what was given, and the tree
// must answer every question about it, also where the table contradicts itself.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "node/mount_tree.h"
#include "node/mountinfo.h"
#include "node/peer_groups.h"

using namespace mountguard;  // NOLINT: a program of one function

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kMostBytes = 64 * 1024;
  if (size > kMostBytes) return 0;
  const auto table = node::ParseMountInfo({reinterpret_cast<const char*>(data), size});
  if (!table) {
    Require(table.error().message.rfind("line ", 0) == 0);
    return 0;
  }
  const node::MountTree tree(*table);
  node::PeerGroups groups;
  groups.Add(*table);
  std::size_t bytes = 0;
  for (const node::Mount& mount : table->mounts()) {
    bytes += mount.root.size() + mount.mount_point.size() + mount.options.size() +
             mount.other_fields.size() + mount.type.size() + mount.source.size() +
             mount.super_options.size();
    const node::Mount* found = tree.MountAt(mount.mount_point);
    // Paths of the kernel are clean; others lead nowhere.
    const bool clean = mount.mount_point.find("//") == std::string_view::npos;
    if (clean && tree.IsVisible(mount)) Require(found == &mount);
    if (found == &mount) Require(tree.CoveredBy(mount) == nullptr);
    groups.AnySourceOf(mount, [&](int group) {
      Require(groups.Reaches(group, mount));
      return false;  // all of them
    });
  }
  Require(bytes <= size);
  std::size_t stacked = 0;
  for (const node::PathCount& one : tree.StackedPaths()) {
    Require(one.mounts >= 2 && one.alike >= 1 && one.alike <= one.mounts);
    stacked += one.mounts;
  }
  Require(stacked <= table->mounts().size());
  return 0;
}

#include "node/pinned.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "core/path.h"

namespace mountguard::node {
namespace {

/// Views of the kernel's own state: nothing is lost or kept busy by them.
constexpr std::string_view kViews[] = {
    "autofs", "binfmt_misc", "bpf",        "cgroup",     "cgroup2",   "configfs", "debugfs",
    "devpts", "devtmpfs",    "efivarfs",   "fusectl",    "hugetlbfs", "mqueue",   "nsfs",
    "proc",   "pstore",      "rpc_pipefs", "securityfs", "selinuxfs", "sysfs",    "tracefs"};

bool InMemory(const Mount& mount) { return mount.type == "tmpfs" || mount.type == "ramfs"; }

/// Where every container has file systems of its own.
bool IsOfContainer(const Mount& mount) {
  const auto is_at_or_under = [&mount](std::string_view path) {
    return core::IsAtOrUnder(mount.mount_point, path);
  };
  return mount.mount_point == "/" || is_at_or_under("/dev") || is_at_or_under("/proc") ||
         is_at_or_under("/sys");
}

/// Of a file system in memory on the root of a container.
bool CameFromOutside(const MountNamespace& space, const Mount& mount) {
  if (mount.master != 0 || mount.root != "/") return true;
  const RecordedMount* const recorded =
      space.recorded ? space.recorded->At(mount.mount_point) : nullptr;
  return recorded != nullptr &&
         (recorded->type == "bind" || recorded->Has("bind") || recorded->Has("rbind"));
}

bool IsPinned(const MountNamespace& space, const Mount& mount, const HostView& host) {
  if (IsOfContainer(mount) || host.Holds(mount.device) ||
      std::find(std::begin(kViews), std::end(kViews), mount.type) != std::end(kViews)) {
    return false;
  }
  if (!InMemory(mount)) return true;
  if (IsMemoryOnRoot(*space.tree, mount)) return CameFromOutside(space, mount);
  const Mount* const parent = space.tree->Parent(mount);
  return parent != nullptr && host.Holds(parent->device);
}

}  // namespace

bool IsMemoryOnRoot(const MountTree& tree, const Mount& mount) {
  if (!InMemory(mount) || IsOfContainer(mount)) return false;
  const Mount* const parent = tree.Parent(mount);
  return parent != nullptr && parent->mount_point == "/";
}

std::vector<PinnedFileSystem> FindPinned(const Survey& survey, const HostView& host) {
  std::map<std::pair<std::uint32_t, std::uint32_t>, PinnedFileSystem> found;
  for (std::size_t i = survey.asked_from; i < survey.namespaces.size(); ++i) {
    const MountNamespace& one = survey.namespaces[i];
    if (one.host) continue;
    for (const Mount& mount : one.table->mounts()) {
      if (!IsPinned(one, mount, host)) continue;
      auto& holders = found[{mount.device.major, mount.device.minor}].holders;
      if (holders.empty() || holders.back().space != i) holders.push_back({i, &mount, 0});
      ++holders.back().mounts;
    }
  }
  std::vector<PinnedFileSystem> pinned;
  for (auto& [device, one] : found) pinned.push_back(std::move(one));
  std::stable_partition(pinned.begin(), pinned.end(),
                        [](const PinnedFileSystem& one) { return one.mount().device.major != 0; });
  return pinned;
}

}  // namespace mountguard::node

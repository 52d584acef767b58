#include "node/mount_changes.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace mountguard::node {
namespace {

bool SameThing(const Mount& a, const Mount& b) { return a.device == b.device && a.root == b.root; }

bool SameState(const Mount& a, const Mount& b) {
  return a.parent == b.parent && a.mount_point == b.mount_point && a.options == b.options &&
         a.super_options == b.super_options && a.shared == b.shared && a.master == b.master &&
         a.unbindable == b.unbindable && a.root_deleted == b.root_deleted;
}

}  // namespace

std::string_view ToString(MountChange::Kind kind) {
  constexpr std::array<std::string_view, 3> kKinds = {"gone", "appeared", "changed"};
  return kKinds[static_cast<std::size_t>(kind)];
}

std::vector<MountChange> ChangesBetween(const MountTable& before, const MountTable& after) {
  using Kind = MountChange::Kind;
  std::unordered_map<int, const Mount*> left;  // mounts of before that after has not yet had
  for (const Mount& mount : before.mounts()) left[mount.id] = &mount;
  std::vector<MountChange> changes;
  for (const Mount& mount : after.mounts()) {
    const auto known = left.find(mount.id);
    if (known == left.end() || !SameThing(*known->second, mount)) {
      changes.push_back({Kind::kAppeared, nullptr, &mount});
      continue;
    }
    if (!SameState(*known->second, mount)) {
      changes.push_back({Kind::kChanged, known->second, &mount});
    }
    left.erase(known);
  }
  std::vector<MountChange> all;
  for (auto mount = before.mounts().rbegin(); mount != before.mounts().rend(); ++mount) {
    const auto gone = left.find(mount->id);
    if (gone != left.end() && gone->second == &*mount)
      all.push_back({Kind::kGone, &*mount, nullptr});
  }
  all.insert(all.end(), changes.begin(), changes.end());
  return all;
}

}  // namespace mountguard::node

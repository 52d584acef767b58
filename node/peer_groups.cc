#include "node/peer_groups.h"

namespace mountguard::node {

void PeerGroups::Add(const MountTable& table) {
  for (const Mount& mount : table.mounts()) {
    if (mount.master == 0) continue;
    if (mount.shared != 0) masters_[mount.shared] = mount.master;
    // Groups between the two lie outside of the process's root. Who sees them tells more.
    if (mount.propagate_from != 0) masters_.try_emplace(mount.master, mount.propagate_from);
  }
}

int PeerGroups::MasterOf(int group) const {
  const auto found = masters_.find(group);
  return found == masters_.end() ? 0 : found->second;
}

bool PeerGroups::Reaches(int group, const Mount& mount) const {
  return group != 0 && AnySourceOf(mount, [group](int source) { return source == group; });
}

}  // namespace mountguard::node

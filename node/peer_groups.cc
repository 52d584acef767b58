#include "node/peer_groups.h"

#include <algorithm>

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

/// `group` and all above it. Tables are read one after the other: what they say together may be a
/// circle.
std::vector<int> PeerGroups::ChainOf(int group) const {
  std::vector<int> chain;
  for (; group != 0 && std::find(chain.begin(), chain.end(), group) == chain.end();
       group = MasterOf(group)) {
    chain.push_back(group);
  }
  return chain;
}

std::vector<int> PeerGroups::SourcesOf(const Mount& mount) const {
  std::vector<int> groups = ChainOf(mount.master);
  if (mount.shared != 0) {
    groups.erase(std::remove(groups.begin(), groups.end(), mount.shared), groups.end());
    groups.insert(groups.begin(), mount.shared);
  }
  return groups;
}

bool PeerGroups::Reaches(int group, const Mount& mount) const {
  return group != 0 && AnySourceOf(mount, [group](int source) { return source == group; });
}

}  // namespace mountguard::node

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

std::vector<int> PeerGroups::SourcesOf(const Mount& mount) const {
  std::vector<int> groups;
  if (mount.shared != 0) groups.push_back(mount.shared);
  for (int group = mount.master; group != 0; group = MasterOf(group)) {
    // Tables are read one after the other: what they say together may be a circle.
    if (std::find(groups.begin(), groups.end(), group) != groups.end()) break;
    groups.push_back(group);
  }
  return groups;
}

bool PeerGroups::Reaches(int group, const Mount& mount) const {
  const std::vector<int> sources = SourcesOf(mount);
  return group != 0 && std::find(sources.begin(), sources.end(), group) != sources.end();
}

}  // namespace mountguard::node

#ifndef MOUNTGUARD_NODE_PEER_GROUPS_H_
#define MOUNTGUARD_NODE_PEER_GROUPS_H_

#include <unordered_map>
#include <vector>

#include "node/mountinfo.h"

namespace mountguard::node {

/// Which peer groups pass their mount events on to which, put together from the tables of as many
/// processes as could be read: groups are numbers of the whole kernel.
///
/// All mounts of a group have the same master (Documentation/filesystems/sharedsubtree.rst), so one
/// mount of a group that is a slave tells it for all. Const methods are thread-safe.
class PeerGroups {
 public:
  void Add(const MountTable& table);

  /// The groups whose mount events reach `mount`, the nearest first: its own, its master, and so on
  /// upwards. Where tables are missing, groups above them may be missing too.
  std::vector<int> SourcesOf(const Mount& mount) const;

  /// True if something that is mounted on a mount of `group` is also mounted on `mount`, as far as
  /// `mount` shows the directory (propagation.h).
  bool Reaches(int group, const Mount& mount) const;

  /// The groups that mount events of `group` reach: itself first, then all below it.
  std::vector<int> ReachedFrom(int group) const;

  /// The group that `group` is a slave of, 0 if it has none or that is not known.
  int MasterOf(int group) const;

 private:
  std::vector<int> ChainOf(int group) const;

  std::unordered_map<int, int> masters_;
};

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_PEER_GROUPS_H_

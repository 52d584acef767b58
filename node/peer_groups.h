#ifndef MOUNTGUARD_NODE_PEER_GROUPS_H_
#define MOUNTGUARD_NODE_PEER_GROUPS_H_

#include <cstddef>
#include <unordered_map>

#include "node/mountinfo.h"

namespace mountguard::node {

/// Which peer groups pass their mount events on to which, put together from the tables of as many
/// processes as could be read: groups are numbers of the whole kernel.
///
/// What is mounted on a directory of a shared mount is also mounted on that directory in every
/// mount of its peer group, and in every mount that is a slave of the group, directly or by way of
/// other groups, if that mount shows the directory (fs/pnode.c propagate_mnt, Linux 6.18). All
/// mounts of a group have the same master (Documentation/filesystems/sharedsubtree.rst), so one
/// mount of a group that is a slave tells it for all. Const methods are thread-safe.
class PeerGroups {
 public:
  void Add(const MountTable& table);

  /// True if something that is mounted on a mount of `group` is also mounted on `mount`, as far as
  /// `mount` shows the directory (mount_path.h).
  bool Reaches(int group, const Mount& mount) const;

  /// True if `is(group)` for any of the groups whose mount events reach `mount`; asks for the
  /// nearest first: its own, its master, and so on upwards. Where tables are missing, groups above
  /// them may be missing too; where they contradict each other, some may come again.
  template <class Is>
  bool AnySourceOf(const Mount& mount, const Is& is) const {
    if (mount.shared != 0 && is(mount.shared)) return true;
    // Tables are read one after the other: together they may say a circle.
    std::size_t steps = 0;
    for (int group = mount.master; group != 0 && steps <= masters_.size(); ++steps) {
      if (is(group)) return true;
      group = MasterOf(group);
    }
    return false;
  }

  /// The group that `group` is a slave of, 0 if it has none or that is not known.
  int MasterOf(int group) const;

 private:
  std::unordered_map<int, int> masters_;
};

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_PEER_GROUPS_H_

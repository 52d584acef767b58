#ifndef MOUNTGUARD_NODE_PROPAGATION_H_
#define MOUNTGUARD_NODE_PROPAGATION_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "node/mount_tree.h"
#include "node/mountinfo.h"
#include "node/peer_groups.h"

namespace mountguard::node {

/// A mount that appears because another one was made, there or in another namespace.
struct Arrival {
  std::size_t table = 0;      // whose: the number that Add gave
  const Mount* on = nullptr;  // what it is mounted on
  std::string path;           // where, as processes there see it
  bool visible = false;       // else it lies below another mount
};

/// What mount(2) does elsewhere: the rules of Documentation/filesystems/sharedsubtree.rst and of
/// fs/pnode.c (propagate_mnt, Linux 6.18), applied to the tables of many processes.
///
/// What is mounted on a directory of a shared mount is also mounted on that directory in every
/// mount of its peer group, and in every mount that is a slave of the group, directly or by way of
/// other groups, if that mount shows the directory: its root is the directory or stands above it.
/// Where such a mount has something mounted on that very directory already, what arrives goes below
/// it.
///
/// Borrows the tables and trees. Const methods are thread-safe once all tables are added.
class Propagation {
 public:
  /// Returns the table's number: 0, 1 and so on. `tree` must be that of `table`.
  std::size_t Add(const MountTable& table, const MountTree& tree);

  /// Takes of a table only how its peer groups hang together; it need not live on.
  void AddGroups(const MountTable& table) { groups_.Add(table); }

  const PeerGroups& groups() const { return groups_; }

  /// Where a mount arrives that is made at the absolute clean `path` of the process of that table,
  /// the place itself first. Empty if the process sees no mount there.
  std::vector<Arrival> ArrivalsOf(std::size_t table, std::string_view path) const;

 private:
  struct Member {
    std::size_t table;
    const Mount* mount;
  };

  PeerGroups groups_;
  std::vector<const MountTree*> trees_;
  std::unordered_map<int, std::vector<Member>> members_;  // of a group: its peers and its slaves
};

/// The path of `mount`'s file system that `path`, at or below the mount's mount point, leads to.
std::string PathInFileSystem(const Mount& mount, std::string_view path);

/// Where `inside`, a path of the file system, is seen through `mount`; "" if the mount does not
/// show it.
std::string PathThrough(const Mount& mount, std::string_view inside);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_PROPAGATION_H_

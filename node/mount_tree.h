#ifndef MOUNTGUARD_NODE_MOUNT_TREE_H_
#define MOUNTGUARD_NODE_MOUNT_TREE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "node/mountinfo.h"

namespace mountguard::node {

/// Several mounts on one path of one process.
struct PathCount {
  std::string_view path;     // borrowed from the table
  std::uint32_t mounts = 0;  // at least 2
  std::uint32_t alike = 0;   // the most of them that mount the same directory of one file system
};

/// How the mounts of one table hang together, and which of them a path leads to.
///
/// Borrows the table, which must outlive it. Const methods are thread-safe. Built in linear time:
/// node agents that multiply mounts fill tables up to the kernel's limit of 100,000.
class MountTree {
 public:
  explicit MountTree(const MountTable& table);
  explicit MountTree(MountTable&& table) = delete;

  const std::vector<Mount>& mounts() const { return mounts_; }

  /// The mount that another one is mounted on; null for the root, for mounts whose parent the
  /// process does not see, and for those that hang in a circle.
  const Mount* Parent(const Mount& mount) const;

  /// The mount that is mounted right on top of `mount`'s root and hides all of it, or null.
  const Mount* CoveredBy(const Mount& mount) const;

  /// True if some path leads to the mount: it is neither covered, nor is anything else mounted over
  /// the way to it, nor over the way to any mount that it hangs on.
  bool IsVisible(const Mount& mount) const { return visible_[IndexOf(mount)]; }

  /// The mount that an absolute clean path leads to: of the mounts at its longest prefix the
  /// topmost, as the kernel walks. Symbolic links are not followed. Null if the process sees none.
  const Mount* MountAt(std::string_view path) const;

  /// Where more than one mount is, most of them first.
  std::vector<PathCount> StackedPaths() const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  std::uint32_t IndexOf(const Mount& mount) const {
    return static_cast<std::uint32_t>(&mount - mounts_.data());
  }
  void FindParents();
  void IndexChildren();
  void FindVisible();
  bool IsHiddenOnTheWay(std::uint32_t index) const;
  bool IsChild(std::uint32_t index, std::uint32_t parent, std::string_view path,
               std::uint64_t hash) const;
  std::uint32_t ChildAt(std::uint32_t parent, std::string_view path, std::uint64_t hash) const;

  const std::vector<Mount>& mounts_;
  std::vector<std::uint32_t> parents_;   // indices; kNone for none
  std::vector<std::uint32_t> children_;  // hash table of (parent, mount point); kNone is free
  std::vector<std::uint32_t> covers_;    // who is mounted on each root
  std::vector<std::uint64_t> hashes_;    // of the mount points
  std::vector<bool> replaced_;           // another one stands beside it, at the same place
  std::vector<bool> visible_;
};

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_MOUNT_TREE_H_

#ifndef MOUNTGUARD_NODE_PINNED_H_
#define MOUNTGUARD_NODE_PINNED_H_

#include <cstddef>
#include <vector>

#include "node/host_view.h"
#include "node/mountinfo.h"
#include "node/survey.h"

namespace mountguard::node {

/// A file system that the host has no mount of, and other namespaces still have: their private
/// copies keep a device busy, or a deleted pod's volume in memory.
struct PinnedFileSystem {
  struct Holder {
    std::size_t space;   // into Survey::namespaces
    const Mount* mount;  // the first of them there
    std::size_t mounts;  // how many of it there
  };
  std::vector<Holder> holders;

  const Mount& mount() const { return *holders.front().mount; }
};

/// True for a file system in memory right on the root of its namespace, /dev, /proc and /sys apart:
/// of the host's, or the container's own.
bool IsMemoryOnRoot(const MountTree& tree, const Mount& mount);

/// Those that hold data and came, as far as is told, from the host: not the root of a namespace,
/// nothing at or below /dev, /proc and /sys, none of the kernel's own views, and of file systems in
/// memory only what hangs on a file system of the host, what gets mounts from elsewhere, what is a
/// part of a file system, and what the runtime has recorded as a bind mount. Devices first.
std::vector<PinnedFileSystem> FindPinned(const Survey& survey, const HostView& host);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_PINNED_H_

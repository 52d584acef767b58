#ifndef MOUNTGUARD_NODE_FOLLOWED_PATH_H_
#define MOUNTGUARD_NODE_FOLLOWED_PATH_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/file_reader.h"

namespace mountguard::node {

/// A symbolic link on the way.
struct FollowedLink {
  std::string link;    // "/var/lib/kubelet"
  std::string target;  // as the link says it, which may be relative: "/mnt/kubelet"
};

/// Where a host path leads. All runtimes follow links before they look at the mount that holds it.
struct FollowedPath {
  std::string path;  // absolute, without links, "." and ".."
  std::vector<FollowedLink> links;
  /// The longest part of `path` that is there. What is missing below it the runtimes make, as
  /// directories (containerd and CRI-O with mode 0755).
  std::string existing;
  /// Why the path could not be followed to its end, or "": the rest is then as it was written.
  std::string unread;

  bool exists() const { return existing == path; }
};

/// Follows `path`, which is absolute, as the kernel does for a process whose root directory is
/// `root` ("" for one's own; "/proc/812/root" for that of process 812, which takes root to read).
/// Links that lead in a circle end it, as they do for the kernel.
FollowedPath FollowPath(const core::FileReader& files, const std::string& root,
                        std::string_view path);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_FOLLOWED_PATH_H_

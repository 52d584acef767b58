#ifndef MOUNTGUARD_NODE_MOUNT_PATH_H_
#define MOUNTGUARD_NODE_MOUNT_PATH_H_

#include <string>
#include <string_view>

#include "node/mountinfo.h"

namespace mountguard::node {

/// The path of `mount`'s file system that `path`, at or below the mount's mount point, leads to.
std::string PathInFileSystem(const Mount& mount, std::string_view path);

/// Where `inside`, a path of the file system, is seen through `mount`; "" if the mount does not
/// show it.
std::string PathThrough(const Mount& mount, std::string_view inside);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_MOUNT_PATH_H_

#ifndef MOUNTGUARD_NODE_MOUNT_MONITOR_H_
#define MOUNTGUARD_NODE_MOUNT_MONITOR_H_

#include <string>
#include <utility>

#include "core/result.h"
#include "core/scoped_fd.h"
#include "node/mountinfo.h"

namespace mountguard::node {

/// A /proc/PID/mountinfo that is kept open: it goes on to tell of its mount namespace even after
/// the process has ended. Move-only, not thread-safe.
class MountMonitor {
 public:
  /// Fails with the path and the system's reason.
  static core::Result<MountMonitor> Open(const std::string& path);

  /// To be polled for POLLPRI: the kernel raises it once after mounts have changed (proc(5)).
  int fd() const { return file_.get(); }

  /// The table as it is now, and whole: reading begins anew if mounts change meanwhile. What has
  /// happened until here raises no POLLPRI any more.
  core::Result<MountTable> Read();

 private:
  MountMonitor(std::string path, core::ScopedFd file)
      : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  core::ScopedFd file_;
};

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_MOUNT_MONITOR_H_

#ifndef MOUNTGUARD_NODE_PROCESS_H_
#define MOUNTGUARD_NODE_PROCESS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_reader.h"
#include "core/result.h"
#include "node/mountinfo.h"

namespace mountguard::node {

/// Reads what the kernel tells of processes. Thread-safe.
///
/// Everyone may read mount tables and cgroups; the numbers of namespaces take root, or the process
/// being one's own. Whatever cannot be read is an error that names the file and the reason; a
/// process may end between two calls.
class ProcessReader {
 public:
  /// `root` is the node's root directory as seen from here: "/" on the node itself, "/host" in a
  /// debug container of `kubectl debug node`. `files` must outlive this.
  explicit ProcessReader(const core::FileReader& files, std::string_view root = "/");

  const core::FileReader& files() const { return files_; }

  /// `path`, an absolute one of the node, as a path from here.
  std::string PathOf(std::string_view path) const;
  /// The same of a file of /proc/PID.
  std::string PathOf(int pid, std::string_view name) const;

  /// The processes that there are, in ascending order.
  core::Result<std::vector<int>> Pids() const;

  /// The table, whole (mount_monitor.h): where the kernel gives a long one in pieces and mounts
  /// change between two, it is read anew. It is read from the system, whatever `files` is.
  core::Result<MountTable> Mounts(int pid) const;
  /// False for a process that has ended, also while its parent has not asked for its end yet: such
  /// a zombie has no mounts.
  bool IsAlive(int pid) const;
  /// The id of the first mount of the table, without reading the rest.
  core::Result<int> FirstMountId(int pid) const;
  /// The lines of /proc/PID/cgroup.
  core::Result<std::string> Cgroups(int pid) const;
  /// The name of the program, cut by the kernel at 15 bytes.
  core::Result<std::string> Command(int pid) const;
  /// The inode numbers of the process's namespaces: the N of "mnt:[N]".
  core::Result<std::uint64_t> MountNamespace(int pid) const;
  core::Result<std::uint64_t> UserNamespace(int pid) const;

 private:
  core::Unexpected<core::Error> NoProcess(int pid) const;
  core::Result<std::string> Read(int pid, std::string_view name) const;
  core::Result<std::uint64_t> Namespace(int pid, std::string_view kind) const;

  const core::FileReader& files_;
  std::string root_;  // without a slash at the end
};

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_PROCESS_H_

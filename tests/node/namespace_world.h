#ifndef MOUNTGUARD_TESTS_NODE_NAMESPACE_WORLD_H_
#define MOUNTGUARD_TESTS_NODE_NAMESPACE_WORLD_H_

#include <string>
#include <vector>

namespace mountguard::node {

/// Processes in mount namespaces of their own that mount what a test tells them. The first one's is
/// a private copy of the test's, so nothing ever reaches what was there before; the others' are
/// copies of the first one's, as it is when they are asked for. All ends with this object.
class NamespaceWorld {
 public:
  enum class Users { kSame, kOwn };  // in a user namespace of its own, too

  /// Starts the first process. Where the test is not root, it gets a user namespace of its own.
  /// `error()` says what the kernel refused, "" if all is well.
  NamespaceWorld();
  ~NamespaceWorld();
  NamespaceWorld(const NamespaceWorld&) = delete;
  NamespaceWorld& operator=(const NamespaceWorld&) = delete;

  const std::string& error() const { return error_; }

  /// Starts one more process; the result is its number, or -1 with `error()`.
  int Spawn(Users users);

  int pid(int process) const { return agents_[static_cast<std::size_t>(process)].pid; }

  // What a process does. The result is "", or the kernel's reason for refusing.
  std::string MakeDirectory(int process, const std::string& path);
  std::string MountTmpfs(int process, const std::string& source, const std::string& path);
  std::string Bind(int process, const std::string& from, const std::string& to, bool recursive);
  /// `type` is "private", "shared", "slave" or "unbindable".
  std::string SetType(int process, const std::string& path, const std::string& type,
                      bool recursive);
  std::string Unmount(int process, const std::string& path);

 private:
  struct Agent {
    int pid = -1;
    int socket = -1;
  };
  std::string Ask(int process, const std::string& request);

  std::vector<Agent> agents_;
  std::string error_;
};

}  // namespace mountguard::node

#endif  // MOUNTGUARD_TESTS_NODE_NAMESPACE_WORLD_H_

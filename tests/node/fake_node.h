#ifndef MOUNTGUARD_TESTS_NODE_FAKE_NODE_H_
#define MOUNTGUARD_TESTS_NODE_FAKE_NODE_H_

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/temporary_directory.h"

namespace mountguard::node {

/// A node's root directory with processes in /proc, made for one test.
class FakeNode {
 public:
  std::string root() const { return directory_.path(); }

  /// Writes a file of the node, with the directories above it.
  void Write(const std::string& path, const std::string& content) {
    const std::filesystem::path file = root() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }

  /// A symbolic link of the node, which may lead nowhere.
  void Link(const std::string& path, const std::string& target) {
    const std::filesystem::path link = root() + path;
    std::filesystem::create_directories(link.parent_path());
    std::filesystem::create_symlink(target, link);
  }

  void AddProcess(int pid, const std::string& command, const std::string& mountinfo,
                  const std::string& cgroup, unsigned long mount_namespace) {
    const std::string folder = "/proc/" + std::to_string(pid);
    Write(folder + "/comm", command + "\n");
    Write(folder + "/mountinfo", mountinfo);
    Write(folder + "/cgroup", cgroup);
    if (mount_namespace != 0) {
      Link(folder + "/ns/mnt", "mnt:[" + std::to_string(mount_namespace) + "]");
      Link(folder + "/ns/user", "user:[4026531837]");
    }
  }

 private:
  tests::TemporaryDirectory directory_;
};

}  // namespace mountguard::node

#endif  // MOUNTGUARD_TESTS_NODE_FAKE_NODE_H_

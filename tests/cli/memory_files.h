#ifndef MOUNTGUARD_TESTS_CLI_MEMORY_FILES_H_
#define MOUNTGUARD_TESTS_CLI_MEMORY_FILES_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/file_reader.h"

namespace mountguard::cli {

/// Files in memory; a directory is what has files below it.
class MemoryFiles final : public core::FileReader {
 public:
  explicit MemoryFiles(std::map<std::string, std::string> files = {}) : files_(std::move(files)) {}

  core::Result<std::string> Read(const std::string& path) const override {
    const auto found = files_.find(path);
    if (found == files_.end()) return core::Failure(path + ": No such file or directory");
    return found->second;
  }
  bool IsDirectory(const std::string& path) const override {
    if (path == ".") return true;
    const auto next = files_.lower_bound(path + "/");
    return next != files_.end() && next->first.rfind(path + "/", 0) == 0;
  }
  bool IsSymlink(const std::string& path) const override { return links.count(path) > 0; }
  bool IsSpecial(const std::string& path) const override { return pipes.count(path) > 0; }
  core::Result<std::vector<std::string>> List(const std::string& path) const override {
    if (unlistable.count(path) > 0) return core::Failure(path + ": Permission denied");
    std::set<std::string> names;
    const std::string start = path == "." ? "" : path.back() == '/' ? path : path + "/";
    for (const auto& [file, content] : files_) {
      if (file.rfind(start, 0) != 0) continue;
      const std::string below = file.substr(start.size());
      names.insert(below.substr(0, below.find('/')));
    }
    return std::vector<std::string>(names.begin(), names.end());
  }

  std::set<std::string> links;
  std::set<std::string> pipes;
  std::set<std::string> unlistable;

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_TESTS_CLI_MEMORY_FILES_H_

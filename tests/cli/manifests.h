#ifndef MOUNTGUARD_TESTS_CLI_MANIFESTS_H_
#define MOUNTGUARD_TESTS_CLI_MANIFESTS_H_

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "tests/cli/run.h"

namespace mountguard::cli {

/// As if started in `directory`, while it lives: reports name files as they were named.
class StartedIn {
 public:
  explicit StartedIn(const std::filesystem::path& directory) {
    std::filesystem::current_path(directory);
  }
  ~StartedIn() { std::filesystem::current_path(before_); }
  StartedIn(const StartedIn&) = delete;
  StartedIn& operator=(const StartedIn&) = delete;

 private:
  std::filesystem::path before_ = std::filesystem::current_path();
};

/// The *.yaml in `directory`, by name.
inline std::vector<std::string> ManifestsIn(const std::filesystem::path& directory) {
  std::vector<std::string> manifests;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().extension() == ".yaml") manifests.push_back(entry.path().filename());
  }
  std::sort(manifests.begin(), manifests.end());
  return manifests;
}

/// `text` without what stands between two others, each time.
inline std::string Without(std::string text, std::string_view begin, std::string_view end) {
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    text.replace(at, text.find(end, at) - at, "...");
  }
  return text;
}

/// All that a run shows, but for what has files of its own to be read in: style, script and pages.
inline std::string Shown(const Ran& ran) {
  std::string text = Without(ran.out, "<style>", "</style>");
  text = Without(text, "<script>", "</script>");
  text = Without(text, "'sha256-", "'");
  text = Without(text, "\"markdown\": \"", "\"\n");
  if (!ran.err.empty()) text += "--- standard error\n" + ran.err;
  return text + "--- exit code " + std::to_string(static_cast<int>(ran.code)) + "\n";
}

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_TESTS_CLI_MANIFESTS_H_

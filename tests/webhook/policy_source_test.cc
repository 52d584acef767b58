#include "webhook/policy_source.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace mountguard::webhook;  // NOLINT: the vocabulary of every line below
using mountguard::core::Failure;
using mountguard::core::FileReader;
using mountguard::core::Result;

namespace {

using Volume = std::map<std::string, std::string>;

/// A directory "dir" that is swapped for its next state after so many files were read.
class SwappingFiles final : public FileReader {
 public:
  SwappingFiles(std::vector<Volume> states, int reads_each)
      : states_(std::move(states)), reads_each_(reads_each) {}

  Result<std::string> Read(const std::string& path) const override {
    const Volume& state = Now();
    ++reads_;
    const auto file = state.find(path.substr(path.rfind('/') + 1));
    if (file == state.end()) return Failure(path + ": No such file or directory");
    return file->second;
  }
  bool IsDirectory(const std::string& path) const override { return path == "dir"; }
  Result<std::vector<std::string>> List(const std::string&) const override {
    std::vector<std::string> names;
    for (const auto& [name, content] : Now()) names.push_back(name);
    return names;
  }

 private:
  const Volume& Now() const {
    const auto state = static_cast<std::size_t>(reads_ / reads_each_);
    return states_[std::min(state, states_.size() - 1)];
  }

  std::vector<Volume> states_;
  int reads_each_;
  mutable int reads_ = 0;
};

std::string ReadAll(const SwappingFiles& files) {
  const auto read = ReadPolicySnapshot({"dir"}, files);
  if (!read) return "failed: " + read.error().message;
  std::string all;
  for (const auto& file : *read) all += file.content;
  return all;
}

}  // namespace

TEST_CASE("a directory swapped while it is read is read as one of its states, never as a mixture") {
  const Volume first = {{"a.yaml", "a1 "}, {"b.yaml", "b1 "}};
  const Volume second = {{"a.yaml", "a2 "}, {"b.yaml", "b2 "}};
  CHECK(ReadAll(SwappingFiles({first}, 1)) == "a1 b1 ");
  for (int reads = 1; reads <= 4; ++reads) {
    CAPTURE(reads);
    CHECK(ReadAll(SwappingFiles({first, second}, reads)) == (reads < 4 ? "a2 b2 " : "a1 b1 "));
  }
}

TEST_CASE("a file that is gone for a moment, between two names, is waited for") {
  const Volume whole = {{"a.yaml", "a "}, {"b.yaml", "b "}};
  const Volume without = {{"a.yaml", "a "}};
  // Listed with b, which is gone when it is read, and there again.
  CHECK(ReadAll(SwappingFiles({whole, without, whole}, 1)) == "a b ");
}

TEST_CASE("what is not there stays an error, and files that never rest are one") {
  CHECK(ReadAll(SwappingFiles({{}}, 1)) ==
        "failed: dir: the directory holds no policy: expected a file whose name ends in .yaml or "
        ".yml");
  std::vector<Volume> states;
  for (int i = 0; i < 100; ++i) states.push_back({{"a.yaml", std::to_string(i)}});
  CHECK(ReadAll(SwappingFiles(states, 1)) == "failed: the policy files change while they are read");
}

#include "policy/policy_loader.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "core/file_reader.h"
#include "policy/policy_yaml.h"
#include "tests/policy/golden.h"
#include "tests/policy/pods.h"

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below

namespace {

using mountguard::core::FileReader;
using mountguard::core::Result;
using mountguard::core::SystemFileReader;

/// Everything that the loader says of the files, as a person reads it.
std::string Told(const std::vector<PolicyFile>& files) {
  return Rendered(LoadPolicies(files).problems, files);
}

std::string ReportOf(const std::string& policy) { return Told({{"p.yaml", policy}}); }

/// The policy's errors without places and frames, in one line each.
std::vector<std::string> Messages(const std::string& policy) {
  std::vector<std::string> messages;
  for (const PolicyProblem& problem : LoadPolicies({{"p.yaml", policy}}).problems) {
    messages.push_back(problem.message);
  }
  return messages;
}

/// Files and directories that are only here.
class FakeFiles final : public FileReader {
 public:
  explicit FakeFiles(std::map<std::string, std::string> files) : files_(std::move(files)) {}
  Result<std::string> Read(const std::string& path) const override {
    const auto file = files_.find(path);
    if (file == files_.end())
      return mountguard::core::Failure(path + ": No such file or directory");
    return file->second;
  }
  bool IsDirectory(const std::string& path) const override { return path == "dir"; }
  Result<std::vector<std::string>> List(const std::string& path) const override {
    std::vector<std::string> names;
    for (const auto& [name, content] : files_) {
      if (name.rfind(path + "/", 0) == 0) names.push_back(name.substr(path.size() + 1));
    }
    return names;
  }

 private:
  std::map<std::string, std::string> files_;
};

}  // namespace

// One file a kind of error; beside it what is said. MOUNTGUARD_UPDATE_GOLDEN=1 writes it anew.
TEST_CASE("every kind of error in a policy is told with its place and what was expected") {
  const std::size_t kinds =
      CompareWithGolden(MOUNTGUARD_TESTDATA "/policy/errors", [](const PolicyFile& file) {
        CHECK(LoadPolicies({file}).policies == nullptr);
        return Told({file});
      });
  CHECK(kinds > 40);
}

TEST_CASE("errors of all files are told at once, in the order of files and places") {
  const std::vector<PolicyFile> files = {
      {"b.yaml", PolicyWith("  rules: [{name: r, match: [{names: [x]}]}]\n  bogus: 1\n")},
      {"a.yaml", PolicyWith("  nonsense: 1\n  rules: [{name: r, match: [{names: [x]}]}]\n")}};
  std::vector<std::string> places;
  for (const PolicyProblem& problem : LoadPolicies(files).problems) {
    places.push_back(problem.file + ":" + std::to_string(problem.position.line));
  }
  CHECK(places == std::vector<std::string>{"b.yaml:6", "a.yaml:5", "a.yaml:6"});
  CHECK(LoadPolicies(files).problems.back().message ==
        "duplicate rule name \"r\"; previously defined at b.yaml:5:18");
}

TEST_CASE("an alias stands for the value at its anchor, and errors point at its use") {
  const auto set = LoadGood({{"p", RuleWith("      match: [&b {privileged: true, names: &n [x]}]\n"
                                            "      exclude: [*b, {containers: *n}]\n")}});
  REQUIRE(set->policies()[0].rules[0].exclude.size() == 2);
  CHECK(set->policies()[0].rules[0].exclude[0].conditions.size() == 2);
  CHECK(ReportOf(RuleWith("      match: [{names: &n [x]}]\n      message: *n\n")) ==
        "p.yaml:8:16: error: expected a text for \"message\", found a list\n"
        "  7 |       match: [{names: &n [x]}]\n"
        "  8 |       message: *n\n"
        "    |                ^^\n\n");
}

TEST_CASE("a policy may begin with a byte order mark and end its lines with CR LF") {
  std::string text = "\xEF\xBB\xBF" + RuleWith("      match: [{names: [x]}]\n");
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) {
    text.insert(at, "\r");
  }
  CHECK(LoadGood({{"p", text}})->rule_count() == 1);
}

TEST_CASE("a text that YAML would read as something else needs quotes") {
  CHECK(Messages(RuleWith("      match: [{names: [\"12\", 'true', off, 1.2.3, v1]}]\n")).empty());
  CHECK(Messages(RuleWith("      match: [{names: [12]}]\n")) ==
        std::vector<std::string>{
            "expected a text for \"names\", found the number \"12\": put it in quotes"});
}

TEST_CASE("thousands of errors are counted, not told") {
  std::string policy = PolicyWith("");
  for (int i = 0; i < 1500; ++i) policy += "  bogus" + std::to_string(i) + ": 1\n";
  const auto messages = Messages(policy);
  REQUIRE(messages.size() == 1001);
  CHECK(messages.back() == "and 500 more errors");
}

TEST_CASE("a file beyond the limit is refused before it is read") {
  const std::string policy = PolicyWith("  kubernetesRules: Deny\n");
  CHECK(Messages(policy + std::string(kMaxPolicyFileSize - policy.size(), '\n')).empty());
  const auto messages = Messages(policy + std::string(kMaxPolicyFileSize, '\n'));
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].find("a policy file may have 16777216: split it") != std::string::npos);
}

TEST_CASE("documents beyond the limit are not read, and that is told where they begin") {
  std::string file;
  for (std::size_t i = 0; i < YamlTree::kMaxDocuments; ++i) {
    file += "---\n" + PolicyWith("  kubernetesRules: Deny\n");
  }
  CHECK(LoadPolicies({{"p.yaml", file}}).problems.empty());
  CHECK(ReportOf(file + "---\nfirst: beyond\n---\nsecond: beyond\n") ==
        "p.yaml:6002:1: error: the file holds more than 1000 documents: split it\n"
        "  6001 | ---\n"
        "  6002 | first: beyond\n"
        "       | ^^^^^\n"
        "  6003 | ---\n\n");
}

TEST_CASE("the digest follows what decides, not how it is written") {
  const auto digest = [](const std::string& name, const std::string& text) {
    return LoadGood({{name, text}})->digest();
  };
  const std::string written =
      digest("a", RuleWith("      match: [{names: [x, y], privileged: true}]\n"));
  CHECK(written.size() == std::string("sha256:").size() + 64);
  CHECK(digest("b",
               RuleWith("      # the same\n      description: d\n"
                        "      match:\n        - privileged: true\n          names: [y, x]\n")) ==
        written);
  CHECK(digest("a", RuleWith("      match: [{names: [x], privileged: true}]\n")) != written);
  CHECK(digest("a", RuleWith("      match: [{names: [x, y]}, {privileged: true}]\n")) != written);
  CHECK(digest("a", RuleWith("      match: [{names: [x, y], privileged: false}]\n")) != written);
}

TEST_CASE("a directory means its YAML files in name order, without hidden ones") {
  const FakeFiles reader({{"dir/b.yaml", "b"},
                          {"dir/a.yml", "a"},
                          {"dir/..data", "x"},
                          {"dir/.hidden.yaml", "x"},
                          {"dir/notes.txt", "x"},
                          {"one", "1"}});
  const auto files = ReadPolicyFiles({"one", "dir"}, reader);
  REQUIRE(files.has_value());
  std::vector<std::string> names;
  for (const PolicyFile& file : *files) names.push_back(file.name + "=" + file.content);
  CHECK(names == std::vector<std::string>{"one=1", "dir/a.yml=a", "dir/b.yaml=b"});
  CHECK(ReadPolicyFiles({"absent"}, reader).error().message == "absent: No such file or directory");
}

TEST_CASE("a directory without a policy is likelier a wrong path than a wish") {
  const std::map<std::string, std::string> only_prose = {{"dir/readme.md", "x"}};
  const auto files = ReadPolicyFiles({"dir"}, FakeFiles(only_prose));
  REQUIRE_FALSE(files.has_value());
  CHECK(files.error().message ==
        "dir: the directory holds no policy: expected a file whose name ends in .yaml or .yml");
}

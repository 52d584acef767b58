#include "policy/policy_lint.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "core/file_reader.h"
#include "policy/lint_table.h"
#include "tests/policy/pods.h"

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below
namespace core = mountguard::core;
namespace fs = std::filesystem;

namespace {

const core::WallTime kNow = core::ParseDate("2026-06-01").value();

/// Everything that is said of the files, as a person reads it.
std::string Report(const std::vector<PolicyFile>& files) {
  std::string report;
  for (const PolicyProblem& problem : LintPolicies(*LoadGood(files), kNow)) {
    report += Render(problem, files) + "\n";
  }
  return report;
}

/// "12 expired-exception", ... of a policy.
std::vector<std::string> Warnings(const std::vector<PolicyFile>& files) {
  std::vector<std::string> warnings;
  for (const PolicyProblem& problem : LintPolicies(*LoadGood(files), kNow)) {
    CHECK(problem.severity == PolicyProblem::Severity::kWarning);
    warnings.push_back(std::to_string(problem.position.line) + " " + std::string(problem.id));
  }
  return warnings;
}

std::vector<fs::path> YamlFiles(const fs::path& directory) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

// One file a kind of warning, with what deserves it and what comes near; beside it what is said.
// MOUNTGUARD_UPDATE_GOLDEN=1 writes it anew.
TEST_CASE("every kind of warning about a policy is told with its place and its remedy") {
  const bool update = std::getenv("MOUNTGUARD_UPDATE_GOLDEN") != nullptr;
  const core::SystemFileReader reader;
  std::set<std::string> ids;
  for (const fs::path& path : YamlFiles(MOUNTGUARD_TESTDATA "/policy/warnings")) {
    CAPTURE(path.filename());
    const std::vector<PolicyFile> files = {
        {path.filename().string(), reader.Read(path.string()).value()}};
    for (const PolicyProblem& problem : LintPolicies(*LoadGood(files), kNow)) {
      CHECK(problem.id == path.stem().string());
      ids.emplace(problem.id);
    }
    fs::path golden = path;
    golden.replace_extension(".out");
    if (update) std::ofstream(golden) << Report(files);
    const core::Result<std::string> expected = reader.Read(golden.string());
    REQUIRE(expected.has_value());
    CHECK(Report(files) == *expected);
  }
  for (const LintInfo& lint : AllLints()) {
    CAPTURE(lint.id);
    CHECK(ids.count(std::string(lint.id)) == 1);
  }
}

TEST_CASE("the policies that come with mountguard deserve no warning") {
  const core::SystemFileReader reader;
  for (const fs::path& path : YamlFiles(MOUNTGUARD_SOURCE_DIR "/deploy/policies")) {
    CAPTURE(path);
    CHECK(Warnings({{path.string(), reader.Read(path.string()).value()}}).empty());
  }
  CHECK(LintPolicies(*Baseline(), kNow).empty());
}

TEST_CASE("warnings come in the order of files and of places in them") {
  const auto expired = [](const std::string& name) {
    return PolicyWith("  exceptions:\n    - name: " + name +
                      "\n      rules: [mount-path-unique]\n      match: [{namespaces: [n]}]\n"
                      "      reason: x\n      expires: 2020-01-01\n");
  };
  const std::string rule = RuleWith("      match: [{kinds: [Pods]}, {users: [u]}]\n");
  const std::vector<PolicyFile> files = {{"b", expired("e")}, {"a", rule + "---\n" + expired("f")}};
  std::vector<std::string> places;
  for (const PolicyProblem& problem : LintPolicies(*LoadGood(files), kNow)) {
    places.push_back(problem.file + ":" + std::to_string(problem.position.line) + ":" +
                     std::to_string(problem.position.column));
  }
  CHECK(places == std::vector<std::string>{"b:10:16", "a:7:16", "a:7:33", "a:18:16"});
}

TEST_CASE("every warning is explained in the policy reference") {
  const core::SystemFileReader reader;
  const std::string page = reader.Read(MOUNTGUARD_SOURCE_DIR "/docs/policy-reference.md").value();
  for (const LintInfo& lint : AllLints()) {
    CAPTURE(lint.id);
    CHECK(page.find("| `" + std::string(lint.id) + "` |") != std::string::npos);
    CHECK(lint.summary.back() != '.');
    CHECK(lint.remedy.back() == '.');
  }
}

TEST_CASE("more than a thousand warnings are counted, not told") {
  std::string policy = RuleWith("      match:\n");
  for (int i = 0; i < 1500; ++i) policy += "        - users: [u" + std::to_string(i) + "]\n";
  const auto problems = LintPolicies(*LoadGood({{"p", policy}}), kNow);
  REQUIRE(problems.size() == 1001);
  CHECK(problems.back().message == "and 500 more warnings");
}

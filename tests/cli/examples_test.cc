// The examples of the rules' pages are run: ```yaml bad must give the page's rule, ```yaml good
// must not. So are tests/testdata/rules/<id>/fail.yaml and pass.yaml.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "policy/all_rules.h"
#include "tests/cli/run.h"
#include "tests/temporary_directory.h"

namespace mountguard::cli {
namespace {

using nlohmann::json;

struct Example {
  std::string manifest;
  bool bad = false;
  int line = 0;  // of the page
};

/// The fenced blocks of a page that are examples.
std::vector<Example> ExamplesOf(const std::filesystem::path& page) {
  std::vector<Example> examples;
  std::ifstream in(page);
  bool inside = false;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line == "```yaml bad" || line == "```yaml good") {
      inside = true;
      examples.push_back({"", line == "```yaml bad", number});
    } else if (line == "```") {
      inside = false;
    } else if (inside) {
      examples.back().manifest += line + "\n";
    }
  }
  return examples;
}

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A policy that lets every advice rule speak, those that are off by default too.
std::string PolicyWithAllAdvice() {
  std::string policy =
      "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: all}\nspec:\n  advice:\n";
  bool any = false;
  for (const policy::RuleInfo& rule : policy::AllRules()) {
    if (rule.origin != policy::Origin::kAdvice) continue;
    policy += "    " + std::string(rule.id) + ": Warn\n";
    any = true;
  }
  return any ? policy : policy + "    {}\n";
}

/// True if `check` speaks of the rule; what cannot be read speaks of `undecodable`.
bool Speaks(const std::string& manifest, std::string_view rule) {
  const tests::TemporaryDirectory directory;
  const std::string policy = (directory / "policy.yaml").string();
  std::ofstream(policy) << PolicyWithAllAdvice();
  Arguments arguments = FlagsFor(rule);
  arguments.insert(arguments.begin(), {"check", "-", "-o", "json", "--policy", policy});
  const Ran ran = RunProgram(arguments, manifest);
  INFO(ran.err);
  REQUIRE(ran.code != ExitCode::kUsage);
  const json report = ran.Json();
  for (const json& result : report["results"]) {
    if (result["rule"] == rule) return true;
  }
  return rule == "undecodable" && !report["errors"].empty();
}

TEST_CASE("The examples on the rules' pages do what the pages say", "[examples]") {
  const std::filesystem::path pages = std::filesystem::path(MOUNTGUARD_SOURCE_DIR) / "docs/rules";
  for (const policy::RuleInfo& rule : policy::AllRules()) {
    const std::filesystem::path page = pages / (std::string(rule.id) + ".md");
    INFO(page);
    REQUIRE(std::filesystem::exists(page));
    int bad = 0;
    int good = 0;
    for (const Example& example : ExamplesOf(page)) {
      INFO("the example in line " << example.line);
      CHECK(Speaks(example.manifest, rule.id) == example.bad);
      ++(example.bad ? bad : good);
    }
    CHECK(bad > 0);
    CHECK(good > 0);
  }
}

TEST_CASE("Every rule speaks of its failing fixture and not of its passing one", "[examples]") {
  const std::filesystem::path fixtures = std::filesystem::path(MOUNTGUARD_TESTDATA) / "rules";
  for (const policy::RuleInfo& rule : policy::AllRules()) {
    const std::filesystem::path directory = fixtures / std::string(rule.id);
    INFO(directory);
    REQUIRE(std::filesystem::exists(directory / "fail.yaml"));
    REQUIRE(std::filesystem::exists(directory / "pass.yaml"));
    CHECK(Speaks(ReadAll(directory / "fail.yaml"), rule.id));
    CHECK_FALSE(Speaks(ReadAll(directory / "pass.yaml"), rule.id));
  }
}

}  // namespace
}  // namespace mountguard::cli

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "policy/all_rules.h"
#include "tests/cli/run.h"

namespace mountguard::cli {
namespace {

namespace fs = std::filesystem;

const std::string kRight =
    "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: p}\nspec:\n"
    "  exceptions:\n"
    "    - name: e\n"
    "      rules: [mount-path-unique]\n"
    "      match: [{namespaces: [storage]}]\n"
    "      reason: SEC-1\n"
    "      expires: 2026-06-01\n";
const std::string kWrong = kRight + "  rule: []\n";

Ran Lint(const std::string& policy, Arguments flags = {}) {
  flags.insert(flags.begin(), {"policy", "lint", "-"});
  return RunProgram(flags, policy);
}

std::string Fixture(const std::string& path) { return std::string(MOUNTGUARD_TESTDATA) + path; }

TEST_CASE("policy lint tells in its exit code whether a policy is right") {
  CHECK(Lint(kRight).code == ExitCode::kClean);
  CHECK(Lint(kRight, {"--at", "2026-06-02"}).code == ExitCode::kClean);
  CHECK(Lint(kRight, {"--at", "2026-06-02", "--fail-on", "warn"}).code == ExitCode::kFindings);
  CHECK(Lint(kRight, {"--at", "2026-06-01T23:59:59Z", "--fail-on", "warn"}).code ==
        ExitCode::kClean);
  CHECK(Lint(kWrong).code == ExitCode::kUsage);
  CHECK(Lint("").code == ExitCode::kUsage);
  CHECK(RunProgram({"policy", "lint", Fixture("/nowhere.yaml")}).code == ExitCode::kUnreadable);
}

TEST_CASE("policy lint puts what it finds on standard output, and nothing else") {
  const Ran wrong = Lint(kWrong);
  CHECK(wrong.err.empty());
  CHECK(wrong.out ==
        "-:11:3: error: unknown field \"rule\" in spec; expected one of profiles, kubernetesRules, "
        "advice, podTemplates, rules, exceptions; did you mean \"rules\"?\n"
        "  10 |       expires: 2026-06-01\n"
        "  11 |   rule: []\n"
        "     |   ^^^^\n"
        "\n"
        "1 file: 1 error\n");
  const Ran expired = Lint(kRight, {"--at", "2027-01-01"});
  CHECK(expired.err.empty());
  CHECK(expired.out ==
        "-:10:16: warning: the exception \"e\" has expired: since 2026-06-02T00:00:00Z it spares "
        "nothing [expired-exception]\n"
        "   9 |       reason: SEC-1\n"
        "  10 |       expires: 2026-06-01\n"
        "     |                ^^^^^^^^^^\n"
        "  remedy: Delete the exception, or have it allowed anew and move its date.\n"
        "\n"
        "1 file, 0 rules, 1 exception: 1 warning\n");
  CHECK(Lint(kRight).out == "1 file, 0 rules, 1 exception: nothing found\n");
}

TEST_CASE("policy lint says the same in JSON") {
  const Ran ran = Lint(kRight, {"-o", "json", "--at", "2027-01-01"});
  CHECK(ran.code == ExitCode::kClean);
  const nlohmann::json report = ran.Json();
  CHECK(report["kind"] == "PolicyLintReport");
  CHECK(report["summary"]["warnings"] == 1);
  CHECK(report["summary"]["digest"].get<std::string>().rfind("sha256:", 0) == 0);
  const nlohmann::json& problem = report["problems"].at(0);
  CHECK(problem["severity"] == "warning");
  CHECK(problem["id"] == "expired-exception");
  CHECK(problem["file"] == "-");
  CHECK(problem["line"] == 10);
  CHECK(problem["column"] == 16);
  CHECK_FALSE(problem["remedy"].get<std::string>().empty());

  const nlohmann::json wrong = Lint(kWrong, {"-o", "json"}).Json();
  CHECK(wrong["summary"]["errors"] == 1);
  CHECK(wrong["summary"]["digest"].is_null());
  CHECK(wrong["problems"].at(0)["severity"] == "error");
  CHECK(wrong["problems"].at(0)["id"].is_null());
}

TEST_CASE("policy lint reads all its paths as one set") {
  const std::string rule = Fixture("/policy/warnings/require-covers-match.yaml");
  const Ran twice = RunProgram({"policy", "lint", rule, rule});
  CHECK(twice.code == ExitCode::kUsage);
  CHECK(twice.out.find("duplicate rule name \"r\"; previously defined at " + rule) !=
        std::string::npos);
  // Nothing is said of a set of which a part is missing.
  const Ran partly = RunProgram({"policy", "lint", rule, Fixture("/nowhere"), Fixture("/neither")});
  CHECK(partly.code == ExitCode::kUnreadable);
  CHECK(partly.out.empty());
  CHECK(partly.err.find("/nowhere") != std::string::npos);
  CHECK(partly.err.find("/neither") != std::string::npos);
}

TEST_CASE("policy lint says how it is used") {
  CHECK(RunProgram({"policy", "lint"}).code == ExitCode::kUsage);
  CHECK(RunProgram({"policy", "lint", "-", "-"}).err.find("only once") != std::string::npos);
  CHECK(Lint(kRight, {"--at", "tomorrow"}).err.find("--at: expected a date such as") !=
        std::string::npos);
  CHECK(Lint(kRight, {"-o", "xml"}).code == ExitCode::kUsage);
}

TEST_CASE("policy lint keeps frames within a narrow terminal, and colours only a terminal") {
  Terminal terminal;
  terminal.width = 40;
  const std::string policy = Fixture("/policy/warnings/kind-without-pods.yaml");
  std::istringstream lines(RunProgram({"policy", "lint", policy}, "", terminal).out);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("  ", 0) == 0 && line.find(" | ") != std::string::npos) CHECK(line.size() <= 42);
  }
  terminal.colour = true;
  CHECK(RunProgram({"policy", "lint", policy}, "", terminal).out.find("\x1b[") !=
        std::string::npos);
  CHECK(RunProgram({"policy", "lint", policy}).out.find('\x1b') == std::string::npos);
}

// What exception-misses-rule takes for known: of Kubernetes' own rules those whose id begins with
// "device-" speak of no mount, all others but `undecodable` do.
TEST_CASE("only rules about devices and whole objects find what is no mount") {
  for (const policy::RuleInfo& rule : policy::AllRules()) {
    if (rule.origin == policy::Origin::kInput || rule.id == "undecodable") continue;
    CAPTURE(rule.id);
    const std::string manifest = Fixture("/rules/" + std::string(rule.id) + "/fail.yaml");
    Arguments arguments = FlagsFor(rule.id);
    arguments.insert(arguments.begin(), {"check", manifest, "-o", "json"});
    const nlohmann::json report = RunProgram(arguments).Json();
    int found = 0;
    for (const nlohmann::json& result : report["results"]) {
      if (result["rule"] != rule.id) continue;
      CHECK(result["mount"].is_null() == (rule.id.rfind("device-", 0) == 0));
      ++found;
    }
    CHECK((found > 0 || rule.default_action == policy::Action::kOff));
  }
}

}  // namespace
}  // namespace mountguard::cli

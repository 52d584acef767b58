#include "cli/command.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "tests/cli/run.h"

namespace mountguard::cli {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

TEST_CASE("Exit codes combine to 2 before 3 before 1 before 0", "[command]") {
  const ExitCode clean = ExitCode::kClean, findings = ExitCode::kFindings;
  const ExitCode usage = ExitCode::kUsage, unreadable = ExitCode::kUnreadable;
  CHECK(Combine(clean, clean) == clean);
  CHECK(Combine(clean, findings) == findings);
  CHECK(Combine(findings, unreadable) == unreadable);
  CHECK(Combine(unreadable, findings) == unreadable);
  CHECK(Combine(unreadable, usage) == usage);
  CHECK(Combine(usage, findings) == usage);
}

TEST_CASE("Help goes to standard output and names every command with its summary", "[command]") {
  const Ran ran = RunProgram({"--help"});
  CHECK(ran.code == ExitCode::kClean);
  CHECK(ran.err.empty());
  for (const Command& command : AllCommands()) {
    CHECK_THAT(ran.out, Contains("  " + std::string(command.name)));
    CHECK_THAT(ran.out, Contains(std::string(command.summary)));
  }
  CHECK(RunProgram({"help"}).out == ran.out);
  CHECK(RunProgram({"-h"}).out == ran.out);
}

TEST_CASE("Without a command the help is an error", "[command]") {
  const Ran ran = RunProgram({});
  CHECK(ran.code == ExitCode::kUsage);
  CHECK(ran.out.empty());
  CHECK_THAT(ran.err, Contains("Usage:"));
}

TEST_CASE("Every command has help of its own, in lines that fit a terminal", "[command]") {
  for (const Command& command : AllCommands()) {
    INFO(command.name);
    Arguments arguments;
    std::istringstream words{std::string(command.name)};
    for (std::string word; words >> word;) arguments.push_back(word);
    arguments.push_back("--help");
    const Ran ran = RunProgram(arguments);
    CHECK(ran.code == ExitCode::kClean);
    CHECK(ran.err.empty());
    CHECK_THAT(ran.out, StartsWith("mountguard " + std::string(command.name) + ": "));
    CHECK_THAT(ran.out, Contains("\nUsage:\n  mountguard " + std::string(command.name)));
    CHECK_THAT(ran.out, Contains("-h, --help"));
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) {
      INFO(line);
      CHECK(line.size() <= 130);
    }
    arguments.back() = "-h";
    CHECK(RunProgram(arguments).out == ran.out);
  }
}

TEST_CASE("Names of commands are unique", "[command]") {
  std::set<std::string_view> names;
  for (const Command& command : AllCommands()) CHECK(names.insert(command.name).second);
}

TEST_CASE("Families of commands are whole in either program", "[command]") {
  std::set<std::string_view> local;
  for (const Command& command : LocalCommands()) local.insert(command.name);
  for (const Command& command : AllCommands()) {
    INFO(command.name);
    CHECK(local.contains(command.name) == HasCommand(LocalCommands(), FamilyOf(command)));
    CHECK(HasCommand(AllCommands(), FamilyOf(command)));
  }
  CHECK_FALSE(HasCommand(LocalCommands(), "serve"));
  CHECK_FALSE(HasCommand(AllCommands(), ""));
  CHECK_FALSE(HasCommand(AllCommands(), "--help"));
}

TEST_CASE("A misspelt command is told what may have been meant", "[command]") {
  Ran ran = RunProgram({"chekc", "x.yaml"});
  CHECK(ran.code == ExitCode::kUsage);
  CHECK(ran.out.empty());
  CHECK(ran.err ==
        "mountguard: there is no command \"chekc\"; did you mean \"check\"?\n"
        "`mountguard --help` shows how it is used.\n");
  ran = RunProgram({"certs", "isue"});
  CHECK(ran.code == ExitCode::kUsage);
  CHECK_THAT(ran.err, Contains("there is no command \"isue\"; did you mean \"issue\"?"));
  ran = RunProgram({"certs"});
  CHECK(ran.code == ExitCode::kUsage);
  CHECK_THAT(ran.err, Contains("a command is missing: one of issue, show"));
  CHECK_THAT(RunProgram({"--strict", "check"}).err, Contains("expected a command before --strict"));
}

TEST_CASE("A family of commands has help of its own", "[command]") {
  const Ran ran = RunProgram({"certs", "--help"});
  CHECK(ran.code == ExitCode::kClean);
  CHECK_THAT(ran.out, Contains("certs issue") && Contains("certs show") && !Contains("check"));
}

TEST_CASE("Wrong usage exits 2 with two lines on standard error and nothing else", "[command]") {
  struct Case {
    Arguments arguments;
    std::string message;
  };
  const Case cases[] = {
      {{"check"}, "expected a file, a directory, or - for standard input"},
      {{"explain"}, "expected a file, a directory, or - for standard input"},
      {{"check", "x", "--polcy", "y"}, "unknown flag --polcy; did you mean \"--policy\"?"},
      {{"check", "x", "--zzzzzz"}, "unknown flag --zzzzzz\n"},
      {{"check", "x", "--nope"}, "unknown flag --nope\n"},  // as near to --jobs as any word
      {{"check", "x", "--policy"}, "--policy needs a value"},
      {{"check", "x", "--fail-on", "denny"},
       "--fail-on: expected one of deny, warn, none, got \"denny\"; did you mean \"deny\"?"},
      {{"check", "x", "-o", "xml"},
       "-o: expected one of text, json, sarif, junit, github, gitlab, policyreport, html, got "
       "\"xml\""},
      {{"check", "x", "-o", "json="}, "expected the name of a file behind the ="},
      {{"check", "x", "-o", "json", "-o", "text"},
       "json and text cannot both go to standard output"},
      {{"check", "x", "-o", "json=-", "-o", "text"},
       "json and text cannot both go to standard output"},
      {{"check", "x", "-o", "json=r", "-o", "html=r"},
       "-o: json and html cannot both go to r; give each a file of its own"},
      {{"check", "x", "--jobs", "0"}, "--jobs: expected 1 or more"},
      {{"check", "x", "--jobs", "many"}, "--jobs: expected a whole number, got \"many\""},
      {{"check", "x", "--jobs", "99999999999"}, "--jobs: expected a whole number"},
      {{"check", "x", "--at", "tomorrow"}, "--at: expected a date such as 2027-01-31"},
      {{"check", "x", "--at", "2027-02-30"}, "--at: expected a date"},
      {{"check", "x", "--operation", "DELETE"}, "--operation: expected one of CREATE, UPDATE"},
      {{"check", "x", "--dry-run", "yes"}, "--dry-run: expected one of true, false"},
      {{"check", ""}, "a path is empty: is a variable of the shell not set?"},
      {{"check", "-", "-"}, "standard input (-) can be read only once"},
      {{"check", "x", "--no-policy", "--policy", "p.yaml"},
       "--policy and --no-policy exclude each other"},
      {{"check", "x", "--profile", "nope"}, "no loaded policy names a profile \"nope\""},
      {{"check", "x", "--runtime", "docker"}, "--runtime: expected one of containerd, cri-o"},
      {{"rules", "extra"}, "unexpected argument \"extra\""},
      {{"version", "--output=xml"}, "-output: expected one of text, json, got \"xml\""},
      {{"certs", "issue", "--service", "x"}, "--out DIR is missing"},
      {{"certs", "show"}, "expected a PEM file"},
  };
  for (const Case& one : cases) {
    INFO(one.message);
    const Ran ran = RunProgram(one.arguments);
    CHECK(ran.code == ExitCode::kUsage);
    CHECK(ran.out.empty());
    CHECK_THAT(ran.err, Contains(one.message));
    CHECK(std::count(ran.err.begin(), ran.err.end(), '\n') == 2);
  }
}

TEST_CASE("Flags are taken in every usual form", "[command]") {
  const std::string pod =
      "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n";
  for (const Arguments& arguments :
       {Arguments{"check", "-", "--output=json", "--strict"}, Arguments{"check", "-ojson", "-"},
        Arguments{"check", "-o", "json", "--", "-"}, Arguments{"check", "--jobs=2", "-o=json", "-"},
        Arguments{"check", "-", "--fail-on", "none", "--fail-on", "deny", "-o", "json"}}) {
    const Ran ran = RunProgram(arguments, pod);
    CHECK(ran.code == ExitCode::kClean);
    CHECK(ran.err.empty());
    CHECK(ran.Json()["summary"]["objects"] == 1);
  }
}

TEST_CASE("The version names the Kubernetes release whose rules are built in", "[command]") {
  CHECK_THAT(RunProgram({"version"}).out, Contains("Kubernetes rules: v1.36.3\n"));
  CHECK(RunProgram({"version", "-o", "json"}).Json()["kubernetesRules"] == "v1.36.3");
  CHECK(RunProgram({"--version"}).out == RunProgram({"version"}).out);
}

TEST_CASE("The list of rules has every field in both formats", "[command]") {
  const nlohmann::json rules = RunProgram({"rules", "-o", "json"}).Json()["rules"];
  REQUIRE(rules.size() > 20);
  const std::string text = RunProgram({"rules"}).out;
  for (const nlohmann::json& rule : rules) {
    const auto id = rule["id"].get<std::string>();
    INFO(id);
    CHECK_THAT(text, Contains("\n" + id + " "));
    CHECK_FALSE(rule["summary"].get<std::string>().empty());
    CHECK_FALSE(rule["remedy"].get<std::string>().empty());
    CHECK(rule["page"] == "docs/rules/" + id + ".md");
    CHECK(std::set<std::string>{"kubernetes", "advice", "input"}.count(rule["origin"]) == 1);
    CHECK(std::set<std::string>{"Deny", "Warn", "Audit", "Off"}.count(rule["defaultAction"]) == 1);
  }
}

}  // namespace
}  // namespace mountguard::cli

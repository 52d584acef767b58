#include "policy/suite_loader.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>
#include <vector>

#include "policy/suite_fields.h"
#include "tests/policy/golden.h"
#include "tests/policy/pods.h"

namespace mountguard::policy {
namespace {

std::string SuiteWith(const std::string& spec) {
  return "apiVersion: mountguard.io/v1\nkind: MountPolicyTest\nmetadata: {name: s}\nspec:\n" + spec;
}

std::vector<TestSuite> Suites(const std::string& text) {
  const PolicyFile file = {"s.yaml", text};
  LoadedSuites loaded = LoadSuites(file);
  INFO(Rendered(loaded.problems, {file}));
  REQUIRE(loaded.problems.empty());
  return std::move(loaded.suites);
}

TEST_CASE("every kind of error in a suite is told with its place and what was expected") {
  const std::size_t kinds =
      CompareWithGolden(MOUNTGUARD_TESTDATA "/suites/errors", [](const PolicyFile& file) {
        const LoadedSuites loaded = LoadSuites(file);
        CHECK(loaded.suites.empty());
        return Rendered(loaded.problems, {file});
      });
  CHECK(kinds > 20);
}

TEST_CASE("every field of a suite arrives with its place") {
  const std::vector<TestSuite> suites = Suites(SuiteWith(R"(
  policies: [a.yaml, b]
  runtime: cri-o
  at: 2026-12-01
  cases:
    - name: one
      object: pods/x.yaml
      at: 2027-01-01T12:00:00Z
      request:
        profile: restricted
        namespace: n
        subResource: ephemeralcontainers
        user: u
        groups: [g, h]
        dryRun: true
        oldObject: {kind: Pod}
      expect:
        decision: deny
        noOtherFindings: true
        messages: [m]
        exceptions: [e]
        findings:
          - {rule: r, action: Deny, kind: Pod, name: x, container: c, containerType: initContainer,
             mount: 3, device: 4, volume: v, mountPath: /m, exception: e, undetermined: [user],
             message: part}
    - {name: two, object: {kind: List}, expect: {decision: allow}}
)"));
  REQUIRE(suites.size() == 1);
  const TestSuite& suite = suites[0];
  CHECK(suite.name.text == "s");
  CHECK(suite.file == "s.yaml");
  REQUIRE(suite.policies.size() == 2);
  CHECK(suite.policies[1].text == "b");
  CHECK(suite.policies[1].position == core::SourcePos{6, 22});
  CHECK(suite.runtime.text == "cri-o");
  CHECK(suite.at == std::chrono::sys_days(std::chrono::year(2026) / 12 / 1));
  REQUIRE(suite.cases.size() == 2);

  const TestCase& one = suite.cases[0];
  CHECK(one.name.text == "one");
  CHECK(one.position == core::SourcePos{10, 7});
  CHECK(one.object.path == "pods/x.yaml");
  CHECK_FALSE(one.object.is_inline());
  CHECK(one.at == std::chrono::sys_days(std::chrono::year(2027) / 1 / 1) + std::chrono::hours(12));
  CHECK(one.request.profile.text == "restricted");
  CHECK(one.request.namespace_name.text == "n");
  CHECK_FALSE(one.request.operation.given());
  CHECK(one.request.sub_resource.text == "ephemeralcontainers");
  CHECK(one.request.user.text == "u");
  CHECK(one.request.groups.size() == 2);
  CHECK(one.request.dry_run == true);
  CHECK(one.request.old_object.is_inline());
  CHECK(one.expect.decision.text == "deny");
  CHECK(one.expect.no_other_findings == true);
  CHECK(one.expect.messages[0].text == "m");
  CHECK(one.expect.exceptions[0].text == "e");
  REQUIRE(one.expect.findings.size() == 1);
  const ExpectedFinding& finding = one.expect.findings[0];
  for (const auto& [placed, text] :
       std::vector<std::pair<PlacedText, std::string>>{{finding.rule, "r"},
                                                       {finding.action, "Deny"},
                                                       {finding.kind, "Pod"},
                                                       {finding.name, "x"},
                                                       {finding.container, "c"},
                                                       {finding.container_type, "initContainer"},
                                                       {finding.volume, "v"},
                                                       {finding.mount_path, "/m"},
                                                       {finding.exception, "e"},
                                                       {finding.undetermined.at(0), "user"},
                                                       {finding.message, "part"}}) {
    CHECK(placed.text == text);
    CHECK(placed.position.known());
  }
  CHECK(finding.mount == 3);
  CHECK(finding.device == 4);
  CHECK(suite.cases[1].object.is_inline());
  CHECK(suite.cases[1].request.old_object.given() == false);
}

TEST_CASE("a file may hold several suites, and JSON is YAML") {
  const std::string one = SuiteWith("  cases: [{name: a, object: o, expect: {decision: allow}}]\n");
  const std::vector<TestSuite> suites = Suites("---\n" + one + "---\n# nothing\n---\n" + one);
  REQUIRE(suites.size() == 2);
  CHECK(suites[1].number == 1);
  CHECK(Suites(R"({"apiVersion": "mountguard.io/v1", "kind": "MountPolicyTest",
    "metadata": {"name": "s", "labels": {"a": "b"}}, "spec": {"cases": [
    {"name": "a", "object": "o.yaml", "expect": {"decision": "warn"}}]}})")
            .size() == 1);
}

TEST_CASE("an object in a suite may be written as kubectl reads it") {
  const std::vector<TestSuite> suites = Suites(SuiteWith(R"(
  cases:
    - name: merge keys, repeated keys, YAML 1.1
      object:
        base: &base {name: a}
        spec: {<<: *base, hostPID: yes, hostPID: no}
      expect: {decision: allow}
)"));
  CHECK(suites[0].cases[0].object.is_inline());
}

TEST_CASE("names that no loaded policy has are told with what was meant") {
  const auto policies = LoadGood({{"p.yaml", PolicyWith("  profiles: [restricted]\n"
                                                        "  rules: [{name: no-shells, match: "
                                                        "[{names: [x]}]}]\n"
                                                        "  exceptions: [{name: legacy, rules: "
                                                        "[no-shells], match: [{names: [y]}], "
                                                        "reason: r}]\n")}});
  const std::vector<TestSuite> suites = Suites(SuiteWith(R"(
  cases:
    - name: good
      object: o
      request: {profile: restricted}
      expect:
        findings: [{rule: no-shells}, {rule: undecodable, exception: legacy}]
        exceptions: [legacy]
    - name: bad
      object: o
      request: {profile: restrictet}
      expect:
        findings: [{rule: no-shell}, {rule: no-shells, exception: legasy}]
        exceptions: [other]
)"));
  std::vector<std::string> said;
  for (const PolicyProblem& problem : FindUnknownNames(suites[0], *policies)) {
    said.push_back(std::to_string(problem.position.line) + ": " + problem.message);
  }
  CHECK(said == std::vector<std::string>{
                    "15: no profile of the suite's policies is called \"restrictet\"; did you mean "
                    "\"restricted\"?",
                    "17: no rule of the suite's policies is called \"no-shell\"; did you mean "
                    "\"no-shells\"?",
                    "17: no exception of the suite's policies is called \"legasy\"; did you mean "
                    "\"legacy\"?",
                    "18: no exception of the suite's policies is called \"other\""});
}

TEST_CASE("a search for suites reads what says that it is one") {
  CHECK(LooksLikeSuite("apiVersion: x\nkind: MountPolicyTest\n"));
  CHECK(LooksLikeSuite("kind:   \"MountPolicyTest\"   # broken below\n  : ["));
  CHECK(LooksLikeSuite("{\"kind\": \"MountPolicyTest\"}"));
  CHECK_FALSE(LooksLikeSuite(""));
  CHECK_FALSE(LooksLikeSuite("kind: MountPolicy\n# its MountPolicyTest is beside it\n"));
  CHECK_FALSE(LooksLikeSuite("# kind: MountPolicyTest\n"));
  CHECK_FALSE(LooksLikeSuite("kind: MountPolicy\ndescription: MountPolicyTest\n"));
}

template <class Fields>
void CheckTable(const Fields& fields) {
  std::vector<std::string_view> names;
  for (const auto& field : fields) {
    CAPTURE(field.name);
    CHECK(std::find(names.begin(), names.end(), field.name) == names.end());
    CHECK_FALSE(field.description.empty());
    CHECK(field.description.back() != '.');
    CHECK(field.description.find('\n') == std::string_view::npos);
    names.push_back(field.name);
  }
}

TEST_CASE("every field of a suite is described in one line, once") {
  CheckTable(kSuiteSpecFields);
  CheckTable(kSuiteCaseFields);
  CheckTable(kSuiteRequestFields);
  CheckTable(kSuiteExpectFields);
  CheckTable(kSuiteFindingFields);
}

}  // namespace
}  // namespace mountguard::policy

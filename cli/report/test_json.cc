#include "cli/json_output.h"
#include "cli/report/test_report.h"

namespace mountguard::cli {
namespace {

using Outcome = TestCaseResult::Outcome;

std::string_view ToString(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed:
      return "passed";
    case Outcome::kFailed:
      return "failed";
    case Outcome::kError:
      break;
  }
  return "error";
}

Json ToJson(const TestCaseResult& one) {
  Json differences = Json::array();
  for (const TestDifference& difference : one.differences) {
    differences.push_back(
        {{"field", difference.field}, {"expected", difference.expected}, {"got", difference.got}});
  }
  return {{"name", one.name},
          {"line", one.position.line},
          {"column", one.position.column},
          {"outcome", ToString(one.outcome())},
          {"decision", one.decision.empty() ? Json(nullptr) : Json(one.decision)},
          {"differences", std::move(differences)},
          {"errors", one.errors}};
}

Json ToJson(const TestSuiteResult& suite) {
  Json cases = Json::array();
  for (const TestCaseResult& one : suite.cases) cases.push_back(ToJson(one));
  return {{"file", suite.file},
          {"name", suite.name},
          {"policies", suite.policies},
          {"cases", std::move(cases)}};
}

Json ToJson(const PolicyCoverage& policy) {
  Json rules = Json::array();
  for (const RuleCoverage& rule : policy.rules) {
    rules.push_back({{"rule", rule.rule},
                     {"origin", rule.advice ? "advice" : "policy"},
                     {"fired", rule.fired},
                     {"spared", rule.spared}});
  }
  Json exceptions = Json::array();
  for (const ExceptionCoverage& exception : policy.exceptions) {
    exceptions.push_back({{"exception", exception.exception}, {"used", exception.used}});
  }
  return {
      {"policy", policy.file}, {"rules", std::move(rules)}, {"exceptions", std::move(exceptions)}};
}

template <class T>
Json ToArray(const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(ToJson(value));
  return array;
}

}  // namespace

void WriteTestJson(const TestReport& report, const Terminal&, std::ostream& out) {
  WriteJson({{"apiVersion", "mountguard.io/v1"},
             {"kind", "TestReport"},
             {"summary",
              {{"suites", report.suites.size()},
               {"cases", report.cases()},
               {"passed", report.Count(Outcome::kPassed)},
               {"failed", report.Count(Outcome::kFailed)},
               {"errors", report.Count(Outcome::kError)}}},
             {"suites", ToArray(report.suites)},
             {"coverage", ToArray(report.coverage)},
             {"errors", report.errors}},
            out);
}

}  // namespace mountguard::cli

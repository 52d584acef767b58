#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/report/junit_xml.h"
#include "cli/report/test_report.h"

namespace mountguard::cli {
namespace {

JUnitCase CaseOf(const TestSuiteResult& suite, const TestCaseResult& one) {
  JUnitCase result = {one.name, suite.file, {}, ""};
  const std::string place =
      fmt::format("{}:{}:{}", suite.file, one.position.line, one.position.column);
  for (const std::string& error : one.errors) {
    result.problems.push_back({JUnitProblem::Kind::kError, "error", error, place});
  }
  if (one.outcome() != TestCaseResult::Outcome::kFailed) return result;
  std::vector<std::string_view> fields;
  for (const TestDifference& difference : one.differences) fields.push_back(difference.field);
  result.problems.push_back(
      {JUnitProblem::Kind::kFailure, "expectation",
       fmt::format("not as expected: {}", fmt::join(fields, ", ")),
       fmt::format("{}\n{}\n", place, fmt::join(DescribeDifferences(one.differences), "\n"))});
  return result;
}

JUnitSuite SuiteOf(const TestSuiteResult& suite) {
  JUnitSuite result = {suite.name, suite.file, {}, {}, ""};
  for (const std::string& policy : suite.policies) {
    result.properties.emplace_back("policy", policy);
  }
  std::vector<JUnitCase> cases;
  for (const TestCaseResult& one : suite.cases) cases.push_back(CaseOf(suite, one));
  result.cases = ListOf(std::move(cases));
  return result;
}

/// What kept suites from being run is a suite of its own: whoever reads only this must see it.
JUnitSuite SuiteOfErrors(const std::vector<std::string>& errors) {
  const std::string name = "suites and policies";
  std::vector<JUnitCase> cases;
  for (const std::string& error : errors) {
    cases.push_back({error.substr(0, error.find(": ")),
                     name,
                     {{JUnitProblem::Kind::kError, "error", error, ""}},
                     ""});
  }
  return {name, "", {}, ListOf(std::move(cases)), ""};
}

}  // namespace

void WriteTestJUnit(const TestReport& report, const Terminal&, std::ostream& out) {
  std::vector<JUnitSuite> suites;
  for (const TestSuiteResult& suite : report.suites) suites.push_back(SuiteOf(suite));
  if (!report.errors.empty()) suites.push_back(SuiteOfErrors(report.errors));
  WriteJUnitXml("mountguard test", suites, out);
}

}  // namespace mountguard::cli

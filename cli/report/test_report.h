#ifndef MOUNTGUARD_CLI_REPORT_TEST_REPORT_H_
#define MOUNTGUARD_CLI_REPORT_TEST_REPORT_H_

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "core/source_pos.h"

namespace mountguard::cli {

/// What `test` found, with everything that some format prints of it. Owns its text.

/// One point in which a case is not as expected. The lines are in the suite's own notation: what
/// was got may be put in the place of what was expected.
struct TestDifference {
  std::string field;                  // of `expect`: "decision"
  std::vector<std::string> expected;  // what is missing; may be empty
  std::vector<std::string> got;       // what is there instead; may be empty
};

struct TestCaseResult {
  enum class Outcome { kPassed, kFailed, kError };

  std::string name;
  core::SourcePos position;  // in the suite's file
  std::string decision;      // that was come to; "" where nothing could be judged
  std::vector<TestDifference> differences;
  std::vector<std::string> errors;  // why it could not be judged

  Outcome outcome() const {
    if (!errors.empty()) return Outcome::kError;
    return differences.empty() ? Outcome::kPassed : Outcome::kFailed;
  }
};

/// One MountPolicyTest.
struct TestSuiteResult {
  std::string file;
  std::string name;
  std::vector<std::string> policies;  // paths as they were opened
  std::vector<TestCaseResult> cases;
};

/// In how many cases a rule spoke up, and in how many it was in force and did not.
struct RuleCoverage {
  std::string rule;
  bool advice = false;
  int fired = 0;
  int spared = 0;
};

struct ExceptionCoverage {
  std::string exception;
  int used = 0;  // cases
};

/// What the cases tried of one policy file.
struct PolicyCoverage {
  std::string file;
  std::vector<RuleCoverage> rules;  // in the order of the file, then the advice that it sets
  std::vector<ExceptionCoverage> exceptions;
};

struct TestReport {
  std::vector<TestSuiteResult> suites;
  std::vector<PolicyCoverage> coverage;
  /// Suites and policies that are wrong or cannot be read: whole messages, as they went to standard
  /// error, without frames.
  std::vector<std::string> errors;

  int Count(TestCaseResult::Outcome outcome) const;
  int cases() const;
};

/// The differences as lines, each with `indent` before it:
///   decision
///     - deny
///     + allow
std::vector<std::string> DescribeDifferences(const std::vector<TestDifference>& differences);

/// One way to print a report.
struct TestReportFormat {
  std::string_view name;
  void (*write)(const TestReport& report, const Terminal& terminal, std::ostream& out);
};
const std::vector<TestReportFormat>& TestReportFormats();

void WriteTestText(const TestReport& report, const Terminal& terminal, std::ostream& out);
void WriteTestJson(const TestReport& report, const Terminal& terminal, std::ostream& out);
void WriteTestJUnit(const TestReport& report, const Terminal& terminal, std::ostream& out);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_TEST_REPORT_H_

#include "cli/report/test_report.h"

#include <algorithm>

namespace mountguard::cli {

int TestReport::Count(TestCaseResult::Outcome outcome) const {
  int count = 0;
  for (const TestSuiteResult& suite : suites) {
    count += static_cast<int>(
        std::count_if(suite.cases.begin(), suite.cases.end(),
                      [outcome](const TestCaseResult& one) { return one.outcome() == outcome; }));
  }
  return count;
}

int TestReport::cases() const {
  int count = 0;
  for (const TestSuiteResult& suite : suites) count += static_cast<int>(suite.cases.size());
  return count;
}

std::vector<std::string> DescribeDifferences(const std::vector<TestDifference>& differences) {
  std::vector<std::string> lines;
  for (const TestDifference& difference : differences) {
    lines.push_back(difference.field);
    for (const std::string& expected : difference.expected) lines.push_back("  - " + expected);
    for (const std::string& got : difference.got) lines.push_back("  + " + got);
  }
  return lines;
}

const std::vector<TestReportFormat>& TestReportFormats() {
  static const std::vector<TestReportFormat> formats = {
      {"text", &WriteTestText}, {"json", &WriteTestJson}, {"junit", &WriteTestJUnit}};
  return formats;
}

}  // namespace mountguard::cli

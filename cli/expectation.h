#ifndef MOUNTGUARD_CLI_EXPECTATION_H_
#define MOUNTGUARD_CLI_EXPECTATION_H_

#include <string_view>
#include <vector>

#include "cli/report/reporter.h"
#include "cli/report/test_report.h"
#include "policy/test_suite.h"

namespace mountguard::cli {

/// "allow", "warn" or "deny": what the server answers to all objects of the report together. What
/// the reader says of the text (origin input) never reaches a server, and decides nothing.
std::string_view DecisionOf(const CheckReport& report);

/// In what the report is not as expected; nothing: the case passes.
std::vector<TestDifference> Compare(const policy::Expectation& expect, const CheckReport& report);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_EXPECTATION_H_

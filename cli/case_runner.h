#ifndef MOUNTGUARD_CLI_CASE_RUNNER_H_
#define MOUNTGUARD_CLI_CASE_RUNNER_H_

#include <string>
#include <vector>

#include "cli/checker.h"
#include "cli/environment.h"
#include "cli/input.h"
#include "cli/report/reporter.h"
#include "policy/engine.h"
#include "policy/test_suite.h"

namespace mountguard::cli {

/// What a case needs to know of the suite that it stands in. All borrowed.
struct SuiteText {
  const policy::TestSuite& suite;
  const InputObject& document;  // the suite as an object: in it lie those that stand in the suite
  const std::vector<InputNote>& notes;  // what the reader had to say of the suite's text
};

/// What the checker says of a case's object.
struct CaseVerdict {
  CheckReport report;
  std::vector<std::string> errors;   // why it could not be judged as the case wants it
  ExitCode code = ExitCode::kClean;  // of the errors
};

/// Judges the object of a case as `check` judges manifests, with the request that the case tells
/// of. `number` is the case's place in its suite.
CaseVerdict RunCase(const SuiteText& text, int number, const policy::Engine& engine,
                    core::WallTime now, Environment& env);

/// `path`, which stands in the suite, as it is opened: relative paths go from the suite's file.
std::string PathFromSuite(const policy::TestSuite& suite, const std::string& path);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_CASE_RUNNER_H_

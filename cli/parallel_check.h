#ifndef MOUNTGUARD_CLI_PARALLEL_CHECK_H_
#define MOUNTGUARD_CLI_PARALLEL_CHECK_H_

#include <string>
#include <vector>

#include "cli/checker.h"
#include "cli/environment.h"
#include "cli/report/reporter.h"
#include "policy/engine.h"

namespace mountguard::cli {

/// Checks the files that paths of the command line stand for, on `jobs` threads: while they are
/// still being found, and of large files several documents at a time. The report is the same
/// whatever `jobs` is: first what cannot be found, then all in the order of the input. Its basis is
/// left to the caller.
CheckReport CheckInParallel(const std::vector<std::string>& paths, const policy::Engine& engine,
                            const CheckSettings& settings, int jobs, Environment& env);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_PARALLEL_CHECK_H_

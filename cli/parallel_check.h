#ifndef MOUNTGUARD_CLI_PARALLEL_CHECK_H_
#define MOUNTGUARD_CLI_PARALLEL_CHECK_H_

#include <string>
#include <vector>

#include "cli/checker.h"
#include "cli/environment.h"
#include "cli/report/reporter.h"
#include "policy/engine.h"

namespace mountguard::cli {

/// Checks files on `jobs` threads, of large files several documents at a time. The report is the
/// same, in the order of the input, whatever `jobs` is.
CheckReport CheckInParallel(const std::vector<std::string>& files, const policy::Engine& engine,
                            const CheckSettings& settings, int jobs, Environment& env);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_PARALLEL_CHECK_H_

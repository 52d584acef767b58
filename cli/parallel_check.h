#ifndef MOUNTGUARD_CLI_PARALLEL_CHECK_H_
#define MOUNTGUARD_CLI_PARALLEL_CHECK_H_

#include <functional>
#include <string>
#include <vector>

#include "cli/checker.h"
#include "cli/environment.h"
#include "cli/report/reporter.h"
#include "policy/engine.h"

namespace mountguard::cli {

/// Checks the files that paths of the command line stand for, on `jobs` threads: while they are
/// still being found, and of large files several documents at a time. `load` is called once, on
/// this thread, and gives what judges them, borrowed; where there are others, one of them looks for
/// the files meanwhile. If it gives null, nothing is checked. The report is the same whatever
/// `jobs` is: first what cannot be found, then all in the order of the input. Its basis is left to
/// the caller.
CheckReport CheckInParallel(const std::vector<std::string>& paths,
                            const std::function<const policy::Engine*()>& load,
                            const CheckSettings& settings, int jobs, Environment& env);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_PARALLEL_CHECK_H_

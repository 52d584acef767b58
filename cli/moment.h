#ifndef MOUNTGUARD_CLI_MOMENT_H_
#define MOUNTGUARD_CLI_MOMENT_H_

#include <string>

#include "core/clock.h"
#include "core/result.h"

namespace mountguard::cli {

/// The moment that `--at` names, which is now where it was not given.
core::Result<core::WallTime> MomentOf(const std::string& at, const core::Clock& clock);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_MOMENT_H_

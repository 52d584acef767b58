#ifndef MOUNTGUARD_CLI_CHECK_H_
#define MOUNTGUARD_CLI_CHECK_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Judges manifests offline, as `serve` would.
extern const Command kCheckCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_CHECK_H_

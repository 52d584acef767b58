#ifndef MOUNTGUARD_CLI_NODE_VERIFY_H_
#define MOUNTGUARD_CLI_NODE_VERIFY_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Holds running containers against their pod's manifest.
extern const Command kNodeVerifyCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_VERIFY_H_

#ifndef MOUNTGUARD_CLI_NODE_INSPECT_H_
#define MOUNTGUARD_CLI_NODE_INSPECT_H_

#include "cli/command.h"

namespace mountguard::cli {

/// What processes and containers of a node have mounted, and what of it crosses to the host.
extern const Command kNodeInspectCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_INSPECT_H_

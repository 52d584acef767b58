#ifndef MOUNTGUARD_CLI_NODE_WATCH_H_
#define MOUNTGUARD_CLI_NODE_WATCH_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Follows what is mounted and unmounted on a node.
extern const Command kNodeWatchCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_WATCH_H_

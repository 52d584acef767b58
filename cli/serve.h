#ifndef MOUNTGUARD_CLI_SERVE_H_
#define MOUNTGUARD_CLI_SERVE_H_

#include "cli/command.h"

namespace mountguard::cli {

/// The admission server, until SIGTERM or SIGINT. Logs to the process's standard error.
extern const Command kServeCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_SERVE_H_

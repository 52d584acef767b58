#ifndef MOUNTGUARD_CLI_VERSION_H_
#define MOUNTGUARD_CLI_VERSION_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Names this program's version and the Kubernetes release whose rules are built in.
extern const Command kVersionCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_VERSION_H_

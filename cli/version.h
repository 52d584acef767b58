#ifndef MOUNTGUARD_CLI_VERSION_H_
#define MOUNTGUARD_CLI_VERSION_H_

#include <string_view>

#include "cli/command.h"

namespace mountguard::cli {

/// This program's version, "1.2.3".
std::string_view ProgramVersion();

/// Names this program's version and the Kubernetes release whose rules are built in.
extern const Command kVersionCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_VERSION_H_

#ifndef MOUNTGUARD_CLI_MAN_H_
#define MOUNTGUARD_CLI_MAN_H_

#include "cli/command.h"

namespace mountguard::cli {

/// `mountguard man`: the manual page, made from the tables of commands and flags.
extern const Command kManCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_MAN_H_

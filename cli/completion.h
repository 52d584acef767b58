#ifndef MOUNTGUARD_CLI_COMPLETION_H_
#define MOUNTGUARD_CLI_COMPLETION_H_

#include "cli/command.h"

namespace mountguard::cli {

/// `mountguard completion bash|zsh|fish`: a script for the shell, made from the tables of commands
/// and flags, so that it knows what this program knows.
extern const Command kCompletionCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_COMPLETION_H_

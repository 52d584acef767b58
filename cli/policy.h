#ifndef MOUNTGUARD_CLI_POLICY_H_
#define MOUNTGUARD_CLI_POLICY_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Checks policy files: what is wrong, and what is doubtful.
extern const Command kPolicyLintCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_POLICY_H_

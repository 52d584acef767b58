#ifndef MOUNTGUARD_CLI_RULES_H_
#define MOUNTGUARD_CLI_RULES_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Lists the built-in rules.
extern const Command kRulesCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_RULES_H_

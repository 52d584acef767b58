#ifndef MOUNTGUARD_CLI_EXPLAIN_H_
#define MOUNTGUARD_CLI_EXPLAIN_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Lists every mount and what each layer below makes of its mode.
extern const Command kExplainCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_EXPLAIN_H_

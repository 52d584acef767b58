#ifndef MOUNTGUARD_CLI_POLICY_SCHEMA_H_
#define MOUNTGUARD_CLI_POLICY_SCHEMA_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Writes the JSON Schema of policies and of their suites, for editors.
extern const Command kPolicySchemaCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_POLICY_SCHEMA_H_

#ifndef MOUNTGUARD_CLI_POLICY_JSON_SCHEMA_H_
#define MOUNTGUARD_CLI_POLICY_JSON_SCHEMA_H_

#include "cli/json_output.h"

namespace mountguard::cli {

/// A JSON Schema (draft-07, which is what YAML language servers read) of MountPolicy and
/// MountPolicyTest, made of the tables that the loaders go by. It refuses nothing that they take;
/// what spans several places (a name given twice, an exception for no rule) only they can tell.
Json PolicyJsonSchema();

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_POLICY_JSON_SCHEMA_H_

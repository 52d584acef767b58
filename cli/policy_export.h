#ifndef MOUNTGUARD_CLI_POLICY_EXPORT_H_
#define MOUNTGUARD_CLI_POLICY_EXPORT_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Writes policies as what the API server evaluates by itself.
extern const Command kPolicyExportCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_POLICY_EXPORT_H_

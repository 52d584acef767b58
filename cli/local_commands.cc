#include "cli/check.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "cli/node_doctor.h"
#include "cli/node_inspect.h"
#include "cli/node_verify.h"
#include "cli/node_watch.h"
#include "cli/policy.h"
#include "cli/policy_export.h"
#include "cli/policy_schema.h"
#include "cli/rules.h"
#include "cli/test.h"
#include "cli/version.h"

namespace mountguard::cli {

const CommandTable& LocalCommands() {
  static const CommandTable commands = {
      // clang-format off
      kCheckCommand,
      kExplainCommand,
      kTestCommand,
      kPolicyLintCommand,
      kPolicyExportCommand,
      kPolicySchemaCommand,
      kNodeInspectCommand,
      kNodeWatchCommand,
      kNodeDoctorCommand,
      kNodeVerifyCommand,
      kRulesCommand,
      kVersionCommand,
      // clang-format on
  };
  return commands;
}

}  // namespace mountguard::cli

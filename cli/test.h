#ifndef MOUNTGUARD_CLI_TEST_H_
#define MOUNTGUARD_CLI_TEST_H_

#include "cli/command.h"

namespace mountguard::cli {

/// `mountguard test`: runs suites of tests for policies.
extern const Command kTestCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_TEST_H_

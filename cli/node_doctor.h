#ifndef MOUNTGUARD_CLI_NODE_DOCTOR_H_
#define MOUNTGUARD_CLI_NODE_DOCTOR_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Says whether host paths can serve a mode on this node.
extern const Command kNodeDoctorCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_DOCTOR_H_

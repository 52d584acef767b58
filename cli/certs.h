#ifndef MOUNTGUARD_CLI_CERTS_H_
#define MOUNTGUARD_CLI_CERTS_H_

#include "cli/command.h"

namespace mountguard::cli {

/// Issues a CA and a serving certificate into a directory.
extern const Command kCertsIssueCommand;
/// Says what PEM files hold.
extern const Command kCertsShowCommand;
/// Writes a CA into the caBundle of webhooks, in manifests or in a cluster.
extern const Command kCertsInjectCommand;

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_CERTS_H_

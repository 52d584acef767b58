#ifndef MOUNTGUARD_CLI_HAND_OVER_H_
#define MOUNTGUARD_CLI_HAND_OVER_H_

namespace mountguard::cli {

/// Becomes `mountguard-server`, which has all commands, with the arguments of this program: the
/// same process, so that signals and exit codes are the server's. It is looked for beside this
/// program, links to it followed, and never by PATH. Returns only if it cannot be started: what to
/// exit with, once the reason and the remedy are on standard error.
int HandOver(char* const* argv);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_HAND_OVER_H_

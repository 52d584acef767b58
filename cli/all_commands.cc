#include "cli/certs.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/man.h"
#include "cli/serve.h"

namespace mountguard::cli {

const CommandTable& AllCommands() {
  static const CommandTable commands = [] {
    CommandTable all = {kServeCommand};
    all.insert(all.end(), LocalCommands().begin(), LocalCommands().end());
    all.insert(all.end(), {kCertsIssueCommand, kCertsShowCommand, kCertsInjectCommand,
                           kCompletionCommand, kManCommand});
    return all;
  }();
  return commands;
}

}  // namespace mountguard::cli

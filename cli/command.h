#ifndef MOUNTGUARD_CLI_COMMAND_H_
#define MOUNTGUARD_CLI_COMMAND_H_

#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "cli/flags.h"

namespace mountguard::cli {

/// One command of the program: what help says of it and what runs it.
struct Command {
  std::string_view name;         // "check"; of a sub-command with its parent: "certs issue"
  std::string_view arguments;    // behind the name in the usage line: "PATH...|-"; "" for none
  std::string_view summary;      // one line without a full stop
  std::string_view description;  // below the usage line; "" where the summary says it all
  std::string_view examples;     // lines, each with its line end; "" for none
  ExitCode (*run)(const Command& command, const Arguments& arguments, Environment& env);
};

/// The first word of a command's name: itself, or the family of "certs issue".
std::string_view FamilyOf(const Command& command);
/// The second word of a command's name, "" if it has but one.
std::string_view NameInFamily(const Command& command);

/// All commands, in the order of the help. Those of one family share their first word.
const std::vector<Command>& AllCommands();

/// The whole program: `arguments` without the program's name. Everything it does to the world goes
/// through `env` (`serve` apart, which also listens).
ExitCode Run(const Arguments& arguments, Environment& env);

/// The program as the shell starts it: standard streams, the real files and clock.
int Main(int argc, const char* const* argv);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_COMMAND_H_

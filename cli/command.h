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

/// Commands in the order of the help. Those of one family share their first word.
using CommandTable = std::vector<Command>;

/// The commands that speak with nobody: they read files and the kernel, and print. `mountguard`
/// has no others, so that it starts without OpenSSL and cpp-httplib.
const CommandTable& LocalCommands();
/// These and all others, as `mountguard-server` has them.
const CommandTable& AllCommands();

/// The first words of the commands, each once, in their order.
std::vector<std::string_view> FamiliesOf(const CommandTable& commands);

/// True if `word` names a command of the table or a family of its commands.
bool HasCommand(const CommandTable& commands, std::string_view word);

/// A program with these commands: `arguments` without its name. Everything it does to the world
/// goes through `env` (`serve` apart, which also listens).
ExitCode Run(const CommandTable& commands, const Arguments& arguments, Environment& env);

/// The same as the shell starts it: standard streams, the real files and clock.
int Main(const CommandTable& commands, int argc, const char* const* argv);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_COMMAND_H_

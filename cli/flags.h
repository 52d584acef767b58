#ifndef MOUNTGUARD_CLI_FLAGS_H_
#define MOUNTGUARD_CLI_FLAGS_H_

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/environment.h"

namespace mountguard::cli {

struct Command;

/// What of the command line is left for a command: its words without those that named it.
using Arguments = std::vector<std::string>;

/// Where the value of a flag goes. A bool takes no value on the command line; a vector's flag may
/// be given again and again; what is not given stays as it was.
using FlagTarget =
    std::variant<bool*, int*, std::string*, std::optional<std::string>*, std::vector<std::string>*>;

/// One flag of a command: how it is written, what help says of it, and where its value goes.
struct Flag {
  std::string_view names;  // "--policy", "-o,--output"
  FlagTarget target;
  std::string_view value;  // "PATH", or the words it may be: "Deny|Warn|Audit|Off"; "" for a bool
  std::string_view help;   // one line, or several
  std::vector<std::string_view> suggestions =
      {};  // words that the value may begin with, for completion
};

/// Flags that stand together in the help.
struct FlagGroup {
  std::string_view title;
  std::vector<Flag> flags;
};

/// The parts of `text` between separators: one at least, and views of it.
std::vector<std::string_view> SplitText(std::string_view text, char separator);

/// Reads `arguments` into the targets of `groups`; words that are no flags go to `words`, which is
/// null for a command that takes none. "-" is a word; "--" ends the flags. A value of the form
/// "A|B|C" is held against these words.
///
/// Returns what to exit with if there is nothing left to do: `--help` was asked for and printed to
/// env.out, env.flag_listener was told of the flags, or the usage is wrong, which is told in two
/// lines on env.err.
std::optional<ExitCode> ParseFlags(const Command& command, const std::vector<FlagGroup>& groups,
                                   std::vector<std::string>* words, const Arguments& arguments,
                                   Environment& env);

/// Tells on env.err what is wrong with how `command` was called and where its help is.
ExitCode WrongUsage(const Command& command, std::string_view message, Environment& env);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_FLAGS_H_

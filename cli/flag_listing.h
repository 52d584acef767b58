#ifndef MOUNTGUARD_CLI_FLAG_LISTING_H_
#define MOUNTGUARD_CLI_FLAG_LISTING_H_

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace mountguard::cli {

/// A flag as those see it who do not run its command: the manual page, a shell's completion.
struct ListedFlag {
  std::vector<std::string> names;    // short one first: "-o", "--output"
  std::string value;                 // "FORMAT[=FILE]"; "" if it takes none
  std::string help;                  // one line, or several
  std::vector<std::string> choices;  // what the value may be, as far as that is a list of words
  bool takes_path = false;           // the value is a file or a folder

  bool takes_value() const { return !value.empty(); }
  const std::string& long_name() const { return names.back(); }
};

/// Flags that stand together in the help.
struct ListedGroup {
  std::string title;
  std::vector<ListedFlag> flags;
};

/// The flags of a command, in the order of its help. A command knows them only while it runs, so it
/// is started and ends where it would read its arguments; nothing else happens.
std::vector<ListedGroup> ListFlags(const Command& command);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_FLAG_LISTING_H_

#ifndef MOUNTGUARD_CLI_OUTPUTS_H_
#define MOUNTGUARD_CLI_OUTPUTS_H_

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "core/result.h"

namespace mountguard::cli {

/// One `-o FORMAT[=FILE]`.
struct Output {
  std::string format;
  std::string file;  // "" is standard output
};

/// The names of formats, as `-o` takes them.
template <class Format>
std::vector<std::string_view> NamesOf(const std::vector<Format>& formats) {
  std::vector<std::string_view> names;
  for (const Format& format : formats) names.push_back(format.name);
  return names;
}

/// What help says of `-o`: the formats that there are.
template <class Format>
std::string OutputHelp(const std::vector<Format>& formats) {
  constexpr std::size_t kColumn = 13;
  std::string help = "how, and to which file instead of standard output; repeatable. One of";
  for (const Format& format : formats) {
    std::string name(format.name);
    name.resize(kColumn, ' ');
    help += '\n' + name + std::string(format.summary);
  }
  return help;
}

/// Reads what was given to `-o`; nothing given is text, and the file "-" is standard output. Fails
/// for a format that is none of `known`, and where two of them would go to one place.
core::Result<std::vector<Output>> ReadOutputs(const std::vector<std::string>& texts,
                                              const std::vector<std::string_view>& known);

/// For before long work: takes those out of `outputs` of which it can be told already that they
/// cannot be written, tells each on env.err, and is kUnreadable if there are any.
ExitCode DropUnwritable(std::vector<Output>* outputs, Environment& env);

/// Lets `write` write each output to where it goes. A file is replaced as a whole or not at all; a
/// pipe or a device is written to. Every one that cannot be written is told on env.err and makes
/// the result kUnreadable; the others are written all the same.
ExitCode WriteOutputs(const std::vector<Output>& outputs, Environment& env,
                      const std::function<void(std::string_view format, const Terminal& terminal,
                                               std::ostream& out)>& write);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_OUTPUTS_H_

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

/// Reads what was given to `-o`; nothing given is text. Fails for a format that is none of `known`,
/// and where two of them would go to standard output.
core::Result<std::vector<Output>> ReadOutputs(const std::vector<std::string>& texts,
                                              const std::vector<std::string_view>& known);

/// Lets `write` write each output to where it goes; files are replaced. A file that cannot be
/// written is told on env.err and makes the result kUnreadable.
ExitCode WriteOutputs(const std::vector<Output>& outputs, Environment& env,
                      const std::function<void(std::string_view format, const Terminal& terminal,
                                               std::ostream& out)>& write);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_OUTPUTS_H_

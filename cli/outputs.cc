#include "cli/outputs.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "core/did_you_mean.h"

namespace mountguard::cli {

core::Result<std::vector<Output>> ReadOutputs(const std::vector<std::string>& texts,
                                              const std::vector<std::string_view>& known) {
  if (texts.empty()) return std::vector<Output>{{"text", ""}};
  std::vector<Output> outputs;
  std::string on_stdout;  // the format that goes there
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::string name = text.substr(0, equals);
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return core::Failure(fmt::format("-o: expected one of {}, got \"{}\"{}",
                                       fmt::join(known, ", "), name,
                                       core::DidYouMean(name, known)));
    }
    const std::string file = equals == std::string::npos ? "" : text.substr(equals + 1);
    if (equals != std::string::npos && file.empty()) {
      return core::Failure(fmt::format("-o {}: expected the name of a file behind the =", text));
    }
    if (file.empty() && !on_stdout.empty()) {
      return core::Failure(
          fmt::format("-o: {} and {} cannot both go to standard output; write one "
                      "to a file: -o {}=FILE",
                      on_stdout, name, name));
    }
    outputs.push_back({name, file});
    if (file.empty()) on_stdout = name;
  }
  return outputs;
}

ExitCode WriteOutputs(const std::vector<Output>& outputs, Environment& env,
                      const std::function<void(std::string_view format, const Terminal& terminal,
                                               std::ostream& out)>& write) {
  ExitCode code = ExitCode::kClean;
  for (const Output& output : outputs) {
    if (output.file.empty()) {
      write(output.format, env.terminal, env.out);
      continue;
    }
    std::ofstream file(output.file, std::ios::binary);
    if (file) {
      write(output.format, Terminal{}, file);
      file.close();
    }
    if (file) continue;
    fmt::print(env.err, "{}: the report cannot be written: {}\n", output.file,
               std::strerror(errno));
    code = ExitCode::kUnreadable;
  }
  return code;
}

}  // namespace mountguard::cli

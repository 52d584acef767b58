#ifndef MOUNTGUARD_TESTS_CLI_RUN_H_
#define MOUNTGUARD_TESTS_CLI_RUN_H_

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "cli/command.h"
#include "core/clock.h"
#include "core/file_reader.h"

namespace mountguard::cli {

/// What one run of the program did.
struct Ran {
  ExitCode code;
  std::string out;
  std::string err;

  nlohmann::json Json() const { return nlohmann::json::parse(out); }
};

/// The moment at which tests run.
inline constexpr core::WallTime kNow =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::May / std::chrono::day(1));

/// Runs the program on real files, with `input` as its standard input.
inline Ran RunProgram(const Arguments& arguments, const std::string& input = "",
                      Terminal terminal = {}, core::WallTime now = kNow) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const core::SystemFileReader files;
  const core::FixedClock clock(now);
  Environment env = {in, out, err, files, clock, terminal};
  const ExitCode code = Run(AllCommands(), arguments, env);
  return {code, out.str(), err.str()};
}

/// What `check` has to be told beside a rule's manifest for the rule to speak: containerd, which it
/// takes the runtime to be, changes no mode.
inline Arguments FlagsFor(std::string_view rule) {
  if (rule == "runtime-changes-propagation") return {"--runtime", "cri-o"};
  return {};
}

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_TESTS_CLI_RUN_H_

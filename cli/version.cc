#include "cli/version.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <string>

#include "cli/json_output.h"

namespace mountguard::cli {
namespace {

constexpr std::string_view kKubernetesRelease = "v1.36.3";

ExitCode RunVersion(const Command& command, const Arguments& arguments, Environment& env) {
  std::string format = "text";
  const std::vector<FlagGroup> groups = {
      {"Result", {{"-o,--output", &format, "text|json", "how to print it (text)"}}}};
  if (const auto done = ParseFlags(command, groups, nullptr, arguments, env)) return *done;
  if (format == "json") {
    WriteJson({{"version", ProgramVersion()}, {"kubernetesRules", kKubernetesRelease}}, env.out);
  } else {
    fmt::print(env.out, "mountguard {}\nKubernetes rules: {}\n", ProgramVersion(),
               kKubernetesRelease);
  }
  return ExitCode::kClean;
}

}  // namespace

std::string_view ProgramVersion() { return MOUNTGUARD_VERSION; }  // of the CMake project

const Command kVersionCommand = {
    "version", "", "print the version and the Kubernetes release whose rules are built in",
    "",        "", &RunVersion,
};

}  // namespace mountguard::cli

#include "cli/explain.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cli/checker.h"
#include "cli/explain/explainer.h"
#include "cli/explain/explanation.h"
#include "cli/input_paths.h"
#include "cli/outputs.h"
#include "cli/policy_flags.h"
#include "cli/request_flags.h"
#include "core/runtime.h"

namespace mountguard::cli {
namespace {

struct ExplainFlags {
  PolicyFlags policy;
  CheckSettings settings;
  RequestFlags request = RequestFlags(&settings);
  std::vector<std::string> outputs;
  std::string output_help = OutputHelp(ExplainFormats());

  std::vector<FlagGroup> Groups() {
    return {policy.Group(),
            request.Group(),
            {"Result",
             {{"-o,--output", &outputs, "FORMAT[=FILE]", output_help, NamesOf(ExplainFormats())}}}};
  }
};

void TellErrors(const Explanation& explanation, std::ostream& err) {
  for (const Unexplained& error : explanation.errors) {
    if (error.position.known()) {
      fmt::print(err, "{}:{}:{}: error: {}\n", error.file, error.position.line,
                 error.position.column, error.message);
    } else {
      fmt::print(err, "{}: error: {}\n", error.file, error.message);
    }
  }
}

/// True if some output has a place for errors in it.
bool HoldErrors(const std::vector<Output>& outputs) {
  return std::any_of(outputs.begin(), outputs.end(),
                     [](const Output& output) { return output.format == "json"; });
}

ExitCode RunExplain(const Command& command, const Arguments& arguments, Environment& env) {
  ExplainFlags flags;
  std::vector<std::string> paths;
  if (const auto done = ParseFlags(command, flags.Groups(), &paths, arguments, env)) return *done;
  if (const auto checked = CheckPaths(paths); !checked) {
    return WrongUsage(command, checked.error().message, env);
  }
  if (const auto complete = flags.request.Complete(env); !complete) {
    return WrongUsage(command, complete.error().message, env);
  }
  const auto outputs = ReadOutputs(flags.outputs, NamesOf(ExplainFormats()));
  if (!outputs) return WrongUsage(command, outputs.error().message, env);
  const auto engine = MakeEngine(flags.policy, command, env);
  if (!engine) return engine.error();

  const core::Runtime runtime = *core::RuntimeFromText(flags.policy.runtime);
  const Explanation explanation = Explain(paths, **engine, runtime, flags.settings, env);
  const ExitCode written = WriteOutputs(
      *outputs, env, [&explanation](std::string_view format, const Terminal& terminal, auto& out) {
        FindExplainFormat(format)->write(explanation, terminal, out);
      });
  if (explanation.pods.empty() && explanation.errors.empty()) {
    fmt::print(env.err,
               "note: no pod and no pod template was read, so there is nothing to explain\n");
  }
  if (!HoldErrors(*outputs)) TellErrors(explanation, env.err);
  return Combine(explanation.errors.empty() ? ExitCode::kClean : ExitCode::kUnreadable, written);
}

}  // namespace

const Command kExplainCommand = {
    "explain",
    "PATH...|-",
    "say what each mount becomes, who sees whose mounts, and why each rule spoke or not",
    "For every mount of every container: the mode in the manifest, what the kubelet asks of the\n"
    "container runtime (CRI), the runtime's mount option (OCI), the kernel's propagation type, "
    "and\n"
    "what a node says where the container does not start. Then who sees whose mounts, between the\n"
    "host, the containers and other pods, and what every rule of the policies made of each mount.\n"
    "\n"
    "It states facts: findings do not change the exit code, see `mountguard check` for that.",
    "  mountguard explain deploy/agent.yaml\n"
    "  kubectl get daemonsets --all-namespaces -o yaml | mountguard explain -\n"
    "  mountguard explain deploy/ --policy policies/ -o json\n",
    &RunExplain,
};

}  // namespace mountguard::cli

#include "cli/node_inspect.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <string>
#include <utility>
#include <vector>

#include "cli/node/inspection.h"
#include "cli/node/selection_flags.h"
#include "cli/outputs.h"
#include "core/code_frame.h"
#include "node/process.h"
#include "node/survey.h"

namespace mountguard::cli {
namespace {

ExitCode RunNodeInspect(const Command& command, const Arguments& arguments, Environment& env) {
  SelectionFlags flags;
  std::vector<std::string> outputs_given;
  const std::string output_help = OutputHelp(InspectFormats());
  const std::vector<FlagGroup> groups = {
      flags.Group(),
      {"Result",
       {{"-o,--output", &outputs_given, "FORMAT[=FILE]", output_help, NamesOf(InspectFormats())}}}};
  if (const auto done = ParseFlags(command, groups, nullptr, arguments, env)) return *done;
  const auto selection = flags.Selection();
  if (!selection) return WrongUsage(command, selection.error().message, env);
  const auto outputs = ReadOutputs(outputs_given, NamesOf(InspectFormats()));
  if (!outputs) return WrongUsage(command, outputs.error().message, env);

  auto survey = node::SurveyNode(node::ProcessReader(env.files, flags.root), *selection);
  if (!survey) {
    fmt::print(env.err, "{}\n", core::PrintableText(survey.error().message));
    return ExitCode::kUnreadable;
  }
  const Inspection inspection(*std::move(survey));
  const ExitCode written = WriteOutputs(
      *outputs, env, [&inspection](std::string_view format, const Terminal& terminal, auto& out) {
        for (const InspectFormat& one : InspectFormats()) {
          if (one.name == format) one.write(inspection, terminal, out);
        }
      });
  for (const node::Unseen& one : inspection.survey().unseen) {
    fmt::print(env.err, "not seen: {}: {}\n", core::PrintableText(one.what),
               core::PrintableText(one.why));
  }
  return Combine(inspection.survey().unseen.empty() ? ExitCode::kClean : ExitCode::kUnreadable,
                 written);
}

}  // namespace

const Command kNodeInspectCommand = {
    "node inspect",
    "",
    "say what a process or container of this node has mounted, and what crosses to the host",
    "For every mount: what the kernel says of it, the option of the OCI runtime, the CRI enum and\n"
    "the mode that make such a mount, and which mounts of the host appear in it or are missing.\n"
    "Then paths on which mounts have multiplied, and file systems that only private copies keep\n"
    "from being unmounted. Without a flag it looks at the host (process 1).\n"
    "\n"
    "It runs without root and says what it could not see then. It never changes a mount.",
    "  mountguard node inspect --pod kube-system/agent-x2\n"
    "  mountguard node inspect --container 3f2a81c07d55 -o json\n"
    "  mountguard node inspect --all -o html=node.html\n"
    "  kubectl debug node/worker-1 -it --image mountguard -- mountguard node inspect --root /host "
    "--all\n",
    &RunNodeInspect,
};

}  // namespace mountguard::cli

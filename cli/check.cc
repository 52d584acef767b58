#include "cli/check.h"

#include <algorithm>
#include <ostream>
#include <thread>
#include <utility>

#include "cli/checker.h"
#include "cli/input_paths.h"
#include "cli/outputs.h"
#include "cli/parallel_check.h"
#include "cli/policy_flags.h"
#include "cli/report/reporter.h"
#include "cli/request_flags.h"

namespace mountguard::cli {
namespace {

constexpr int kGutterWidth = 12;  // what a frame's line numbers take of a terminal's width

struct CheckFlags {
  PolicyFlags policy;
  CheckSettings settings;
  RequestFlags request = RequestFlags(&settings);
  std::vector<std::string> outputs;
  std::string output_help = OutputHelp(ReportFormats());
  std::string fail_on = "deny";
  int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));

  std::vector<FlagGroup> Groups() {
    return {
        policy.Group(),
        request.Group(),
        {"Result",
         {{"-o,--output", &outputs, "FORMAT[=FILE]", output_help, NamesOf(ReportFormats())},
          {"--fail-on", &fail_on, "deny|warn|none", "what makes the exit code 1 (deny)"},
          {"--strict", &settings.strict, "",
           "judge fragments too; repeated keys and dropped documents are errors"},
          {"--jobs", &jobs, "N",
           "threads that check files, and documents of large files (as many as there are cores)"}}},
    };
  }
};

/// The weakest action that fails a run.
policy::Action FailOn(std::string_view flag) {
  if (flag == "none") return policy::Action::kOff;
  return flag == "warn" ? policy::Action::kWarn : policy::Action::kDeny;
}

/// What is wrong with flags that are fine each by itself; fills in what follows from them.
core::Result<void> Complete(const std::vector<std::string>& paths, Environment& env,
                            CheckFlags* flags) {
  if (auto checked = CheckPaths(paths); !checked) return checked;
  if (flags->jobs < 1) return core::Failure("--jobs: expected 1 or more");
  flags->settings.frame_width = env.terminal.width - kGutterWidth;
  return flags->request.Complete(env);
}

/// A pipe whose first command fails looks like one with nothing to check: that is said.
void TellEmptyInput(const CheckReport& report, Environment& env) {
  const bool only_stdin = report.files.size() == 1 && report.files[0] == "-";
  const bool empty = report.summary.objects == 0 && report.errors.empty() && report.skipped.empty();
  if (!only_stdin || !empty) return;
  env.err << "note: standard input holds no object, so nothing was checked; if it comes through a "
             "pipe, did the command before it succeed?\n";
}

ExitCode RunCheck(const Command& command, const Arguments& arguments, Environment& env) {
  CheckFlags flags;
  std::vector<std::string> paths;
  if (const auto done = ParseFlags(command, flags.Groups(), &paths, arguments, env)) return *done;
  if (const auto complete = Complete(paths, env, &flags); !complete) {
    return WrongUsage(command, complete.error().message, env);
  }
  auto outputs = ReadOutputs(flags.outputs, NamesOf(ReportFormats()));
  if (!outputs) return WrongUsage(command, outputs.error().message, env);
  const ExitCode unwritable = DropUnwritable(&*outputs, env);

  std::unique_ptr<const policy::Engine> engine;
  ExitCode why_no_engine = ExitCode::kClean;
  const auto load = [&] {
    auto made = MakeEngine(flags.policy, command, env);
    if (made) {
      engine = std::move(*made);
    } else {
      why_no_engine = made.error();
    }
    return engine.get();
  };
  CheckReport report = CheckInParallel(paths, load, flags.settings, flags.jobs, env);
  if (engine == nullptr) return why_no_engine;
  report.basis = BasisOf(engine->policies(), flags.policy.profile, flags.settings.now);
  report.basis.fail_on = FailOn(flags.fail_on);

  const ExitCode written = WriteOutputs(
      *outputs, env, [&report](std::string_view format, const Terminal& terminal, auto& out) {
        FindReportFormat(format)->write(report, terminal, out);
      });
  TellEmptyInput(report, env);
  return Combine(report.exit_code(), Combine(unwritable, written));
}

}  // namespace

const Command kCheckCommand = {
    "check",
    "PATH...|-",
    "judge manifests offline, as the server would",
    "Reads YAML and JSON as kubectl does: files, directories, standard input (-), Lists, saved\n"
    "AdmissionReviews, the output of Helm and kustomize.\n"
    "\n"
    "Exit codes: 0 clean, 1 findings at or above --fail-on, 2 wrong usage or policy, 3 something\n"
    "could not be read.",
    "  mountguard check deploy/\n"
    "  helm template ./chart | mountguard check -\n"
    "  mountguard check deploy/ --policy policies/ --namespace production --fail-on warn\n"
    "  mountguard check deploy/ -o text -o sarif=mountguard.sarif -o html=mountguard.html\n",
    &RunCheck,
};

}  // namespace mountguard::cli

#include "cli/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "cli/checker.h"
#include "cli/input_paths.h"
#include "cli/outputs.h"
#include "cli/parallel_check.h"
#include "cli/policy_flags.h"
#include "cli/report/reporter.h"
#include "core/rfc3339.h"

namespace mountguard::cli {
namespace {

constexpr int kGutterWidth = 12;  // what a frame's line numbers take of a terminal's width

std::vector<std::string_view> FormatNames() {
  std::vector<std::string_view> names;
  for (const ReportFormat& format : ReportFormats()) names.push_back(format.name);
  return names;
}

/// What help says of `-o`: the formats that there are.
std::string OutputHelp() {
  std::string help = "how, and to which file instead of standard output; repeatable. One of";
  for (const ReportFormat& format : ReportFormats()) {
    help += fmt::format("\n{:<13}{}", format.name, format.summary);
  }
  return help;
}

struct CheckFlags {
  PolicyFlags policy;
  CheckSettings settings;
  std::string dry_run;
  std::string at;
  std::vector<std::string> outputs;
  std::string output_help = OutputHelp();
  std::string fail_on = "deny";
  int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));

  std::vector<FlagGroup> Groups() {
    return {
        policy.Group(),
        {"The request that is assumed",
         {{"--namespace", &settings.namespace_name, "NS",
           "the namespace of objects that do not name theirs"},
          {"--operation", &settings.operation, "CREATE|UPDATE", "what is done (CREATE)"},
          {"--user", &settings.user, "USER", "who does it"},
          {"--group", &settings.groups, "GROUP", "a group of theirs, repeatable"},
          {"--dry-run", &dry_run, "true|false", "whether it is a dry run"},
          {"--at", &at, "DATE",
           "the day, or RFC 3339 time, on which exceptions are judged (now)"}}},
        {"Result",
         {{"-o,--output", &outputs, "FORMAT[=FILE]", output_help, FormatNames()},
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
  if (paths.empty()) {
    return core::Failure("expected a file, a directory, or - for standard input");
  }
  if (std::count(paths.begin(), paths.end(), "-") > 1) {
    return core::Failure("standard input (-) can be read only once");
  }
  if (flags->jobs < 1) return core::Failure("--jobs: expected 1 or more");
  if (!flags->dry_run.empty()) flags->settings.dry_run = flags->dry_run == "true";
  flags->settings.frame_width = env.terminal.width - kGutterWidth;
  flags->settings.now = env.clock.Now();
  if (flags->at.empty()) return {};
  const auto time = core::ParseDateOrTime(flags->at);
  if (!time) {
    return core::Failure(fmt::format(
        "--at: expected a date such as 2027-01-31 or an RFC 3339 time, got \"{}\"", flags->at));
  }
  flags->settings.now = *time;
  return {};
}

ExitCode RunCheck(const Command& command, const Arguments& arguments, Environment& env) {
  CheckFlags flags;
  std::vector<std::string> paths;
  if (const auto done = ParseFlags(command, flags.Groups(), &paths, arguments, env)) return *done;
  if (const auto complete = Complete(paths, env, &flags); !complete) {
    return WrongUsage(command, complete.error().message, env);
  }
  const auto outputs = ReadOutputs(flags.outputs, FormatNames());
  if (!outputs) return WrongUsage(command, outputs.error().message, env);
  const auto engine = MakeEngine(flags.policy, command, env);
  if (!engine) return engine.error();

  CheckReport report;
  report.basis = BasisOf((*engine)->policies(), flags.policy.profile);
  report.basis.fail_on = FailOn(flags.fail_on);
  const InputSink failures = {
      nullptr, nullptr, [&report](const InputFailure& failure) {
        report.errors.push_back({std::string(failure.place.file), 0, {}, {}, failure.message});
      }};
  report.files = ListInputFiles(paths, env.files, failures);
  Append(CheckInParallel(report.files, **engine, flags.settings, flags.jobs, env), &report);

  const ExitCode written = WriteOutputs(
      *outputs, env, [&report](std::string_view format, const Terminal& terminal, auto& out) {
        FindReportFormat(format)->write(report, terminal, out);
      });
  return Combine(report.exit_code(), written);
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

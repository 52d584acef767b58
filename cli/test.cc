#include "cli/test.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "cli/input_paths.h"
#include "cli/moment.h"
#include "cli/outputs.h"
#include "cli/report/test_report.h"
#include "cli/suite_runner.h"

namespace mountguard::cli {
namespace {

void Write(std::string_view name, const TestReport& report, const Terminal& terminal,
           std::ostream& out) {
  for (const TestReportFormat& format : TestReportFormats()) {
    if (format.name == name) format.write(report, terminal, out);
  }
}

/// Runs the suites in a file, or those below a directory.
void RunPath(const std::string& path, const core::FileReader& files, SuiteRunner* runner) {
  if (!files.IsDirectory(path)) return runner->RunFile(path, false);
  bool listed = true;
  const InputSink failures = {
      nullptr, nullptr, [&](const InputFailure& failure) {
        listed = false;
        runner->Unreadable(fmt::format("{}: {}", failure.place.file, failure.message));
      }};
  const int before = runner->suites_seen();
  for (const std::string& file : ListInputFiles({path}, files, failures)) {
    runner->RunFile(file, true);
  }
  if (listed && runner->suites_seen() == before) {
    runner->Unreadable(
        fmt::format("{}: no file below the directory is of kind MountPolicyTest", path));
  }
}

ExitCode CodeOf(const TestReport& report) {
  return report.Count(TestCaseResult::Outcome::kFailed) > 0 ? ExitCode::kFindings
                                                            : ExitCode::kClean;
}

ExitCode RunTest(const Command& command, const Arguments& arguments, Environment& env) {
  std::vector<std::string> texts;
  std::string at;
  const std::vector<FlagGroup> groups = {
      {"Result",
       {{"-o,--output",
         &texts,
         "FORMAT[=FILE]",
         "text (the default), json or junit, repeatable",
         {"text", "json", "junit"}},
        {"--at", &at, "DATE",
         "the day, or RFC 3339 time, on which exceptions are judged where a suite says none "
         "(now)"}}}};
  std::vector<std::string> paths;
  if (const auto done = ParseFlags(command, groups, &paths, arguments, env)) return *done;
  if (paths.empty()) return WrongUsage(command, "expected a suite, or a directory of suites", env);
  const auto now = MomentOf(at, env.clock);
  if (!now) return WrongUsage(command, now.error().message, env);
  const auto outputs = ReadOutputs(texts, NamesOf(TestReportFormats()));
  if (!outputs) return WrongUsage(command, outputs.error().message, env);

  SuiteRunner runner(env, *now);
  for (const std::string& path : paths) RunPath(path, env.files, &runner);
  const TestReport report = runner.TakeReport();
  const ExitCode written = WriteOutputs(
      *outputs, env, [&report](std::string_view format, const Terminal& terminal, auto& out) {
        Write(format, report, terminal, out);
      });
  return Combine(Combine(CodeOf(report), runner.code()), written);
}

}  // namespace

const Command kTestCommand = {
    "test",
    "PATH...",
    "run suites of tests for policies",
    "A suite is a file of kind MountPolicyTest: policies, objects, and what must come of them. Of "
    "a\n"
    "directory all suites below it are run. Objects are judged as `check` judges them.\n"
    "\n"
    "Exit codes: 0 all cases pass, 1 a case fails, 2 wrong usage, suite or policy, 3 something "
    "could\n"
    "not be read.",
    "  mountguard test policies/\n"
    "  mountguard test policies/tests/production.yaml -o text -o junit=report.xml\n"
    "  mountguard test policies/ --at 2027-02-01\n",
    &RunTest,
};

}  // namespace mountguard::cli

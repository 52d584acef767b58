#include "cli/policy.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <istream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/counted.h"
#include "cli/json_output.h"
#include "cli/moment.h"
#include "cli/terminal.h"
#include "core/code_frame.h"
#include "policy/policy_lint.h"
#include "policy/policy_loader.h"

namespace mountguard::cli {
namespace {

using policy::PolicyFile;
using policy::PolicyProblem;
using policy::PolicySet;
using Severity = PolicyProblem::Severity;

// policy lint

struct LintFlags {
  std::string at;
  std::string format = "text";
  std::string fail_on = "error";

  std::vector<FlagGroup> Groups() {
    return {{"Judgement",
             {{"--at", &at, "DATE",
               "judge exceptions as on that day (00:00 UTC) or at that RFC 3339 time"},
              {"--fail-on", &fail_on, "error|warn", "the least that makes the exit code not 0"}}},
            {"Result", {{"-o,--output", &format, "text|json", "how to print it (text)"}}}};
  }
};

/// What is to be said of policy files.
struct LintReport {
  std::vector<PolicyFile> files;
  std::shared_ptr<const PolicySet> policies;  // null if there is any error
  std::vector<PolicyProblem> problems;  // errors or warnings: with errors nothing else is told

  std::size_t Count(Severity severity) const {
    return static_cast<std::size_t>(
        std::count_if(problems.begin(), problems.end(),
                      [severity](const PolicyProblem& p) { return p.severity == severity; }));
  }
};

/// The files behind all paths, "-" being standard input. Everything that cannot be read is told.
core::Result<std::vector<PolicyFile>, ExitCode> ReadAll(const std::vector<std::string>& paths,
                                                        Environment& env) {
  std::vector<PolicyFile> files;
  bool unreadable = false;
  for (const std::string& path : paths) {
    if (path == "-") {
      files.push_back({path, {std::istreambuf_iterator<char>(env.in), {}}});
      continue;
    }
    auto read = policy::ReadPolicyFiles({path}, env.files);
    if (!read) {
      fmt::print(env.err, "{}\n", read.error().message);
      unreadable = true;
      continue;
    }
    std::move(read->begin(), read->end(), std::back_inserter(files));
  }
  // What is missing may define what the others speak of.
  if (unreadable) return core::Unexpected(ExitCode::kUnreadable);
  return files;
}

LintReport Lint(std::vector<PolicyFile> files, core::WallTime now) {
  policy::LoadedPolicies loaded = policy::LoadPolicies(files);
  LintReport report{std::move(files), std::move(loaded.policies), std::move(loaded.problems)};
  if (report.policies != nullptr) {
    for (PolicyProblem& problem : policy::LintPolicies(*report.policies, now)) {
      report.problems.push_back(std::move(problem));
    }
  }
  return report;
}

void WriteTextProblem(const PolicyProblem& problem, const LintReport& report,
                      const Terminal& terminal, std::ostream& out) {
  constexpr int kGutterWidth = 10;
  const bool error = problem.severity == Severity::kError;
  const Style style = error ? Style::kDeny : Style::kWarn;
  std::string place = core::PrintableText(problem.file);
  if (problem.position.known()) {
    place += fmt::format(":{}:{}", problem.position.line, problem.position.column);
  }
  const std::string id = problem.id.empty() ? "" : fmt::format(" [{}]", problem.id);
  fmt::print(out, "{}: {} {}{}\n", Styled(terminal, Style::kStrong, place),
             Styled(terminal, style, error ? "error:" : "warning:"), problem.message,
             Styled(terminal, Style::kFaint, id));
  out << core::ToText(
      policy::FrameOf(problem, report.files, terminal.width - kGutterWidth),
      {StartOf(terminal, Style::kFaint), StartOf(terminal, style), EndOfStyle(terminal)});
  if (!problem.remedy.empty()) {
    fmt::print(out, "  {} {}\n", Styled(terminal, Style::kRemedy, "remedy:"), problem.remedy);
  }
  out << '\n';
}

void WriteTextReport(const LintReport& report, const Terminal& terminal, std::ostream& out) {
  for (const PolicyProblem& problem : report.problems) {
    WriteTextProblem(problem, report, terminal, out);
  }
  fmt::print(out, "{}", Counted(report.files.size(), "file"));
  if (report.policies != nullptr) {
    std::size_t exceptions = 0;
    for (const policy::MountPolicy& one : report.policies->policies()) {
      exceptions += one.exceptions.size();
    }
    fmt::print(out, ", {}, {}", Counted(report.policies->rule_count(), "rule"),
               Counted(exceptions, "exception"));
  }
  const std::size_t errors = report.Count(Severity::kError);
  const std::size_t warnings = report.Count(Severity::kWarning);
  if (errors > 0) {
    fmt::print(out, ": {}\n", Styled(terminal, Style::kDeny, Counted(errors, "error")));
  } else if (warnings > 0) {
    fmt::print(out, ": {}\n", Styled(terminal, Style::kWarn, Counted(warnings, "warning")));
  } else {
    fmt::print(out, ": {}\n", Styled(terminal, Style::kGood, "nothing found"));
  }
}

Json ProblemJson(const PolicyProblem& problem) {
  const auto text_or_null = [](std::string_view text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  return {{"severity", problem.severity == Severity::kError ? "error" : "warning"},
          {"id", text_or_null(problem.id)},
          {"file", problem.file},
          {"line", problem.position.line},
          {"column", problem.position.column},
          {"message", problem.message},
          {"remedy", text_or_null(problem.remedy)}};
}

void WriteJsonReport(const LintReport& report, std::ostream& out) {
  Json problems = Json::array();
  for (const PolicyProblem& problem : report.problems) problems.push_back(ProblemJson(problem));
  const bool loaded = report.policies != nullptr;
  WriteJson({{"apiVersion", "mountguard.io/v1"},
             {"kind", "PolicyLintReport"},
             {"summary",
              {{"files", report.files.size()},
               {"policies", loaded ? Json(report.policies->policies().size()) : Json(nullptr)},
               {"rules", loaded ? Json(report.policies->rule_count()) : Json(nullptr)},
               {"digest", loaded ? Json(report.policies->digest()) : Json(nullptr)},
               {"errors", report.Count(Severity::kError)},
               {"warnings", report.Count(Severity::kWarning)}}},
             {"problems", std::move(problems)}},
            out);
}

ExitCode RunPolicyLint(const Command& command, const Arguments& arguments, Environment& env) {
  LintFlags flags;
  std::vector<std::string> paths;
  if (const auto done = ParseFlags(command, flags.Groups(), &paths, arguments, env)) return *done;
  if (paths.empty()) {
    return WrongUsage(command, "expected a policy file, a directory, or - for standard input", env);
  }
  if (std::count(paths.begin(), paths.end(), "-") > 1) {
    return WrongUsage(command, "standard input (-) can be read only once", env);
  }
  const auto now = MomentOf(flags.at, env.clock);
  if (!now) return WrongUsage(command, now.error().message, env);
  auto files = ReadAll(paths, env);
  if (!files) return files.error();
  const LintReport report = Lint(*std::move(files), *now);
  if (flags.format == "json") {
    WriteJsonReport(report, env.out);
  } else {
    WriteTextReport(report, env.terminal, env.out);
  }
  if (report.policies == nullptr) return ExitCode::kUsage;
  const bool fails = flags.fail_on == "warn" && report.Count(Severity::kWarning) > 0;
  return fails ? ExitCode::kFindings : ExitCode::kClean;
}

}  // namespace

const Command kPolicyLintCommand = {
    "policy lint",
    "PATH...|-",
    "check policies: every error, and what is likely a mistake",
    "Reads all files and directories as one set, as serve and check do. Errors stop a server from\n"
    "loading the set; warnings stop nothing, and are told once there are no errors.\n"
    "\n"
    "Exit codes: 0 right (with warnings or without), 1 warnings with --fail-on warn, 2 wrong "
    "usage\n"
    "or a wrong policy, 3 something could not be read.",
    "  mountguard policy lint policies/\n"
    "  mountguard policy lint policies/ --at 2027-02-01 --fail-on warn\n"
    "  kustomize build policies/ | mountguard policy lint - -o json\n",
    &RunPolicyLint,
};

}  // namespace mountguard::cli

#include "cli/command.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>

#include "cli/certs.h"
#include "cli/check.h"
#include "cli/completion.h"
#include "cli/explain.h"
#include "cli/man.h"
#include "cli/node_doctor.h"
#include "cli/node_inspect.h"
#include "cli/node_verify.h"
#include "cli/node_watch.h"
#include "cli/policy.h"
#include "cli/policy_export.h"
#include "cli/policy_schema.h"
#include "cli/rules.h"
#include "cli/serve.h"
#include "cli/terminal.h"
#include "cli/test.h"
#include "cli/version.h"
#include "core/did_you_mean.h"

namespace mountguard::cli {
namespace {

constexpr std::string_view kSummary =
    "mountguard: what Kubernetes pods mount, and who sees whose mounts";

/// Stands for the program itself where no command was named.
constexpr Command kProgram = {"", "COMMAND", kSummary, "", "", nullptr};

/// The help of the program, or of the family of commands that begin with `family`.
void PrintCommands(std::string_view family, std::ostream& out) {
  if (family.empty()) fmt::print(out, "{}\n\n", kSummary);
  fmt::print(out, "Usage:\n  mountguard {}{}COMMAND [flags]\n\nCommands:\n", family,
             family.empty() ? "" : " ");
  std::size_t width = 0;
  for (const Command& command : AllCommands()) width = std::max(width, command.name.size());
  for (const Command& command : AllCommands()) {
    if (!family.empty() && FamilyOf(command) != family) continue;
    fmt::print(out, "  {:<{}}  {}\n", command.name, width, command.summary);
  }
  if (family.empty()) {
    fmt::print(out,
               "\nExamples:\n"
               "  mountguard check deploy/\n"
               "  mountguard explain deploy/agent.yaml\n");
  }
  fmt::print(out, "\n`mountguard COMMAND --help` shows the flags of a command.\n");
}

bool AsksForHelp(const std::string& word) {
  return word == "--help" || word == "-h" || word == "help";
}

/// The command that the first words of `arguments` name, or null; `words` is how many they are, or
/// how many lead to a family of commands.
const Command* FindCommand(const Arguments& arguments, std::size_t* words) {
  *words = 0;
  for (const Command& command : AllCommands()) {
    if (FamilyOf(command) != arguments[0]) continue;
    *words = 1;
    const std::string_view second = NameInFamily(command);
    if (second.empty()) return &command;
    if (arguments.size() > 1 && second == arguments[1]) {
      *words = 2;
      return &command;
    }
  }
  return nullptr;
}

/// Tells which word names no command and what may have been meant.
ExitCode UnknownCommand(const Arguments& arguments, std::size_t known_words, Environment& env) {
  const std::string_view family = known_words > 0 ? std::string_view(arguments[0]) : "";
  std::vector<std::string_view> candidates;
  for (const Command& command : AllCommands()) {
    if (known_words == 0) {
      candidates.push_back(FamilyOf(command));
    } else if (FamilyOf(command) == family) {
      candidates.push_back(NameInFamily(command));
    }
  }
  candidates.erase(std::unique(candidates.begin(), candidates.end()), candidates.end());
  Command asked = kProgram;
  asked.name = family;
  if (arguments.size() <= known_words) {
    return WrongUsage(
        asked, fmt::format("a command is missing: one of {}", fmt::join(candidates, ", ")), env);
  }
  const std::string& word = arguments[known_words];
  if (word.rfind('-', 0) == 0) {
    return WrongUsage(asked, fmt::format("expected a command before {}", word), env);
  }
  return WrongUsage(
      asked, fmt::format("there is no command \"{}\"{}", word, core::DidYouMean(word, candidates)),
      env);
}

}  // namespace

ExitCode Combine(ExitCode a, ExitCode b) {
  constexpr std::array<ExitCode, 3> kStrongestFirst = {ExitCode::kUsage, ExitCode::kUnreadable,
                                                       ExitCode::kFindings};
  for (ExitCode code : kStrongestFirst) {
    if (a == code || b == code) return code;
  }
  return ExitCode::kClean;
}

std::string_view FamilyOf(const Command& command) {
  return command.name.substr(0, command.name.find(' '));
}

std::string_view NameInFamily(const Command& command) {
  const std::size_t space = command.name.find(' ');
  return space == std::string_view::npos ? "" : command.name.substr(space + 1);
}

const std::vector<Command>& AllCommands() {
  static const std::vector<Command> commands = {
      // clang-format off
      kServeCommand,
      kCheckCommand,
      kExplainCommand,
      kTestCommand,
      kPolicyLintCommand,
      kPolicyExportCommand,
      kPolicySchemaCommand,
      kNodeInspectCommand,
      kNodeWatchCommand,
      kRulesCommand,
      kCertsIssueCommand,
      kCertsShowCommand,
      kCertsInjectCommand,
      kNodeDoctorCommand,
      kNodeVerifyCommand,
      kVersionCommand,
      kCompletionCommand,
      kManCommand,
      // clang-format on
  };
  return commands;
}

ExitCode Run(const Arguments& arguments, Environment& env) {
  if (arguments.empty()) {
    PrintCommands("", env.err);
    return ExitCode::kUsage;
  }
  if (AsksForHelp(arguments[0]) && arguments.size() == 1) {
    PrintCommands("", env.out);
    return ExitCode::kClean;
  }
  if (arguments[0] == "help") {
    Arguments turned(arguments.begin() + 1, arguments.end());
    turned.push_back("--help");
    return Run(turned, env);
  }
  if (arguments[0] == "--version") return Run({"version"}, env);

  std::size_t words = 0;
  const Command* command = FindCommand(arguments, &words);
  if (command != nullptr) {
    const auto own = arguments.begin() + static_cast<std::ptrdiff_t>(words);
    return command->run(*command, Arguments(own, arguments.end()), env);
  }
  if (words == 1 && arguments.size() > 1 && AsksForHelp(arguments[1])) {
    PrintCommands(arguments[0], env.out);
    return ExitCode::kClean;
  }
  return UnknownCommand(arguments, words, env);
}

int Main(int argc, const char* const* argv) {
  // A reader that goes away (`| head`) ends the writing, not the program.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  const core::SystemFileReader files;
  const core::SystemClock clock;
  Environment env = {std::cin, std::cout, std::cerr, files, clock, TerminalOf(STDOUT_FILENO), {}};
  if (CanRewriteLines(STDERR_FILENO)) {
    env.progress_width = [] { return ColumnsOf(STDERR_FILENO); };
  }
  ExitCode code = Run(Arguments(argv + std::min(argc, 1), argv + argc), env);
  if (!std::cout.flush() && !ReaderIsGone(STDOUT_FILENO)) {
    fmt::print(std::cerr,
               "the result could not be written to standard output; is the disk full?\n");
    code = Combine(code, ExitCode::kUnreadable);
  }
  return static_cast<int>(code);
}

}  // namespace mountguard::cli

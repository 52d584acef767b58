#include "cli/command.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>

#include "cli/terminal.h"
#include "core/did_you_mean.h"

namespace mountguard::cli {
namespace {

constexpr std::string_view kSummary =
    "mountguard: what Kubernetes pods mount, and who sees whose mounts";

/// Stands for the program itself where no command was named.
constexpr Command kProgram = {"", "COMMAND", kSummary, "", "", nullptr};

/// The help of the program, or of the family of commands that begin with `family`.
void PrintCommands(const CommandTable& commands, std::string_view family, std::ostream& out) {
  if (family.empty()) fmt::print(out, "{}\n\n", kSummary);
  fmt::print(out, "Usage:\n  mountguard {}{}COMMAND [flags]\n\nCommands:\n", family,
             family.empty() ? "" : " ");
  std::size_t width = 0;
  for (const Command& command : commands) width = std::max(width, command.name.size());
  for (const Command& command : commands) {
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
const Command* FindCommand(const CommandTable& commands, const Arguments& arguments,
                           std::size_t* words) {
  *words = 0;
  for (const Command& command : commands) {
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
ExitCode UnknownCommand(const CommandTable& commands, const Arguments& arguments,
                        std::size_t known_words, Environment& env) {
  const std::string_view family = known_words > 0 ? std::string_view(arguments[0]) : "";
  std::vector<std::string_view> candidates;
  if (known_words == 0) {
    candidates = FamiliesOf(commands);
  } else {
    for (const Command& command : commands) {
      if (FamilyOf(command) == family) candidates.push_back(NameInFamily(command));
    }
  }
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

std::vector<std::string_view> FamiliesOf(const CommandTable& commands) {
  std::vector<std::string_view> families;
  for (const Command& command : commands) {
    if (families.empty() || families.back() != FamilyOf(command)) {
      families.push_back(FamilyOf(command));
    }
  }
  return families;
}

bool HasCommand(const CommandTable& commands, std::string_view word) {
  return std::any_of(commands.begin(), commands.end(),
                     [word](const Command& command) { return FamilyOf(command) == word; });
}

ExitCode Run(const CommandTable& commands, const Arguments& arguments, Environment& env) {
  if (arguments.empty()) {
    PrintCommands(commands, "", env.err);
    return ExitCode::kUsage;
  }
  if (AsksForHelp(arguments[0]) && arguments.size() == 1) {
    PrintCommands(commands, "", env.out);
    return ExitCode::kClean;
  }
  if (arguments[0] == "help") {
    Arguments turned(arguments.begin() + 1, arguments.end());
    turned.push_back("--help");
    return Run(commands, turned, env);
  }
  if (arguments[0] == "--version") return Run(commands, {"version"}, env);

  std::size_t words = 0;
  const Command* command = FindCommand(commands, arguments, &words);
  if (command != nullptr) {
    const auto own = arguments.begin() + static_cast<std::ptrdiff_t>(words);
    return command->run(*command, Arguments(own, arguments.end()), env);
  }
  if (words == 1 && arguments.size() > 1 && AsksForHelp(arguments[1])) {
    PrintCommands(commands, arguments[0], env.out);
    return ExitCode::kClean;
  }
  return UnknownCommand(commands, arguments, words, env);
}

int Main(const CommandTable& commands, int argc, const char* const* argv) {
  // A reader that goes away (`| head`) ends the writing, not the program.
  std::signal(SIGPIPE, SIG_IGN);
  std::ios::sync_with_stdio(false);
  const core::SystemFileReader files;
  const core::SystemClock clock;
  Environment env = {std::cin, std::cout, std::cerr, files, clock, TerminalOf(STDOUT_FILENO), {}};
  if (CanRewriteLines(STDERR_FILENO)) {
    env.progress_width = [] { return ColumnsOf(STDERR_FILENO); };
  }
  ExitCode code = Run(commands, Arguments(argv + std::min(argc, 1), argv + argc), env);
  if (!std::cout.flush() && !ReaderIsGone(STDOUT_FILENO)) {
    fmt::print(std::cerr,
               "the result could not be written to standard output; is the disk full?\n");
    code = Combine(code, ExitCode::kUnreadable);
  }
  return static_cast<int>(code);
}

}  // namespace mountguard::cli

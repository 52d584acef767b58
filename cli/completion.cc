#include "cli/completion.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/flag_listing.h"
#include "core/did_you_mean.h"

namespace mountguard::cli {
namespace {

/// A command with its flags, groups flattened.
struct Entry {
  const Command* command;
  std::vector<ListedFlag> flags;
};

std::vector<Entry> Entries() {
  std::vector<Entry> entries;
  for (const Command& command : AllCommands()) {
    Entry& entry = entries.emplace_back(Entry{&command, {}});
    for (ListedGroup& group : ListFlags(command)) {
      for (ListedFlag& flag : group.flags) entry.flags.push_back(std::move(flag));
    }
  }
  return entries;
}

std::vector<std::string_view> WordsOfFamily(std::string_view family) {
  std::vector<std::string_view> words;
  for (const Command& command : AllCommands()) {
    if (FamilyOf(command) == family && !NameInFamily(command).empty()) {
      words.push_back(NameInFamily(command));
    }
  }
  return words;
}

/// What a family of commands is for, in a completion's list: the summary of its only command, or
/// the names of its commands.
std::string SummaryOf(std::string_view word) {
  const std::vector<std::string_view> family = WordsOfFamily(word);
  if (!family.empty()) return fmt::format("{}", fmt::join(family, ", "));
  for (const Command& command : AllCommands()) {
    if (command.name == word) return std::string(command.summary);
  }
  return "";
}

/// The first line: what fits beside a flag.
std::string_view FirstLine(std::string_view help) { return help.substr(0, help.find('\n')); }

/// Inside single quotes of a POSIX shell.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

void WriteBash(std::ostream& out) {
  out << "# bash completion for mountguard. To try it: source <(mountguard completion bash)\n"
         "_mountguard() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local command=${COMP_WORDS[1]} flags= values= first=2\n"
         "  COMPREPLY=()\n"
         "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
  fmt::print(out,
             "    mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\")\n    return\n  fi\n",
             fmt::join(FamiliesOf(AllCommands()), " "));
  out << "  case $command in\n";
  for (std::string_view word : FamiliesOf(AllCommands())) {
    const auto family = WordsOfFamily(word);
    if (family.empty()) continue;
    fmt::print(out,
               "    {})\n"
               "      if [ \"$COMP_CWORD\" -eq 2 ]; then\n"
               "        mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\")\n"
               "        return\n"
               "      fi\n"
               "      command=\"$command ${{COMP_WORDS[2]}}\" first=3 ;;\n",
               word, fmt::join(family, " "));
  }
  out << "  esac\n"
         "  case $command in\n";
  for (const Entry& entry : Entries()) {
    std::vector<std::string> names;
    for (const ListedFlag& flag : entry.flags) {
      names.insert(names.end(), flag.names.begin(), flag.names.end());
    }
    fmt::print(out, "    {})\n      flags={}\n      case $previous in\n",
               Quoted(entry.command->name), Quoted(fmt::format("{}", fmt::join(names, " "))));
    for (const ListedFlag& flag : entry.flags) {
      if (!flag.takes_value()) continue;
      const std::string_view values = flag.takes_path ? "files" : flag.choices.empty() ? "any" : "";
      fmt::print(out, "        {}) values={} ;;\n", fmt::join(flag.names, "|"),
                 values.empty() ? Quoted(fmt::format("{}", fmt::join(flag.choices, " ")))
                                : std::string(values));
    }
    out << "      esac ;;\n";
  }
  out << "  esac\n"
         "  case $values in\n"
         "    any) ;;\n"
         "    '')\n"
         "      if [ \"$COMP_CWORD\" -ge \"$first\" ] && [ \"${current#-}\" != \"$current\" ]; "
         "then\n"
         "        mapfile -t COMPREPLY < <(compgen -W \"$flags\" -- \"$current\")\n"
         "      else\n"
         "        compopt -o filenames 2>/dev/null\n"
         "        mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
         "      fi ;;\n"
         "    files)\n"
         "      compopt -o filenames 2>/dev/null\n"
         "      mapfile -t COMPREPLY < <(compgen -f -- \"$current\") ;;\n"
         "    *) mapfile -t COMPREPLY < <(compgen -W \"$values\" -- \"$current\") ;;\n"
         "  esac\n"
         "}\n"
         "complete -F _mountguard mountguard\n";
}

/// Text inside the brackets of an argument of zsh's _arguments.
std::string ZshText(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

void WriteZshFlag(const ListedFlag& flag, std::ostream& out) {
  std::string action;
  if (flag.takes_value()) {
    const std::string values = flag.takes_path ? "_files"
                               : flag.choices.empty()
                                   ? " "
                                   : fmt::format("({})", fmt::join(flag.choices, " "));
    action = fmt::format(":{}:{}", ZshText(flag.value), values);
  }
  for (const std::string& name : flag.names) {
    fmt::print(out, "        {} \\\n",
               Quoted(fmt::format("*{}[{}]{}", name, ZshText(FirstLine(flag.help)), action)));
  }
}

void WriteZshWords(const std::vector<std::string_view>& words, std::ostream& out) {
  for (std::string_view word : words) out << " " << word;
}

void WriteZsh(std::ostream& out) {
  out << "#compdef mountguard\n"
         "# zsh completion for mountguard: save it as _mountguard in a folder of $fpath\n"
         "_mountguard() {\n"
         "  local -a commands\n"
         "  local command\n"
         "  if (( CURRENT == 2 )); then\n"
         "    commands=(\n";
  for (std::string_view word : FamiliesOf(AllCommands())) {
    fmt::print(out, "      {}\n", Quoted(fmt::format("{}:{}", word, ZshText(SummaryOf(word)))));
  }
  out << "    )\n"
         "    _describe command commands\n"
         "    return\n"
         "  fi\n"
         "  command=$words[2]\n"
         "  shift words\n"
         "  (( CURRENT-- ))\n"
         "  case $command in\n";
  for (std::string_view word : FamiliesOf(AllCommands())) {
    const auto family = WordsOfFamily(word);
    if (family.empty()) continue;
    fmt::print(out, "    {})\n      if (( CURRENT == 2 )); then\n        compadd --", word);
    WriteZshWords(family, out);
    out << "\n        return\n      fi\n"
           "      command=\"$command $words[2]\"\n"
           "      shift words\n"
           "      (( CURRENT-- )) ;;\n";
  }
  out << "  esac\n"
         "  case $command in\n";
  for (const Entry& entry : Entries()) {
    fmt::print(out, "    {})\n      _arguments \\\n", Quoted(entry.command->name));
    for (const ListedFlag& flag : entry.flags) WriteZshFlag(flag, out);
    out << "        '*:file:_files' ;;\n";
  }
  out << "  esac\n"
         "}\n"
         "compdef _mountguard mountguard\n";
}

/// The condition under which fish offers what belongs to a command.
std::string FishCondition(const Command& command) {
  std::string condition = fmt::format("__fish_seen_subcommand_from {}", FamilyOf(command));
  if (!NameInFamily(command).empty()) {
    condition += fmt::format("; and __fish_seen_subcommand_from {}", NameInFamily(command));
  }
  return condition;
}

void WriteFishFlag(const Command& command, const ListedFlag& flag, std::ostream& out) {
  fmt::print(out, "complete -c mountguard -n {}", Quoted(FishCondition(command)));
  for (const std::string& name : flag.names) {
    const bool is_long = name.rfind("--", 0) == 0;
    fmt::print(out, " {} {}", is_long ? "-l" : "-s", name.substr(is_long ? 2 : 1));
  }
  if (flag.takes_path) {
    out << " -r -F";
  } else if (!flag.choices.empty()) {
    fmt::print(out, " -x -a {}", Quoted(fmt::format("{}", fmt::join(flag.choices, " "))));
  } else if (flag.takes_value()) {
    out << " -x";
  }
  fmt::print(out, " -d {}\n", Quoted(FirstLine(flag.help)));
}

void WriteFish(std::ostream& out) {
  out << "# fish completion for mountguard: save it as "
         "~/.config/fish/completions/mountguard.fish\n";
  for (std::string_view word : FamiliesOf(AllCommands())) {
    fmt::print(out, "complete -c mountguard -f -n __fish_use_subcommand -a {} -d {}\n", word,
               Quoted(SummaryOf(word)));
    for (std::string_view second : WordsOfFamily(word)) {
      fmt::print(out, "complete -c mountguard -f -n {} -a {}\n",
                 Quoted(fmt::format("__fish_seen_subcommand_from {}; and not "
                                    "__fish_seen_subcommand_from {}",
                                    word, fmt::join(WordsOfFamily(word), " "))),
                 second);
    }
  }
  for (const Entry& entry : Entries()) {
    for (const ListedFlag& flag : entry.flags) WriteFishFlag(*entry.command, flag, out);
  }
}

struct Shell {
  std::string_view name;
  void (*write)(std::ostream& out);
};

constexpr std::array<Shell, 3> kShells = {
    {{"bash", &WriteBash}, {"zsh", &WriteZsh}, {"fish", &WriteFish}}};

ExitCode RunCompletion(const Command& command, const Arguments& arguments, Environment& env) {
  std::vector<std::string> words;
  if (const auto done = ParseFlags(command, {}, &words, arguments, env)) return *done;
  if (words.size() != 1) return WrongUsage(command, "expected one of bash, zsh, fish", env);
  for (const Shell& shell : kShells) {
    if (shell.name != words[0]) continue;
    shell.write(env.out);
    return ExitCode::kClean;
  }
  return WrongUsage(command,
                    fmt::format("expected one of bash, zsh, fish, got \"{}\"{}", words[0],
                                core::DidYouMean(words[0], {"bash", "zsh", "fish"})),
                    env);
}

}  // namespace

const Command kCompletionCommand = {
    "completion",
    "bash|zsh|fish",
    "print a completion script for a shell",
    "Commands, flags and the words that flags take.",
    "  source <(mountguard completion bash)\n"
    "  mountguard completion zsh >\"${fpath[1]}/_mountguard\"\n"
    "  mountguard completion fish >~/.config/fish/completions/mountguard.fish\n",
    &RunCompletion,
};

}  // namespace mountguard::cli

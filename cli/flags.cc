#include "cli/flags.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "cli/command.h"
#include "core/did_you_mean.h"

namespace mountguard::cli {
namespace {

constexpr std::string_view kHelp = "-h,--help";
constexpr std::string_view kEndOfFlags = "--";

/// "--policy" of "-p,--policy".
std::string_view LongName(const Flag& flag) { return SplitText(flag.names, ',').back(); }

bool TakesValue(const Flag& flag) { return !std::holds_alternative<bool*>(flag.target); }

/// "  -o, --output FORMAT[=FILE]", with room for a short name where there is none.
std::string HelpColumn(const Flag& flag) {
  const bool has_short = flag.names.size() > 1 && flag.names[1] != '-';
  const std::vector<std::string_view> names = SplitText(flag.names, ',');
  return fmt::format("  {}{}{}{}", has_short ? "" : "    ", fmt::join(names, ", "),
                     flag.value.empty() ? "" : " ", flag.value);
}

void PrintHelp(const Command& command, const std::vector<FlagGroup>& groups, std::ostream& out) {
  fmt::print(out, "mountguard {}: {}\n\n", command.name, command.summary);
  fmt::print(out, "Usage:\n  mountguard {}{}{} [flags]\n", command.name,
             command.arguments.empty() ? "" : " ", command.arguments);
  if (!command.description.empty()) fmt::print(out, "\n{}\n", command.description);

  std::size_t width = 0;
  for (const FlagGroup& group : groups) {
    for (const Flag& flag : group.flags) width = std::max(width, HelpColumn(flag).size());
  }
  for (const FlagGroup& group : groups) {
    fmt::print(out, "\n{}:\n", group.title);
    for (const Flag& flag : group.flags) {
      std::string column = HelpColumn(flag);
      for (const std::string_view line : SplitText(flag.help, '\n')) {
        fmt::print(out, "{:<{}}  {}\n", column, width, line);
        column.clear();
      }
    }
  }
  if (!command.examples.empty()) fmt::print(out, "\nExamples:\n{}", command.examples);
}

/// Stores the last of `values`, or all where the flag may be repeated. What is wrong, or "".
std::string Store(const Flag& flag, std::vector<std::string>& values) {
  if (flag.value.find('|') != std::string_view::npos) {
    const std::vector<std::string_view> allowed = SplitText(flag.value, '|');
    for (const std::string& value : values) {
      if (std::find(allowed.begin(), allowed.end(), value) != allowed.end()) continue;
      return fmt::format("{}: expected one of {}, got \"{}\"{}", LongName(flag),
                         fmt::join(allowed, ", "), value, core::DidYouMean(value, allowed));
    }
  }
  if (auto* const* list = std::get_if<std::vector<std::string>*>(&flag.target)) {
    **list = std::move(values);
  } else if (auto* const* text = std::get_if<std::string*>(&flag.target)) {
    **text = std::move(values.back());
  } else if (auto* const* optional = std::get_if<std::optional<std::string>*>(&flag.target)) {
    **optional = std::move(values.back());
  } else if (auto* const* number = std::get_if<int*>(&flag.target)) {
    const std::string& value = values.back();
    const char* end = value.data() + value.size();
    const auto [rest, error] = std::from_chars(value.data(), end, **number);
    if (error != std::errc() || rest != end) {
      return fmt::format("{}: expected a whole number, got \"{}\"", LongName(flag), value);
    }
  }
  return "";
}

/// "-ojson" of "-o=json", which kubectl takes and the parser does not.
std::string WithoutShortEquals(std::string argument) {
  if (argument.size() > 2 && argument[0] == '-' && argument[1] != '-' && argument[2] == '=') {
    argument.erase(2, 1);
  }
  return argument;
}

std::string_view WithoutDashes(std::string_view flag) {
  return flag.substr(std::min(flag.find_first_not_of('-'), flag.size()));
}

/// Which flag may have been meant. That all begin with dashes is no likeness.
std::string MeantFlag(std::string_view name, std::vector<std::string_view> known) {
  for (std::string_view& flag : known) flag = WithoutDashes(flag);
  const std::string_view nearest = core::Nearest(WithoutDashes(name), known);
  return nearest.empty() ? "" : fmt::format("; did you mean \"--{}\"?", nearest);
}

/// One flag as the parser sees it, and the values it was given.
struct Bound {
  const Flag* flag;
  std::vector<std::string> values;
};

}  // namespace

std::vector<std::string_view> SplitText(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = text.find(separator); at != text.npos; at = text.find(separator)) {
    parts.push_back(text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  parts.push_back(text);
  return parts;
}

ExitCode WrongUsage(const Command& command, std::string_view message, Environment& env) {
  const std::string_view space = command.name.empty() ? "" : " ";
  fmt::print(env.err, "mountguard{}{}: {}\n", space, command.name, message);
  fmt::print(env.err, "`mountguard{}{} --help` shows how it is used.\n", space, command.name);
  return ExitCode::kUsage;
}

std::optional<ExitCode> ParseFlags(const Command& command, const std::vector<FlagGroup>& groups,
                                   std::vector<std::string>* words, const Arguments& arguments,
                                   Environment& env) {
  bool help = false;
  std::vector<FlagGroup> all = groups;
  all.push_back({"Help", {{kHelp, &help, "", "show this"}}});
  if (env.flag_listener != nullptr) {
    (*env.flag_listener)(all);
    return ExitCode::kClean;
  }

  CLI::App app;
  app.set_help_flag("");
  app.allow_extras();
  std::vector<Bound> bound;
  std::vector<std::string_view> known;
  for (const FlagGroup& group : all) {
    for (const Flag& flag : group.flags) {
      known.push_back(LongName(flag));
      bound.push_back({&flag, {}});
    }
  }
  for (Bound& option : bound) {  // only now: the parser keeps addresses into the vector
    const std::string names(option.flag->names);
    if (TakesValue(*option.flag)) {
      app.add_option(names, option.values)->allow_extra_args(false);
    } else {
      app.add_flag(names, *std::get<bool*>(option.flag->target));
    }
  }
  std::vector<std::string> positional;
  app.add_option("words", positional);

  try {
    std::vector<std::string> reversed;  // as the parser wants them
    std::transform(arguments.rbegin(), arguments.rend(), std::back_inserter(reversed),
                   WithoutShortEquals);
    app.parse(std::move(reversed));
  } catch (const CLI::ArgumentMismatch&) {
    return WrongUsage(command, fmt::format("{} needs a value", arguments.back()), env);
  } catch (const CLI::ParseError& error) {
    return WrongUsage(command, error.what(), env);
  }
  if (help) {
    PrintHelp(command, all, env.out);
    return ExitCode::kClean;
  }
  for (const std::string& extra : app.remaining()) {
    if (extra == kEndOfFlags) continue;
    const std::string name = extra.substr(0, extra.find('='));
    return WrongUsage(command, fmt::format("unknown flag {}{}", name, MeantFlag(name, known)), env);
  }
  for (Bound& option : bound) {
    if (option.values.empty()) continue;
    const std::string problem = Store(*option.flag, option.values);
    if (!problem.empty()) return WrongUsage(command, problem, env);
  }
  if (words == nullptr && !positional.empty()) {
    return WrongUsage(command, fmt::format("unexpected argument \"{}\"", positional.front()), env);
  }
  if (words != nullptr) *words = std::move(positional);
  return std::nullopt;
}

}  // namespace mountguard::cli

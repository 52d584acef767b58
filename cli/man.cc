#include "cli/man.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

#include "cli/flag_listing.h"
#include "cli/version.h"

namespace mountguard::cli {
namespace {

/// Text of a line of roff: hyphens that are copied as hyphens, no request by chance.
std::string Roff(std::string_view text) {
  std::string escaped;
  for (char c : text) {
    if (c == '\\') {
      escaped += "\\e";
    } else if (c == '-') {
      escaped += "\\-";
    } else if ((c == '.' || c == '\'') && escaped.empty()) {
      escaped += "\\&";
      escaped += c;
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// Each line of `text` as it stands.
void WriteLines(std::string_view text, std::ostream& out) {
  std::istringstream in{std::string(text)};
  for (std::string line; std::getline(in, line);) {
    out << (line.empty() ? std::string(".PP") : Roff(line)) << '\n';
  }
}

void WriteFlag(const ListedFlag& flag, std::ostream& out) {
  out << ".TP\n";
  std::string_view separator = "";
  for (const std::string& name : flag.names) {
    fmt::print(out, "{}\\fB{}\\fR", separator, Roff(name));
    separator = ", ";
  }
  if (flag.takes_value()) fmt::print(out, " \\fI{}\\fR", Roff(flag.value));
  out << '\n';
  WriteLines(flag.help, out);
}

void WriteCommand(const Command& command, std::ostream& out) {
  fmt::print(out, ".SS mountguard {} {}\n", Roff(command.name), Roff(command.arguments));
  fmt::print(out, "{}.\n", Roff(command.summary));
  if (!command.description.empty()) {
    out << ".PP\n";
    WriteLines(command.description, out);
  }
  for (const ListedGroup& group : ListFlags(command)) {
    fmt::print(out, ".PP\n\\fI{}\\fR\n", Roff(group.title));
    for (const ListedFlag& flag : group.flags) WriteFlag(flag, out);
  }
  if (command.examples.empty()) return;
  out << ".PP\n\\fIExamples\\fR\n.PP\n.EX\n";
  WriteLines(command.examples, out);
  out << ".EE\n";
}

ExitCode RunMan(const Command& command, const Arguments& arguments, Environment& env) {
  if (const auto done = ParseFlags(command, {}, nullptr, arguments, env)) return *done;
  std::ostream& out = env.out;
  fmt::print(out, ".TH MOUNTGUARD 1 \"\" \"mountguard {}\" \"User Commands\"\n", ProgramVersion());
  out << ".SH NAME\nmountguard \\- what Kubernetes pods mount, and who sees whose mounts\n"
         ".SH SYNOPSIS\n\\fBmountguard\\fR \\fICOMMAND\\fR [\\fIflags\\fR]\n"
         ".SH DESCRIPTION\n"
         "mountguard knows what every container mount of a pod asks for, what Kubernetes allows, "
         "what\n"
         "a policy allows, and what the node will make of it. It is an admission webhook, a "
         "checker\n"
         "for continuous integration, and an explainer.\n"
         ".SH COMMANDS\n";
  for (const Command& one : AllCommands()) WriteCommand(one, out);
  out << ".SH EXIT STATUS\n"
         ".TP\n0\nclean\n"
         ".TP\n1\nfindings at or above \\fB\\-\\-fail\\-on\\fR, or a failed case of a test suite\n"
         ".TP\n2\nwrong usage, a wrong policy or a wrong certificate\n"
         ".TP\n3\nsomething could not be read or written\n"
         ".PP\nWhere several apply: 2, then 3, then 1. What could not be read is never clean.\n"
         ".SH ENVIRONMENT\n"
         ".TP\n\\fBNO_COLOR\\fR\nno colour, whatever the terminal can show\n";
  return ExitCode::kClean;
}

}  // namespace

const Command kManCommand = {
    "man",
    "",
    "print the manual page",
    "In the form that man reads.",
    "  mountguard man | man -l -\n",
    &RunMan,
};

}  // namespace mountguard::cli

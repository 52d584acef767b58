#include <fmt/format.h>
#include <fmt/ostream.h>

#include <string>
#include <string_view>

#include "cli/report/reporter.h"
#include "cli/report/wording.h"
#include "core/code_frame.h"

// GitHub Actions' workflow commands: a line of a job's log that begins with "::" becomes an
// annotation. What an exception spares and what was skipped gets none; the summary counts it.

namespace mountguard::cli {
namespace {

std::string_view CommandOf(Standing standing) {
  switch (standing) {
    case Standing::kError:
    case Standing::kDeny:
      return "error";
    case Standing::kWarn:
      return "warning";
    case Standing::kAudit:
    case Standing::kExcepted:
    case Standing::kSkipped:
      break;
  }
  return "notice";
}

/// Where a text stands in a command: a property ends at a comma or a colon.
enum class CommandPlace { kMessage, kProperty };

/// As the runner takes it apart again, and with nothing in it that could steer a log's reader.
std::string CommandEscaped(std::string_view text, CommandPlace place) {
  std::string out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t special = std::min(rest.find_first_of("%\r\n:,"), rest.size());
    out += core::PrintableText(rest.substr(0, special));
    rest.remove_prefix(special);
    if (rest.empty()) break;
    const char c = rest.front();
    const bool plain = place == CommandPlace::kMessage && (c == ':' || c == ',');
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned>(c));
    rest.remove_prefix(1);
  }
  return out;
}

/// "file=a.yaml,line=3,col=5,endLine=3,endColumn=9,", as far as it is known; standard input is no
/// file of the repository.
std::string PlaceProperties(const std::string& file, core::SourcePos position,
                            const core::CodeFrame& frame) {
  if (file == "-") return "";
  std::string out =
      fmt::format("file={},", CommandEscaped(PathText(file), CommandPlace::kProperty));
  if (!position.known()) return out;
  out += fmt::format("line={},col={},", position.line, position.column);
  if (frame.value_length > 0) {
    out += fmt::format("endLine={},endColumn={},", position.line,
                       position.column + frame.value_length);
  }
  return out;
}

void Annotate(Standing standing, const std::string& place, std::string_view title,
              std::string_view message, std::ostream& out) {
  fmt::print(out, "::{} {}title={}::{}\n", CommandOf(standing), place,
             CommandEscaped(title, CommandPlace::kProperty),
             CommandEscaped(message, CommandPlace::kMessage));
}

std::string MessageOf(const CheckReport& report, const CheckResult& result) {
  std::string text = result.message;
  for (const ReportNote& note : NotesOf(report, result)) {
    text += fmt::format("\n{}: {}", note.label(), note.text);
  }
  return text;
}

}  // namespace

void WriteGitHubReport(const CheckReport& report, const Terminal&, std::ostream& out) {
  for (const CheckError& error : report.errors) {
    Annotate(Standing::kError, PlaceProperties(error.file, error.position, error.frame),
             "could not be read", error.message, out);
  }
  for (const CheckResult& result : report.results) {
    if (!result.stands()) continue;
    Annotate(StandingOf(result), PlaceProperties(result.file, result.position, result.frame),
             result.rule, MessageOf(report, result), out);
  }
  fmt::print(out, "{}\n", SummaryText(report));
}

}  // namespace mountguard::cli

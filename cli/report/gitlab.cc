#include <algorithm>
#include <string_view>

#include "cli/json_output.h"
#include "cli/json_stream.h"
#include "cli/report/fingerprint.h"
#include "cli/report/reporter.h"
#include "cli/report/wording.h"
#include "core/code_frame.h"

// GitLab's Code Quality report: a subset of Code Climate's issues. What an exception spares is left
// out, because the format has no word for it, and so is what was skipped.

namespace mountguard::cli {
namespace {

std::string_view SeverityOf(Standing standing) {
  switch (standing) {
    case Standing::kError:
      return "blocker";
    case Standing::kDeny:
      return "critical";
    case Standing::kWarn:
      return "minor";
    case Standing::kAudit:
    case Standing::kExcepted:
    case Standing::kSkipped:
      break;
  }
  return "info";
}

/// Without a place in the file it is the first line: the format wants one.
Json LocationOf(const std::string& file, core::SourcePos position, const core::CodeFrame& frame) {
  const int line = std::max(position.line, 1);
  const int column = std::max(position.column, 1);
  return {{"path", PathText(file)},
          {"lines", {{"begin", line}, {"end", line}}},
          {"positions",
           {{"begin", {{"line", line}, {"column", column}}},
            {"end", {{"line", line}, {"column", column + frame.value_length}}}}}};
}

Json IssueOf(const CheckReport& report, const CheckResult& result, std::string fingerprint) {
  std::string body;
  for (const ReportNote& note : NotesOf(report, result)) {
    body += std::string(note.label()) + ": " + core::PrintableText(note.text) + "\n";
  }
  return {{"type", "issue"},
          {"check_name", result.rule},
          {"description", core::PrintableText(result.message + " [" + result.rule + "]")},
          {"content", {{"body", body}}},
          {"categories", Json::array({"Bug Risk"})},
          {"severity", SeverityOf(StandingOf(result))},
          {"fingerprint", std::move(fingerprint)},
          {"location", LocationOf(result.file, result.position, result.frame)}};
}

Json IssueOf(const CheckError& error, std::string fingerprint) {
  return {{"type", "issue"},
          {"check_name", "could-not-be-read"},
          {"description", core::PrintableText(error.message)},
          {"categories", Json::array({"Bug Risk"})},
          {"severity", SeverityOf(Standing::kError)},
          {"fingerprint", std::move(fingerprint)},
          {"location", LocationOf(error.file, error.position, error.frame)}};
}

}  // namespace

void WriteGitLabReport(const CheckReport& report, const Terminal&, std::ostream& out) {
  Fingerprinter fingerprints;
  JsonStream json(out);
  json.BeginList();
  for (const CheckResult& result : report.results) {
    std::string fingerprint = fingerprints.Of(result);  // of those left out, too: they are counted
    if (result.stands()) json.Value(IssueOf(report, result, std::move(fingerprint)));
  }
  for (const CheckError& error : report.errors) {
    json.Value(IssueOf(error, fingerprints.Of(error)));
  }
  json.End();
}

}  // namespace mountguard::cli

#ifndef MOUNTGUARD_CLI_REPORT_WORDING_H_
#define MOUNTGUARD_CLI_REPORT_WORDING_H_

#include <string>
#include <string_view>
#include <vector>

#include "cli/report/reporter.h"
#include "core/source_pos.h"

namespace mountguard::cli {

/// What a report says in words is said the same in every format that is read by people: text,
/// JUnit, GitHub, GitLab, html. Pure functions; texts of the user's are returned as they are, and
/// escaping them is the format's own affair.

/// What an entry of a report is, strongest first.
enum class Standing { kError, kDeny, kWarn, kAudit, kExcepted, kSkipped };

Standing StandingOf(const CheckResult& result);
/// "error", "deny", "warn", "audit", "excepted", "skipped".
std::string_view ToString(Standing standing);

/// `deploy/x.yaml:14:27`, as editors and terminals make it a link; the file alone where there is no
/// place in it.
std::string PlaceText(const std::string& file, core::SourcePos position);

/// "standard input" for "-", else the file as it was named.
std::string FileText(const std::string& file);

/// The file as a path below the folder in which the program runs, as CI systems want it: without
/// "./" and what else a path can be spelled with.
std::string PathText(const std::string& file);

/// "DaemonSet kube-system/agent, spec.template"; "" for what is said of a whole document.
std::string ObjectText(const CheckResult& result);

/// One more thing to be said of a result, beside its message.
struct ReportNote {
  enum class Kind { kObject, kDefinition, kException, kReason, kRemedy, kUndetermined };
  Kind kind;
  std::string text;  // one line

  /// "in", "defined at", "excepted by", "why", "remedy", "undetermined".
  std::string_view label() const;
};

/// All of them, in the order in which they are read.
std::vector<ReportNote> NotesOf(const CheckReport& report, const CheckResult& result);

/// "3 files, 7 objects, 21 mounts".
std::string ScopeText(const CheckSummary& summary);

/// "2 denied": so many entries of a kind.
struct ReportCount {
  Standing standing;
  int count;
  std::string_view word;
};

/// Those that are not 0; empty for a report that has nothing to say.
std::vector<ReportCount> CountsOf(const CheckReport& report);

/// "1 file, 1 object, 5 mounts: 2 denied, 1 skipped".
std::string SummaryText(const CheckReport& report);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_WORDING_H_

#ifndef MOUNTGUARD_CLI_REPORT_REPORTER_H_
#define MOUNTGUARD_CLI_REPORT_REPORTER_H_

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "cli/report/check_result.h"
#include "cli/report/packed_list.h"
#include "core/clock.h"
#include "core/source_pos.h"
#include "policy/finding.h"
#include "policy/policy_set.h"

namespace mountguard::cli {

struct CheckSummary {
  int files = 0;
  int documents = 0;
  int objects = 0;
  int pods = 0;    // pods and pod templates that were judged
  int mounts = 0;  // in these
  int deny = 0;    // results by their strongest action; excepted ones are none of the three
  int warn = 0;
  int audit = 0;
  int excepted = 0;
  int undetermined = 0;  // these are counted under their action (Audit), too
};

/// A rule that could have spoken: a built-in one or a policy's.
struct ReportRule {
  std::string id;
  policy::Origin origin = policy::Origin::kKubernetes;
  policy::Action action = policy::Action::kDeny;  // of its findings, unless a policy changes it
  std::string policy;                             // the MountPolicy it stands in; "": built in
  std::string summary;                            // one line; a policy's description
  std::string remedy;                             // one sentence; "" for a policy's
};

/// An exception that could have spared a finding.
struct ReportException {
  std::string name;
  std::string reason;  // one line
  std::string policy;  // the MountPolicy it stands in
  std::string file;    // and where its expiry stands, or the exception where it has none
  core::SourcePos position;
  std::optional<core::WallTime> expires;
  bool expired = false;  // at the moment of judgement, so that it spares nothing
};

/// By what was judged; formats explain results from it.
struct ReportBasis {
  std::vector<ReportRule> rules;  // sorted by id
  std::vector<ReportException> exceptions;
  policy::Action fail_on = policy::Action::kDeny;  // the weakest that fails the run; Off: none does

  /// Null if there is none of that name.
  const ReportRule* FindRule(std::string_view id) const;
  const ReportException* FindException(std::string_view name) const;
};

/// The rules and exceptions that a profile of these policies has, the latter as they are at `now`.
ReportBasis BasisOf(const policy::PolicySet& policies, std::string_view profile,
                    core::WallTime now);

/// What `check` found, in the order of the input.
struct CheckReport {
  ReportBasis basis;
  std::vector<std::string> files;  // all that were to be read
  CheckSummary summary;
  PackedList<CheckResult> results;
  PackedList<CheckError> errors;
  PackedList<SkippedDocument> skipped;

  /// True if the result is one for which the run fails.
  bool Fails(const CheckResult& result) const;
  /// What the run exits with for what it found.
  ExitCode exit_code() const;
};

/// One way to print a report.
struct ReportFormat {
  std::string_view name;     // as `-o` takes it
  std::string_view summary;  // one line for the help
  void (*write)(const CheckReport& report, const Terminal& terminal, std::ostream& out);
};

/// All formats that there are.
const std::vector<ReportFormat>& ReportFormats();
/// Null if there is none of that name.
const ReportFormat* FindReportFormat(std::string_view name);

void WriteTextReport(const CheckReport& report, const Terminal& terminal, std::ostream& out);
void WriteJsonReport(const CheckReport& report, const Terminal& terminal, std::ostream& out);
void WriteSarifReport(const CheckReport& report, const Terminal& terminal, std::ostream& out);
void WriteJUnitReport(const CheckReport& report, const Terminal& terminal, std::ostream& out);
void WriteGitHubReport(const CheckReport& report, const Terminal& terminal, std::ostream& out);
void WriteGitLabReport(const CheckReport& report, const Terminal& terminal, std::ostream& out);
void WritePolicyReport(const CheckReport& report, const Terminal& terminal, std::ostream& out);
void WriteHtmlReport(const CheckReport& report, const Terminal& terminal, std::ostream& out);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_REPORTER_H_

#ifndef MOUNTGUARD_CLI_REPORT_REPORTER_H_
#define MOUNTGUARD_CLI_REPORT_REPORTER_H_

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "core/code_frame.h"
#include "core/source_pos.h"
#include "policy/finding.h"

namespace mountguard::cli {

/// One thing that `check` has to say, with everything that some format prints of it. Owns its text:
/// the document it speaks of is gone when it is printed.
struct CheckResult {
  std::string file;
  int document = 0;
  std::optional<int> item;
  core::SourcePos position;
  core::SourcePos definition;  // where the anchor stands, if the value came through one
  core::CodeFrame frame;
  std::optional<std::string> source;  // Helm's template

  std::string api_version;
  std::string kind;
  std::string namespace_name;
  std::string name;

  std::string template_path;  // "" for a Pod
  std::optional<std::string> container;
  std::optional<std::string> container_type;
  bool sidecar = false;
  std::optional<int> mount;
  std::optional<int> device;
  std::optional<std::string> volume;
  std::optional<std::string> mount_path;
  std::optional<std::string> mount_propagation;  // nothing: not set
  std::optional<std::string> cri;                // nothing: the mode is no mode

  std::string rule;
  policy::Origin origin = policy::Origin::kKubernetes;
  policy::ActionSet actions;
  std::string field;
  std::string error;  // Kubernetes' rules only
  std::string message;
  std::optional<std::string> exception;
  std::vector<std::string> undetermined;

  /// Speaks up: no exception spares it.
  bool stands() const { return !exception.has_value(); }
};

/// Something that could not be read.
struct CheckError {
  std::string file;
  int document = 0;
  core::SourcePos position;  // unknown where the whole file could not be read
  core::CodeFrame frame;
  std::string message;
};

/// A document that was left out, and why.
struct SkippedDocument {
  std::string file;
  int document = 0;
  core::SourcePos position;
  std::string reason;
};

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

/// What `check` found, in the order of the input.
struct CheckReport {
  CheckSummary summary;
  std::vector<CheckResult> results;
  std::vector<CheckError> errors;
  std::vector<SkippedDocument> skipped;
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

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_REPORTER_H_

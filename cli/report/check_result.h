#ifndef MOUNTGUARD_CLI_REPORT_CHECK_RESULT_H_
#define MOUNTGUARD_CLI_REPORT_CHECK_RESULT_H_

#include <optional>
#include <string>
#include <vector>

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
  /// What it comes to: Deny, Warn or Audit.
  policy::Action action() const { return actions.Strongest(); }
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

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_CHECK_RESULT_H_

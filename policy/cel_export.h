#ifndef MOUNTGUARD_POLICY_CEL_EXPORT_H_
#define MOUNTGUARD_POLICY_CEL_EXPORT_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/workload.h"
#include "policy/finding.h"
#include "policy/policy_set.h"
#include "policy/subject.h"

namespace mountguard::policy {

/// A CEL expression with a name: a variable or a match condition.
struct CelExpression {
  std::string name;
  std::string expression;
};

/// One rule as an entry of `validations`.
struct CelValidation {
  std::string rule;
  std::string expression;          // true where the rule finds nothing
  std::string message_expression;  // what the rule says of the first mount that it finds
  std::string message;             // for where that cannot be shown
};

/// A ValidatingAdmissionPolicy, and the validationActions of its binding. Every rule of it has
/// these actions, because a binding gives them to a policy as a whole.
struct CelPolicy {
  std::string suffix;  // of its name: "deny", "warn-audit"
  ActionSet actions;
  std::vector<CelExpression> match_conditions;
  std::vector<CelExpression> variables;
  std::vector<CelValidation> validations;
};

/// The resources of one API group that an exported policy judges, all of version v1.
struct CelResources {
  std::string group;
  std::vector<std::string> resources;
};

/// Something of the loaded policies that the exported ones do not say.
struct NotExported {
  std::string what;
  std::string reason;
};

struct CelExport {
  std::vector<CelResources> resources;
  std::vector<CelPolicy> policies;
  std::vector<NotExported> not_exported;
};

/// What an export is made of. All borrowed.
struct CelExportSource {
  const PolicySet& policies;
  std::string_view profile;              // one of the set's, or ""
  const core::WorkloadTable& workloads;  // the engine's
  const MetadataKeys& metadata_keys;     // the engine's
  core::WallTime now;                    // exceptions that have ended by then are left out for good
};

/// The rules of a profile as ValidatingAdmissionPolicies that an API server decides alike: they
/// hold for the same objects, with the same actions. A rule of which that cannot be said is not
/// among them but in `not_exported`, and so is all else that mountguard judges and they do not.
///
/// Two things are taken from the API server: an object has passed its own validation before any
/// policy is asked, and everything about the request is known.
CelExport ExportToCel(const CelExportSource& source);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_CEL_EXPORT_H_

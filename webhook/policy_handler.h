#ifndef MOUNTGUARD_WEBHOOK_POLICY_HANDLER_H_
#define MOUNTGUARD_WEBHOOK_POLICY_HANDLER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "policy/finding.h"
#include "webhook/policy_store.h"
#include "webhook/review_request.h"

namespace mountguard::webhook {

/// What came of the review of a ConfigMap, for the log and the metrics.
struct PolicyDecision {
  policy::Action action = policy::Action::kOff;
  std::string operation, uid, namespace_name, name, user;
  bool dry_run = false;
  bool labelled = false;  // else it was no ConfigMap of ours, and was not looked at
  std::size_t errors = 0;
  std::size_t warnings = 0;
};

/// Answers POST /validate-policy: content type and body in, status and body out; no I/O.
///
/// A ConfigMap that says it holds policies is refused if the server could not load them together
/// with those in force: its author reads key, line, column and message at `kubectl apply`, where a
/// server could only go on with the last good set. Everything else is allowed. Errors of the
/// protocol are answered as AdmissionHandler does. Thread-safe.
class PolicyHandler {
 public:
  struct Outcome {
    AdmissionReply reply;
    std::optional<PolicyDecision> decision;  // nothing: the reply is no review
  };

  /// Borrows the store and the clock. With an `enforcement` weaker than Deny a broken policy is
  /// warned of and allowed.
  PolicyHandler(const PolicyStore* policies, const core::Clock* clock, policy::Action enforcement);

  /// `body` may grow its capacity.
  Outcome Validate(std::string_view content_type, std::string& body) const;

 private:
  Outcome Judge(std::string& body) const;

  const PolicyStore* policies_;
  const core::Clock* clock_;
  policy::Action enforcement_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_POLICY_HANDLER_H_

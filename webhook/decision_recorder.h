#ifndef MOUNTGUARD_WEBHOOK_DECISION_RECORDER_H_
#define MOUNTGUARD_WEBHOOK_DECISION_RECORDER_H_

#include <chrono>

#include "webhook/admission_handler.h"
#include "webhook/http_exchange.h"
#include "webhook/log.h"
#include "webhook/metrics.h"
#include "webhook/policy_handler.h"

namespace mountguard::webhook {

/// Counts what was decided, and logs what matters of it: a line a decision, with the trace that the
/// API server sent, and never a body. Thread-safe.
class DecisionRecorder {
 public:
  /// Borrows both.
  DecisionRecorder(const Log& log, Metrics& metrics) : log_(log), metrics_(metrics) {}

  /// After AdmissionHandler::Validate, which answered with `status` and took `duration`.
  void Admission(const AdmissionScratch& scratch, int status, const HttpRequest& request,
                 std::chrono::nanoseconds duration) const;
  void PolicyReview(const PolicyDecision& decision, const HttpRequest& request) const;
  /// A request that was no review.
  void ProtocolError(int status, const HttpRequest& request) const;
  /// A client that may not ask; not logged, because everybody can cause it.
  void Unauthorized() const;

 private:
  void LogAdmission(const AdmissionScratch& scratch, policy::Action decision,
                    const HttpRequest& request) const;

  const Log& log_;
  Metrics& metrics_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_DECISION_RECORDER_H_

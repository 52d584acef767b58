#ifndef MOUNTGUARD_WEBHOOK_ADMISSION_HANDLER_H_
#define MOUNTGUARD_WEBHOOK_ADMISSION_HANDLER_H_

#include <memory>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/json_reader.h"
#include "policy/admission_review.h"
#include "policy/subject.h"
#include "policy/verdict.h"
#include "webhook/policy_store.h"
#include "webhook/review_request.h"

namespace mountguard::webhook {

/// What a thread keeps from one admission to the next, so that a warm one allocates little. After
/// Validate it holds what was found, for the log and the metrics, until the next one.
struct AdmissionScratch {
  /// Larger bodies give their memory back.
  static constexpr std::size_t kMaxKeptBytes = 1 << 20;

  core::JsonParser parser;
  std::shared_ptr<const PolicyGeneration> policies;
  policy::AdmissionReview review;
  policy::Subject subject;
  policy::Verdict verdict;
  bool reviewed = false;  // the three above speak of the last request: it was answered with 200
};

/// Answers POST /validate: content type and body in, status and body out; no I/O.
///
/// Every well-formed review gets 200 and a verdict; everything else a metav1.Status, whose message
/// is all that the API server's user gets to read. Whatever goes wrong inside becomes a 500 with a
/// Status, so that the failurePolicy decides. Thread-safe; a scratch belongs to one thread.
class AdmissionHandler {
 public:
  /// Borrows the store and the clock. No action of a finding is stronger than `enforcement`.
  AdmissionHandler(const PolicyStore* policies, const core::Clock* clock,
                   policy::Action enforcement);

  /// `profile` is what follows /validate/, "" if nothing does. `body` may grow its capacity.
  AdmissionReply Validate(std::string_view profile, std::string_view content_type,
                          std::string& body, AdmissionScratch* scratch) const;

 private:
  AdmissionReply Judge(std::string_view profile, std::string& body,
                       AdmissionScratch* scratch) const;

  const PolicyStore* policies_;
  const core::Clock* clock_;
  policy::Action enforcement_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_ADMISSION_HANDLER_H_

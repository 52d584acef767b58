#ifndef MOUNTGUARD_WEBHOOK_ADMISSION_RESPONSE_H_
#define MOUNTGUARD_WEBHOOK_ADMISSION_RESPONSE_H_

#include <string>
#include <string_view>

#include "core/json_writer.h"
#include "policy/admission_review.h"
#include "policy/subject.h"
#include "policy/verdict.h"

namespace mountguard::webhook {

/// The AdmissionReview that answers `review`, as JSON.
///
/// A denial is 422 Invalid with a cause a finding: that is the form that kubectl prints as
/// `The Pod "x" is invalid:` and a line for each; its message is complete in itself, because
/// controllers and `kubectl apply` of several objects show nothing else.
std::string EncodeResponse(const policy::AdmissionReview& review, const policy::Subject& subject,
                           const policy::Verdict& verdict, std::string_view policy_digest);

/// Opens the AdmissionReview that answers `review` and its `response`, up to `allowed`; the caller
/// goes on inside and closes both objects.
void BeginResponse(const policy::AdmissionReview& review, bool allowed, core::JsonWriter* json);

/// A metav1.Status, the one body of an HTTP error whose message the API server's user gets to read.
std::string EncodeStatus(int code, std::string_view message);

/// The values of the audit annotations; docs/operations.md explains them to their readers.
/// `cri-translation`: the mounts that are not plainly private, in compact JSON; "" where nothing
/// was judged. At most 10,000 bytes.
std::string CriTranslation(const policy::Subject& subject);
/// `findings`: "rule-id=StrongestAction", sorted, joined by commas. At most 2,000 bytes.
std::string FindingsAnnotation(const policy::Verdict& verdict);
/// `exceptions`: the names of those that spared a finding, sorted, joined by commas.
std::string ExceptionsAnnotation(const policy::Verdict& verdict);

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_ADMISSION_RESPONSE_H_

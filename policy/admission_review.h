#ifndef MOUNTGUARD_POLICY_ADMISSION_REVIEW_H_
#define MOUNTGUARD_POLICY_ADMISSION_REVIEW_H_

#include <string>
#include <string_view>

#include "core/json_reader.h"
#include "core/result.h"
#include "policy/subject.h"

namespace mountguard::policy {

/// A request of admission.k8s.io/v1 or v1beta1, whose shapes are the same. Borrowed from the parser
/// that read the body.
struct AdmissionReview {
  std::string_view api_version;  // the response must say the same
  std::string_view uid;
  core::GroupVersionKind kind;  // request.kind: the version that the webhook was registered for
  std::string_view name;
  std::string_view namespace_name;
  RequestFacts facts;      // user, groups, operation, subresource, dryRun, namespace, name
  core::JsonValue object;  // null or absent where the operation has none
  core::JsonValue old_object;
};

/// Reads a review. What makes it no review at all fails, in a sentence for the user whose request
/// it was: another kind or version, no request, no uid, a field of a wrong type. `object` and
/// `oldObject` are taken as they are: what is wrong with them is a matter of the verdict.
core::Result<AdmissionReview> DecodeAdmissionReview(core::JsonValue root);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADMISSION_REVIEW_H_

#ifndef MOUNTGUARD_WEBHOOK_POLICY_REVIEW_H_
#define MOUNTGUARD_WEBHOOK_POLICY_REVIEW_H_

#include <string>
#include <vector>

#include "core/clock.h"
#include "core/json_reader.h"
#include "policy/policy_loader.h"

namespace mountguard::webhook {

/// The label by which a ConfigMap says that it holds policies; its value must be "true".
inline constexpr std::string_view kPolicyLabel = "mountguard.io/policy";

/// Something to say of a ConfigMap with policies.
struct PolicyRemark {
  std::string field;    // "data[production.yaml]"; "data" where another file is the one that breaks
  std::string message;  // "line 5, column 3: unknown field ..."
};

/// What would become of the policies if the ConfigMap came to be.
struct PolicyReview {
  bool labelled = false;  // else it is none of our business, and nothing below is filled
  std::vector<PolicyRemark> errors;
  std::vector<PolicyRemark> warnings;
};

/// Judges a ConfigMap as it shall be and as it was; either may be absent.
///
/// Its keys that end in .yaml or .yml, those of binaryData too, are what the kubelet writes into
/// the policy directory. They are loaded by the server's own loader, together with the files in
/// force, without those that the ConfigMap takes the place of: files of one directory that have the
/// names of its old or new keys. Of several such directories, that whose files hold what the old
/// ConfigMap did; where even that leaves a choice, the ConfigMap is wrong only if it is so in every
/// place that it can have. `time` is what exceptions' expiry is held against.
PolicyReview ReviewPolicies(core::JsonValue object, core::JsonValue old_object,
                            const std::vector<policy::PolicyFile>& in_force, core::WallTime time);

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_POLICY_REVIEW_H_

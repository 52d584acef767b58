#ifndef MOUNTGUARD_POLICY_KUBERNETES_KUBERNETES_RULES_H_
#define MOUNTGUARD_POLICY_KUBERNETES_KUBERNETES_RULES_H_

#include <vector>

#include "policy/finding.h"
#include "policy/subject.h"

namespace mountguard::policy {

/// Says what the API server's own validation says of the mounts and devices of a pod template, to
/// the letter and in its order, and appends it to `findings` with the given index and actions.
///
/// `pod_template` must have been decoded without error. Containers that are not judged are not
/// spoken of. Total and thread-safe; where there is nothing to say of a pod of the usual size it
/// allocates nothing. Source: core/validation ValidatePodSpec, v1.36.
void CheckKubernetesRules(const JudgedTemplate& pod_template, int template_index, ActionSet actions,
                          std::vector<Finding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_KUBERNETES_RULES_H_

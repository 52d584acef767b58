#ifndef MOUNTGUARD_POLICY_ADVICE_PROPAGATION_IN_USER_NAMESPACE_H_
#define MOUNTGUARD_POLICY_ADVICE_PROPAGATION_IN_USER_NAMESPACE_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// propagation-in-user-namespace (docs/rules/propagation-in-user-namespace.md): Bidirectional in a
/// pod with hostUsers: false.
void CheckPropagationInUserNamespace(const AdviceContext& context,
                                     std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_PROPAGATION_IN_USER_NAMESPACE_H_

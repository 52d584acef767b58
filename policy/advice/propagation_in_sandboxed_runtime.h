#ifndef MOUNTGUARD_POLICY_ADVICE_PROPAGATION_IN_SANDBOXED_RUNTIME_H_
#define MOUNTGUARD_POLICY_ADVICE_PROPAGATION_IN_SANDBOXED_RUNTIME_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// propagation-in-sandboxed-runtime (docs/rules/propagation-in-sandboxed-runtime.md): a mode but
/// None in a pod whose RuntimeClass is, by its name, a sandbox that does not carry mounts.
void CheckPropagationInSandboxedRuntime(const AdviceContext& context,
                                        std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_PROPAGATION_IN_SANDBOXED_RUNTIME_H_

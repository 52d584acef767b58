#ifndef MOUNTGUARD_POLICY_ADVICE_PROPAGATION_IGNORED_ON_WINDOWS_H_
#define MOUNTGUARD_POLICY_ADVICE_PROPAGATION_IGNORED_ON_WINDOWS_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// propagation-ignored-on-windows (docs/rules/propagation-ignored-on-windows.md): a mode but None
/// in a pod that only Windows nodes can run.
void CheckPropagationIgnoredOnWindows(const AdviceContext& context,
                                      std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_PROPAGATION_IGNORED_ON_WINDOWS_H_

#ifndef MOUNTGUARD_POLICY_ADVICE_PROPAGATION_WITH_SUB_PATH_H_
#define MOUNTGUARD_POLICY_ADVICE_PROPAGATION_WITH_SUB_PATH_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// propagation-with-sub-path (docs/rules/propagation-with-sub-path.md): a mode but None on a mount
/// with subPath. The kubelet prepares the subPath with a bind mount that leaves out the mounts
/// below it, so those of that moment are missing.
void CheckPropagationWithSubPath(const AdviceContext& context,
                                 std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_PROPAGATION_WITH_SUB_PATH_H_

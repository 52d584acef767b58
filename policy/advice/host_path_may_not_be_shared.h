#ifndef MOUNTGUARD_POLICY_ADVICE_HOST_PATH_MAY_NOT_BE_SHARED_H_
#define MOUNTGUARD_POLICY_ADVICE_HOST_PATH_MAY_NOT_BE_SHARED_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// host-path-may-not-be-shared (docs/rules/host-path-may-not-be-shared.md): the mode needs a shared
/// (HostToContainer: or a slave) mount on the host, which only the node can tell.
void CheckHostPathMayNotBeShared(const AdviceContext& context,
                                 std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_HOST_PATH_MAY_NOT_BE_SHARED_H_

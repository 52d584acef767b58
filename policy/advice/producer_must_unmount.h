#ifndef MOUNTGUARD_POLICY_ADVICE_PRODUCER_MUST_UNMOUNT_H_
#define MOUNTGUARD_POLICY_ADVICE_PRODUCER_MUST_UNMOUNT_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// producer-must-unmount (docs/rules/producer-must-unmount.md): a container publishes mounts from
/// an emptyDir and has no preStop hook that would unmount them. What stays mounted keeps the
/// kubelet from removing the volume, and the pod Terminating.
void CheckProducerMustUnmount(const AdviceContext& context, std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_PRODUCER_MUST_UNMOUNT_H_

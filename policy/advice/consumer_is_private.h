#ifndef MOUNTGUARD_POLICY_ADVICE_CONSUMER_IS_PRIVATE_H_
#define MOUNTGUARD_POLICY_ADVICE_CONSUMER_IS_PRIVATE_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// consumer-is-private (docs/rules/consumer-is-private.md): a long-running container mounts,
/// without a mode, what another container of the pod publishes mounts into, and may start before
/// they are there. It never sees them.
void CheckConsumerIsPrivate(const AdviceContext& context, std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_CONSUMER_IS_PRIVATE_H_

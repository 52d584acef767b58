#ifndef MOUNTGUARD_POLICY_ADVICE_BIDIRECTIONAL_COVERS_OTHER_MOUNT_H_
#define MOUNTGUARD_POLICY_ADVICE_BIDIRECTIONAL_COVERS_OTHER_MOUNT_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// bidirectional-covers-other-mount (docs/rules/bidirectional-covers-other-mount.md): something
/// else is mounted at a path inside a Bidirectional mount. The runtime mounts it there, in a place
/// that the host shares, so it appears on the host: one more at each start of the container, and
/// the service-account token stays there after the pod is gone.
void CheckBidirectionalCoversOtherMount(const AdviceContext& context,
                                        std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_BIDIRECTIONAL_COVERS_OTHER_MOUNT_H_

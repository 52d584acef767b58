#ifndef MOUNTGUARD_POLICY_ADVICE_PROPAGATION_ON_PROJECTED_VOLUME_H_
#define MOUNTGUARD_POLICY_ADVICE_PROPAGATION_ON_PROJECTED_VOLUME_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// propagation-on-projected-volume (docs/rules/propagation-on-projected-volume.md): a mode but None
/// on a volume of files, in which nothing is ever mounted.
void CheckPropagationOnProjectedVolume(const AdviceContext& context,
                                       std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_PROPAGATION_ON_PROJECTED_VOLUME_H_

#ifndef MOUNTGUARD_POLICY_ADVICE_RUNTIME_CHANGES_PROPAGATION_H_
#define MOUNTGUARD_POLICY_ADVICE_RUNTIME_CHANGES_PROPAGATION_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// runtime-changes-propagation (docs/rules/runtime-changes-propagation.md): None, or no mode, on a
/// host path that holds the storage root of CRI-O or of Docker, which then mount it rslave.
void CheckRuntimeChangesPropagation(const AdviceContext& context,
                                    std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_RUNTIME_CHANGES_PROPAGATION_H_

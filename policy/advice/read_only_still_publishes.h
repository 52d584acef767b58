#ifndef MOUNTGUARD_POLICY_ADVICE_READ_ONLY_STILL_PUBLISHES_H_
#define MOUNTGUARD_POLICY_ADVICE_READ_ONLY_STILL_PUBLISHES_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// read-only-still-publishes (docs/rules/read-only-still-publishes.md): a Bidirectional mount is
/// readOnly, which keeps nobody from mounting over the directories in it.
void CheckReadOnlyStillPublishes(const AdviceContext& context,
                                 std::vector<AdviceFinding>* findings);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_READ_ONLY_STILL_PUBLISHES_H_

#ifndef MOUNTGUARD_POLICY_BLOCK_DOUBTS_H_
#define MOUNTGUARD_POLICY_BLOCK_DOUBTS_H_

#include <span>
#include <string_view>

#include "policy/block.h"

namespace mountguard::policy {

// What `policy lint` asks of a single block or condition. All are pure functions.

/// The block's condition on the field, or null. Lives as long as the block.
const Condition* FindCondition(const Block& block, BlockField field);

/// The first condition that asks for more than a finding of this scope knows, or null.
const Condition* ConditionBeyond(const Block& block, Scope scope);

/// True if the condition holds for some only, whom the author of a pod does not choose.
bool Confines(const Condition& condition);

/// True if the author of the patterns, of `users` or `groups`, has thought of controllers, which
/// are service accounts.
bool NamesControllers(const Condition& condition);

/// True unless the block asks for kinds and Pod is none of them.
bool CanBePod(const Block& block);

/// What one of Kubernetes' own rules refuses, as a block.
struct Refusal {
  std::string_view rule;
  Block block;
};

/// Where a rule of one's own says nothing new. A Bidirectional mount without privileged is not
/// among them: policies say that again on purpose, in words of their own.
std::span<const Refusal> Refusals();

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_BLOCK_DOUBTS_H_

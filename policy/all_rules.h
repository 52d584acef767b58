#ifndef MOUNTGUARD_POLICY_ALL_RULES_H_
#define MOUNTGUARD_POLICY_ALL_RULES_H_

#include <cstddef>
#include <string_view>

#include "policy/advice/advice.h"
#include "policy/finding.h"

namespace mountguard::policy {

/// One built-in rule. Its page is docs/rules/<id>.md.
struct RuleInfo {
  std::string_view id;
  Origin origin;
  Action default_action;
  std::string_view summary;  // one line: what it says, without a full stop
  std::string_view remedy;   // one sentence: what to do about a finding
  /// Advice only; Kubernetes' rules are checked together, in the API server's order.
  AdviceCheck check = nullptr;
};

// Ids of the rules of origin `input`: what the reader of manifests saw that the decoder would not.
inline constexpr std::string_view kDroppedDocument = "dropped-document";
inline constexpr std::string_view kDuplicateKey = "duplicate-key";

/// The built-in rules: explicit, because a rule that registered itself from a static library would
/// vanish at link time, and sorted by id.
class AllRules {
 public:
  static const RuleInfo* begin();
  static const RuleInfo* end();
  /// Null if no built-in rule has that id.
  static const RuleInfo* Find(std::string_view id);
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ALL_RULES_H_

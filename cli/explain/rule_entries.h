#ifndef MOUNTGUARD_CLI_EXPLAIN_RULE_ENTRIES_H_
#define MOUNTGUARD_CLI_EXPLAIN_RULE_ENTRIES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "cli/explain/explanation.h"

namespace mountguard::cli {

// What rules had to do with a pod, by rule: formats for people say it so. Borrowed from the pod.

/// What a rule had to do with several mounts alike.
struct RuleLine {
  const ExplainedRule* rule;
  std::vector<const ExplainedMount*> mounts;
};

/// All that is said of one rule.
struct RuleEntry {
  std::string rule;
  std::vector<RuleLine> lines;
};

struct RuleEntries {
  std::vector<RuleEntry> entries;  // in the order in which rules are first met
  std::size_t silent = 0;          // rules that have nothing to say of any mount
};

/// Mounts of which the same is said stand together. Host mounts that may not be shared are left
/// out where that rule is off: what a node says of them is told anyway.
RuleEntries ByRule(const ExplainedPod& pod);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_EXPLAIN_RULE_ENTRIES_H_

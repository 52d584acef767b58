#ifndef MOUNTGUARD_POLICY_TRACE_H_
#define MOUNTGUARD_POLICY_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/advice/advice.h"
#include "policy/all_rules.h"
#include "policy/block.h"
#include "policy/finding.h"
#include "policy/policy_set.h"
#include "policy/truth.h"

namespace mountguard::policy {

/// How one block came out.
struct BlockTrace {
  const Block* block = nullptr;
  Truth truth = false;
  /// What decided: the first condition that does not hold, or, where the block hangs on something
  /// unknown, the first that does. Null: all of them hold.
  const Condition* condition = nullptr;
  std::string wanted;  // the condition's value, as WantedText has it
  std::string found;   // what is there instead, as FoundText has it
};

/// How a rule of a policy came out for one mount.
enum class RuleOutcome : std::uint8_t {
  kNoMatch,         // no block of `match` holds
  kExcluded,        // it matches, and a block of `exclude` holds
  kRequirementMet,  // it matches, and a block of `require` holds
  kUndetermined,    // it hangs on something unknown
  kSpoke,
};
/// "no match", "excluded", "requirement met", "undetermined", "spoke".
std::string_view ToString(RuleOutcome outcome);

/// What was tried of a rule at one mount. Blocks stand in the order of the policy, as far as they
/// were tried: a list ends with its first block that holds, and what follows `match` is tried only
/// if that does not say no already.
struct RuleTrace {
  int template_index = 0;  // into Subject::templates
  int container = 0;       // into the template's PodSpecView::containers()
  int mount = 0;           // into the container's mounts
  const PolicyRule* rule = nullptr;
  RuleOutcome outcome = RuleOutcome::kNoMatch;
  std::vector<BlockTrace> match, exclude, require;
};

/// What a piece of built-in advice said of one template; of advice that is off, what it would say.
struct AdviceTrace {
  int template_index = 0;
  const RuleInfo* rule = nullptr;
  Action action = Action::kOff;
  std::vector<AdviceFinding> said;
};

/// An exception that names the rule of a finding.
struct ExceptionTrace {
  std::size_t finding = 0;  // into Verdict::findings
  const PolicyException* exception = nullptr;
  bool expired = false;           // nothing else was looked at
  std::vector<BlockTrace> match;  // as far as they were tried
};

/// Why a verdict is what it is: recorded by the engine while it judges, with the same steps, where
/// somebody hands it one. Borrows from the engine and its policies.
struct Trace {
  std::vector<RuleTrace> rules;  // for every mount that is judged every rule, in their order
  std::vector<AdviceTrace> advice;
  std::vector<ExceptionTrace> exceptions;

  void clear();
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_TRACE_H_

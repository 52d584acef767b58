#ifndef MOUNTGUARD_POLICY_VERDICT_H_
#define MOUNTGUARD_POLICY_VERDICT_H_

#include <string>
#include <string_view>
#include <vector>

#include "policy/finding.h"
#include "policy/subject.h"

namespace mountguard::policy {

/// What the engine has to say of one subject.
struct Verdict {
  /// Kubernetes' own in the API server's order, then policy rules, then advice, each in the order
  /// of template, container and mount. Excepted ones included.
  std::vector<Finding> findings;

  /// The strongest action of a finding that no exception spares and that hangs on nothing unknown;
  /// Off if there is none.
  Action Decision() const;
  void clear() { findings.clear(); }
};

/// "allow", "warn" or "deny": the decision in the words of the audit annotation. Audit is allow.
std::string_view DecisionWord(Action decision);

/// `container "agent"`, `init container "x"`: how sentences name a container; `containers[2]` where
/// it has no name.
std::string DescribeContainer(const core::ContainerView& container);

/// `container "agent", volume "h" at "/m"`: where a mount is, for sentences.
std::string DescribeMount(const core::ContainerView& container, const core::VolumeMount& mount);

/// `container "agent", volume "d" as device "/dev/xvda"`: the same for a block device.
std::string DescribeDevice(const core::ContainerView& container, const core::VolumeDevice& device);

/// The finding's message with its rule id behind it, as causes, warnings and logs carry it:
/// `... [bidirectional-requires-privileged]`.
std::string WithRuleId(const Finding& finding);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_VERDICT_H_

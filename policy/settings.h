#ifndef MOUNTGUARD_POLICY_SETTINGS_H_
#define MOUNTGUARD_POLICY_SETTINGS_H_

#include <string_view>
#include <vector>

#include "core/workload.h"
#include "policy/all_rules.h"
#include "policy/finding.h"
#include "policy/policy_set.h"

namespace mountguard::policy {

// What the policies of one profile say together of the built-in rules and of kinds. Of a setting
// that several of them give the strictest holds: a second file cannot disarm the first.

/// The policies of one profile, borrowed from their set.
using Policies = std::vector<const MountPolicy*>;
Policies PoliciesOf(const PolicySet& set, std::string_view profile);

/// What a finding of Kubernetes' own rules does.
Action KubernetesAction(const Policies& policies);
/// What a finding of an advice rule does; Off if the rule is not asked.
Action AdviceAction(const Policies& policies, const RuleInfo& rule);
/// Kinds with pod templates: the built-in ones and the policies'.
core::WorkloadTable WorkloadsOf(const Policies& policies);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_SETTINGS_H_

#include "policy/settings.h"

#include <algorithm>
#include <optional>

namespace mountguard::policy {
namespace {

/// The strictest of what policies say, or `fallback` where none says anything.
template <class Setting>
Action Strictest(const Policies& policies, Action fallback, const Setting& setting) {
  std::optional<Action> strictest;
  for (const MountPolicy* policy : policies) {
    const std::optional<Action> said = setting(*policy);
    if (said) strictest = std::max(*said, strictest.value_or(Action::kOff));
  }
  return strictest.value_or(fallback);
}

}  // namespace

Policies PoliciesOf(const PolicySet& set, std::string_view profile) {
  Policies policies;
  for (const MountPolicy& policy : set.policies()) {
    if (policy.IsIn(profile)) policies.push_back(&policy);
  }
  return policies;
}

Action KubernetesAction(const Policies& policies) {
  return Strictest(policies, Action::kDeny,
                   [](const MountPolicy& policy) { return policy.kubernetes_rules; });
}

Action AdviceAction(const Policies& policies, const RuleInfo& rule) {
  return Strictest(policies, rule.default_action,
                   [&rule](const MountPolicy& policy) -> std::optional<Action> {
                     for (const auto& [id, action] : policy.advice) {
                       if (id == rule.id) return action;
                     }
                     return std::nullopt;
                   });
}

core::WorkloadTable WorkloadsOf(const Policies& policies) {
  core::WorkloadTable workloads;
  for (const MountPolicy* policy : policies) {
    for (const CustomKind& kind : policy->pod_templates) {
      // The loader has tried it: it cannot fail here.
      static_cast<void>(workloads.Add(kind.group, kind.kind, kind.paths).has_value());
    }
  }
  return workloads;
}

}  // namespace mountguard::policy

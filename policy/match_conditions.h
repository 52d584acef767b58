#ifndef MOUNTGUARD_POLICY_MATCH_CONDITIONS_H_
#define MOUNTGUARD_POLICY_MATCH_CONDITIONS_H_

#include <string>
#include <vector>

#include "policy/cel_export.h"
#include "policy/engine.h"

namespace mountguard::policy {

/// `matchConditions` of a ValidatingWebhookConfiguration, and what there is to say about them.
struct MatchConditions {
  std::vector<CelExpression> conditions;
  std::vector<std::string> notes;
};

/// Conditions that spare the webhook objects of which no rule of `engine` can say anything,
/// excepted findings included, whatever the runtime.
///
/// Sound, not sharp: an object that is spared has no finding, but not every object without one is
/// spared. Of Kubernetes' own kinds it is taken that they decode and are valid: the API server
/// validates before it asks webhooks (k8s.io/apiserver v0.36
/// pkg/registry/generic/registry/store.go, create and Update). Of custom kinds nothing is taken,
/// and they are never spared. No condition fails on any object, and each stays within the cost that
/// the API server allows, because objects with very many containers, mounts or volumes are not
/// spared.
MatchConditions MatchConditionsOf(const Engine& engine);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_MATCH_CONDITIONS_H_

#ifndef MOUNTGUARD_POLICY_KUBERNETES_CLAIM_TEMPLATE_H_
#define MOUNTGUARD_POLICY_KUBERNETES_CLAIM_TEMPLATE_H_

#include "core/json_reader.h"

namespace mountguard::policy {

/// Whether an ephemeral volume's claim template, which CheckDecodes has accepted, is valid.
/// Source: core/validation ValidatePersistentVolumeClaimTemplate, v1.36.
bool IsValidClaimTemplate(core::JsonValue claim_template);

/// Source: apimachinery pkg/apis/meta/v1/validation ValidateLabelSelector, v0.36.
bool IsValidLabelSelector(core::JsonValue selector);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_CLAIM_TEMPLATE_H_

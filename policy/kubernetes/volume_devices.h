#ifndef MOUNTGUARD_POLICY_KUBERNETES_VOLUME_DEVICES_H_
#define MOUNTGUARD_POLICY_KUBERNETES_VOLUME_DEVICES_H_

#include "policy/kubernetes/container_scope.h"

namespace mountguard::policy {

/// Every block device of the container, one after the other.
/// Source: core/validation ValidateVolumeDevices, v1.36.
void CheckVolumeDevices(const ContainerScope& scope);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_VOLUME_DEVICES_H_

#ifndef MOUNTGUARD_POLICY_KUBERNETES_VOLUME_MOUNTS_H_
#define MOUNTGUARD_POLICY_KUBERNETES_VOLUME_MOUNTS_H_

#include "policy/kubernetes/container_scope.h"

namespace mountguard::policy {

/// Every mount of the container, one after the other.
/// Source: core/validation ValidateVolumeMounts, v1.36.
void CheckVolumeMounts(const ContainerScope& scope);

/// The sub paths of a debug container's mounts.
/// Source: core/validation validateEphemeralContainers, v1.36.
void CheckEphemeralSubPaths(const ContainerScope& scope);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_VOLUME_MOUNTS_H_

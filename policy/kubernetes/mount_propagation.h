#ifndef MOUNTGUARD_POLICY_KUBERNETES_MOUNT_PROPAGATION_H_
#define MOUNTGUARD_POLICY_KUBERNETES_MOUNT_PROPAGATION_H_

#include "core/pod_spec.h"
#include "policy/kubernetes/container_scope.h"

namespace mountguard::policy {

/// The mode is one that exists, and Bidirectional is a privileged container's.
/// Source: core/validation validateMountPropagation, v1.36.
void CheckMountPropagation(const core::VolumeMount& mount, const core::ContainerView& container,
                           const MountPlace& place);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_MOUNT_PROPAGATION_H_

#ifndef MOUNTGUARD_POLICY_KUBERNETES_RECURSIVE_READ_ONLY_H_
#define MOUNTGUARD_POLICY_KUBERNETES_RECURSIVE_READ_ONLY_H_

#include "core/pod_spec.h"
#include "policy/kubernetes/container_scope.h"

namespace mountguard::policy {

/// recursiveReadOnly has a value that exists, and stands with readOnly and without propagation.
/// Source: core/validation validateMountRecursiveReadOnly, v1.36.
void CheckRecursiveReadOnly(const core::VolumeMount& mount, const MountPlace& place);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_RECURSIVE_READ_ONLY_H_

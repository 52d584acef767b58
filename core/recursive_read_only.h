#ifndef MOUNTGUARD_CORE_RECURSIVE_READ_ONLY_H_
#define MOUNTGUARD_CORE_RECURSIVE_READ_ONLY_H_

#include "core/pod_spec.h"
#include "core/result.h"

namespace mountguard::core {

/// Whether the kubelet asks the runtime to mount `mount` recursively read-only; fails with the
/// kubelet's own error where it does not create the container. `supported` is what the runtime
/// says of itself: asked for with IfPossible, it is silently left out where it is not.
/// Source: pkg/kubelet resolveRecursiveReadOnly, v1.36.
Result<bool> ResolveRecursiveReadOnly(const VolumeMount& mount, bool supported);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_RECURSIVE_READ_ONLY_H_

#ifndef MOUNTGUARD_POLICY_KUBERNETES_VALID_VOLUMES_H_
#define MOUNTGUARD_POLICY_KUBERNETES_VALID_VOLUMES_H_

#include <string_view>

#include "core/pod_spec.h"
#include "core/text_map.h"
#include "policy/kubernetes/volume_source.h"

namespace mountguard::policy {

/// The volumes of a pod that exist for its mounts and devices: the valid ones, by name. A second
/// one of a name is invalid, so the first counts. Borrows the pod. Source: core/validation
/// ValidateVolumes, v1.36.
class ValidVolumes {
 public:
  ValidVolumes(const core::PodSpecView& pod, const VolumeOwner& owner) {
    for (const core::Volume& volume : pod.volumes()) {
      if (IsValid(volume, owner)) by_name_.Insert(volume.name, &volume);
    }
  }

  /// Null if there is none.
  const core::Volume* Find(std::string_view name) const {
    const core::Volume* const* found = by_name_.Find(name);
    return found == nullptr ? nullptr : *found;
  }

 private:
  core::TextMap<const core::Volume*> by_name_;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_VALID_VOLUMES_H_

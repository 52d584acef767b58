#include "policy/kubernetes/mount_propagation.h"

#include "core/cri.h"
#include "policy/kubernetes/rule_ids.h"

namespace mountguard::policy {

void CheckMountPropagation(const core::VolumeMount& mount, const core::ContainerView& container,
                           const MountPlace& place) {
  using core::MountPropagationMode;
  if (!mount.mount_propagation) return;
  const auto mode = core::MountPropagationModeFromText(*mount.mount_propagation);
  if (!mode) {
    place.SayWithoutIndex(
        kMountPropagationSupported, "mountPropagation",
        NotSupported(*mount.mount_propagation, {"Bidirectional", "HostToContainer", "None"}));
  } else if (*mode == MountPropagationMode::kBidirectional && !container.privileged) {
    place.SayWithoutIndex(
        kBidirectionalRequiresPrivileged, "mountPropagation",
        Forbidden("Bidirectional mount propagation is available only to privileged containers"));
  }
}

}  // namespace mountguard::policy

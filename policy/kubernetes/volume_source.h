#ifndef MOUNTGUARD_POLICY_KUBERNETES_VOLUME_SOURCE_H_
#define MOUNTGUARD_POLICY_KUBERNETES_VOLUME_SOURCE_H_

#include "core/json_reader.h"
#include "core/pod_spec.h"

namespace mountguard::policy {

/// What a volume's validity hangs on beside the volume itself.
struct VolumeOwner {
  bool is_pod = false;       // a Pod, not a template of one
  core::JsonValue metadata;  // of the Pod
};

/// Whether the API server finds nothing wrong with the volume alone: its name is a label, it has
/// exactly one source, and that source is valid after defaulting. Only such volumes exist for the
/// mounts; of several with one name the first counts.
///
/// As on create with the feature gates' defaults: clusterTrustBundle and podCertificate projections
/// are dropped before they are validated. Total; allocates for no hostPath, emptyDir, configMap,
/// secret and projected volume that is valid. Source: core/validation ValidateVolumes and
/// validateVolumeSource, v1.36.
bool IsValid(const core::Volume& volume, const VolumeOwner& owner);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_VOLUME_SOURCE_H_

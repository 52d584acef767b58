#ifndef MOUNTGUARD_POLICY_KUBERNETES_VOLUME_FILES_H_
#define MOUNTGUARD_POLICY_KUBERNETES_VOLUME_FILES_H_

#include "core/json_reader.h"

namespace mountguard::policy {

// Volume sources that hold files of the API's own. Each takes the source after CheckDecodes.

/// Source: core/validation validateConfigMapVolumeSource, v1.36.
bool IsValidConfigMap(core::JsonValue config_map);
/// Source: core/validation validateSecretVolumeSource, v1.36.
bool IsValidSecret(core::JsonValue secret);
/// Source: core/validation validateDownwardAPIVolumeSource, v1.36.
bool IsValidDownwardApi(core::JsonValue downward_api);
/// Source: core/validation validateProjectedVolumeSource, v1.36.
bool IsValidProjected(core::JsonValue projected);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_VOLUME_FILES_H_

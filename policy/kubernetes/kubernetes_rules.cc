#include "policy/kubernetes/kubernetes_rules.h"

#include <cstddef>

#include "policy/kubernetes/container_scope.h"
#include "policy/kubernetes/valid_volumes.h"
#include "policy/kubernetes/volume_devices.h"
#include "policy/kubernetes/volume_mounts.h"

namespace mountguard::policy {

void CheckKubernetesRules(const JudgedTemplate& pod_template, int template_index, ActionSet actions,
                          std::vector<Finding>* findings) {
  const core::PodSpecView& pod = pod_template.pod;
  const bool is_pod = pod_template.source.path.empty();
  const ValidVolumes volumes(pod, {is_pod, pod_template.source.metadata});
  for (std::size_t i = 0; i < pod.containers().size(); ++i) {
    const core::ContainerView& container = pod.containers()[i];
    if (!container.judged) continue;
    const ContainerScope scope{pod_template,        volumes, template_index,
                               static_cast<int>(i), actions, findings};
    CheckVolumeMounts(scope);
    CheckVolumeDevices(scope);
    if (container.type == core::ContainerType::kEphemeralContainer) CheckEphemeralSubPaths(scope);
  }
}

}  // namespace mountguard::policy

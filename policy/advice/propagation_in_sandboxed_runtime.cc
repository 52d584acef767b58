#include "policy/advice/propagation_in_sandboxed_runtime.h"

#include <fmt/format.h>

#include "policy/verdict.h"

namespace mountguard::policy {

void CheckPropagationInSandboxedRuntime(const AdviceContext& context,
                                        std::vector<AdviceFinding>* findings) {
  const auto sandbox = core::SandboxOfRuntimeClass(context.pod.runtime_class_name());
  if (!sandbox || context.pod.windows()) return;
  ForEachMount(context, [&](const MountSite& site) {
    if (!AsksForPropagation(site.mount)) return;
    const core::Volume* volume = context.graph.VolumeOf(site.mount);
    if (volume == nullptr || IsFilledWithFiles(volume->type)) return;
    findings->push_back(site.Says(fmt::format(
        "{}: RuntimeClass \"{}\" runs the pod in {}, which does not support {}: mounts do not pass "
        "between the container and the host; run the pod without that RuntimeClass, or remove "
        "mountPropagation",
        DescribeMount(site.container, site.mount), context.pod.runtime_class_name(), *sandbox,
        *site.mount.mount_propagation)));
  });
}

}  // namespace mountguard::policy

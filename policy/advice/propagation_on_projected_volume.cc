#include "policy/advice/propagation_on_projected_volume.h"

#include <fmt/format.h>

#include "policy/verdict.h"

namespace mountguard::policy {

void CheckPropagationOnProjectedVolume(const AdviceContext& context,
                                       std::vector<AdviceFinding>* findings) {
  if (context.pod.windows()) return;  // propagation-ignored-on-windows
  ForEachMount(context, [&](const MountSite& site) {
    if (!AsksForPropagation(site.mount)) return;
    const core::Volume* volume = context.graph.VolumeOf(site.mount);
    if (volume == nullptr || !IsFilledWithFiles(volume->type)) return;
    findings->push_back(site.Says(fmt::format(
        "{}: nothing is ever mounted inside a volume of type {}, so there is nothing for {} to "
        "propagate; remove mountPropagation from this mount",
        DescribeMount(site.container, site.mount), ToString(volume->type),
        *site.mount.mount_propagation)));
  });
}

}  // namespace mountguard::policy

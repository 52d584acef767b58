#include "policy/advice/read_only_still_publishes.h"

#include <fmt/format.h>

#include "policy/verdict.h"

namespace mountguard::policy {

void CheckReadOnlyStillPublishes(const AdviceContext& context,
                                 std::vector<AdviceFinding>* findings) {
  ForEachMount(context, [&](const MountSite& site) {
    if (!site.mount.read_only || !Publishes(site)) return;
    const core::Volume* volume = context.graph.VolumeOf(site.mount);
    if (!ModeMatters(context, volume)) return;
    findings->push_back(site.Says(fmt::format(
        "{}: readOnly does not keep the container from mounting over folders that are there, and "
        "the host sees those mounts {}; use HostToContainer if it only has to see mounts",
        DescribeMount(site.container, site.mount),
        WhereHostSeesIt(context.graph.PlaceOf(site.mount)))));
  });
}

}  // namespace mountguard::policy

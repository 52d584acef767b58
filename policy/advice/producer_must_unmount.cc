#include "policy/advice/producer_must_unmount.h"

#include <fmt/format.h>

#include <string_view>

#include "policy/verdict.h"

namespace mountguard::policy {
namespace {

std::string_view Remedy(const core::ContainerView& container) {
  return container.long_running()
             ? "unmount it in lifecycle.preStop, or be sure that the process does so on SIGTERM"
             : "unmount it before the container ends, for it cannot have a preStop hook, or "
               "publish "
               "from a sidecar that has one";
}

}  // namespace

void CheckProducerMustUnmount(const AdviceContext& context, std::vector<AdviceFinding>* findings) {
  ForEachMount(context, [&](const MountSite& site) {
    if (!Publishes(site) || site.container.has_pre_stop) return;
    const core::Volume* volume = context.graph.VolumeOf(site.mount);
    if (!ModeMatters(context, volume) || volume->type != core::VolumeType::kEmptyDir) return;
    findings->push_back(site.Says(fmt::format(
        "{}: what this container mounts in the emptyDir stays mounted on the host when it stops, "
        "and while it does the kubelet cannot remove the volume and the pod stays Terminating; {}",
        DescribeMount(site.container, site.mount), Remedy(site.container))));
  });
}

}  // namespace mountguard::policy

#include "policy/advice/propagation_in_user_namespace.h"

#include <fmt/format.h>

#include "policy/verdict.h"

namespace mountguard::policy {

void CheckPropagationInUserNamespace(const AdviceContext& context,
                                     std::vector<AdviceFinding>* findings) {
  if (context.pod.host_users()) return;
  ForEachMount(context, [&](const MountSite& site) {
    if (!Publishes(site)) return;
    if (!ModeMatters(context, context.graph.VolumeOf(site.mount))) return;
    findings->push_back(site.Says(fmt::format(
        "{}: with hostUsers: false it depends on the runtime whether what is mounted here reaches "
        "the host; rely on neither: use HostToContainer, or leave hostUsers out if this container "
        "has to publish mounts",
        DescribeMount(site.container, site.mount))));
  });
}

}  // namespace mountguard::policy

#include "policy/advice/propagation_ignored_on_windows.h"

#include <fmt/format.h>

#include "policy/verdict.h"

namespace mountguard::policy {

void CheckPropagationIgnoredOnWindows(const AdviceContext& context,
                                      std::vector<AdviceFinding>* findings) {
  if (!context.pod.windows()) return;
  ForEachMount(context, [&](const MountSite& site) {
    if (!AsksForPropagation(site.mount)) return;
    findings->push_back(site.Says(fmt::format(
        "{}: this pod runs on Windows nodes, where there is no mount propagation and the kubelet "
        "asks for PROPAGATION_PRIVATE whatever the mode; remove mountPropagation: {}",
        DescribeMount(site.container, site.mount), *site.mount.mount_propagation)));
  });
}

}  // namespace mountguard::policy

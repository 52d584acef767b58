#include "policy/advice/propagation_with_sub_path.h"

#include <fmt/format.h>

#include "policy/verdict.h"

namespace mountguard::policy {

void CheckPropagationWithSubPath(const AdviceContext& context,
                                 std::vector<AdviceFinding>* findings) {
  ForEachMount(context, [&](const MountSite& site) {
    if (!AsksForPropagation(site.mount)) return;
    if (!site.mount.has_sub_path()) return;
    const bool expression = site.mount.sub_path.empty();
    if (!ModeMatters(context, context.graph.VolumeOf(site.mount))) return;
    findings->push_back(site.Says(fmt::format(
        "{}: mounts that are below {} \"{}\" when the container is prepared are missing in it, and "
        "only later ones arrive; mount the whole volume, or a volume that begins there, instead of "
        "using {}",
        DescribeMount(site.container, site.mount), expression ? "subPathExpr" : "subPath",
        expression ? site.mount.sub_path_expr : site.mount.sub_path,
        expression ? "subPathExpr" : "subPath")));
  });
}

}  // namespace mountguard::policy

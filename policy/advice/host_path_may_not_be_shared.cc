#include "policy/advice/host_path_may_not_be_shared.h"

#include <fmt/format.h>

#include <string>

#include "policy/verdict.h"

namespace mountguard::policy {
namespace {

/// Where the host's mount begins is not known here.
constexpr std::string_view kSomewhere = "...";

std::string Sentence(const AdviceContext& context, const MountSite& site,
                     const VolumePlace& place) {
  const bool publishes = IsBidirectional(site.mount);
  const core::CriPropagation propagation =
      publishes ? core::CriPropagation::kBidirectional : core::CriPropagation::kHostToContainer;
  return fmt::format(
      "{}: {} needs the host's mount that holds \"{}\" to be {}; where it is not, the container "
      "does "
      "not start: {}; `mountguard node doctor {}` on the node says what it is there",
      DescribeMount(site.container, site.mount), *site.mount.mount_propagation, place.path,
      publishes ? "shared" : "shared or slave",
      core::NotSharedError(context.runtime, propagation, place.path, kSomewhere), place.path);
}

}  // namespace

void CheckHostPathMayNotBeShared(const AdviceContext& context,
                                 std::vector<AdviceFinding>* findings) {
  ForEachMount(context, [&](const MountSite& site) {
    if (!AsksForPropagation(site.mount)) return;
    if (site.mount.has_sub_path()) return;  // the kubelet's directory for it is shared
    const VolumePlace place = context.graph.PlaceOf(site.mount);
    if (!ModeMatters(context, place.volume) || !place.on_host()) return;
    findings->push_back(site.Says(Sentence(context, site, place)));
  });
}

}  // namespace mountguard::policy

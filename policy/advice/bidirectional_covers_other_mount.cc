#include "policy/advice/bidirectional_covers_other_mount.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "policy/verdict.h"

namespace mountguard::policy {
namespace {

bool IsToken(const EffectiveMount& mount) { return mount.path == kServiceAccountTokenPath; }

int Weight(const EffectiveMount& mount) {
  if (IsToken(mount)) return 2;
  return mount.source == MountSource::kPodSpec ? 1 : 0;
}

std::string Describe(const EffectiveMount& mount, const core::PodSpecView& pod) {
  if (mount.path == kServiceAccountTokenPath)
    return fmt::format("the service-account token at \"{}\"", mount.shown);
  if (mount.source != MountSource::kPodSpec) {
    return fmt::format("\"{}\", which {} mounts,", mount.shown, ToString(mount.source));
  }
  const core::ContainerView& container =
      pod.containers()[static_cast<std::size_t>(mount.container)];
  const auto& volume_mount = pod.Mounts(container)[static_cast<std::size_t>(mount.mount)];
  return fmt::format("volume \"{}\" at \"{}\"", volume_mount.name, mount.shown);
}

/// Where on the host the inner mount appears.
std::string WhereItAppears(const EffectiveMount& inner, std::string_view outer_path,
                           const VolumePlace& place) {
  if (!place.on_host() || !place.expression.empty()) return WhereHostSeesIt(place);
  const std::string_view rest = inner.path.substr(outer_path == "/" ? 0 : outer_path.size());
  return fmt::format("on the host at \"{}{}\"", place.path == "/" ? "" : place.path, rest);
}

std::string Sentence(const AdviceContext& context, const MountSite& site,
                     const EffectiveMount& inner, std::size_t others) {
  const std::string_view consequence =
      IsToken(inner)
          ? "is there for everybody who reads there, and stays after the pod is gone"
          : "is mounted there once more at each restart, and stays after the pod is gone";
  const std::string_view remedy = IsToken(inner) ? "or set automountServiceAccountToken: false"
                                                 : "or mount the other elsewhere";
  return fmt::format(
      "{}: {} lies inside this Bidirectional mount{}, so it appears {}, {}; publish only the "
      "folder "
      "that has to be seen, use HostToContainer, {}",
      DescribeMount(site.container, site.mount), Describe(inner, context.pod),
      others == 0 ? "" : fmt::format(" (and {} more)", others),
      WhereItAppears(inner, context.graph.PathOf(site.mount), context.graph.PlaceOf(site.mount)),
      consequence, remedy);
}

}  // namespace

void CheckBidirectionalCoversOtherMount(const AdviceContext& context,
                                        std::vector<AdviceFinding>* findings) {
  ForEachMount(context, [&](const MountSite& site) {
    if (!Publishes(site)) return;
    if (!ModeMatters(context, context.graph.VolumeOf(site.mount))) return;
    const std::vector<EffectiveMount> inside = context.graph.MountsInside(site.ref);
    if (inside.empty()) return;
    // The token is worse than a volume, and a volume is easier to mend than what others mount.
    const auto worst = std::max_element(
        inside.begin(), inside.end(),
        [](const EffectiveMount& a, const EffectiveMount& b) { return Weight(a) < Weight(b); });
    findings->push_back(site.Says(Sentence(context, site, *worst, inside.size() - 1)));
  });
}

}  // namespace mountguard::policy

#include "policy/advice/agent_mount_is_private.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "core/path.h"
#include "policy/verdict.h"

namespace mountguard::policy {
namespace {

/// Where the mounts of pods and of network namespaces appear. The folders of sockets beside them
/// (plugins, device-plugins, pod-resources) are deliberately not here, and neither are /proc, /run
/// and /sys: in real manifests a private mount of those was right in every case.
constexpr std::array<std::string_view, 3> kWatched = {"/", "/var/lib/kubelet", "/run/netns"};
constexpr std::string_view kPods = "/var/lib/kubelet/pods";

bool IsWatched(std::string_view host_path) {
  return std::find(kWatched.begin(), kWatched.end(), host_path) != kWatched.end() ||
         core::IsAtOrUnder(host_path, kPods);
}

/// A pod that ends by itself reads what is there and is gone before it could miss a mount.
bool RunsToCompletion(const AdviceContext& context) {
  const std::string_view kind = context.subject.object().kind;
  const std::string_view restart_policy = context.pod.restart_policy();
  return kind == "Job" || kind == "CronJob" || restart_policy == "Never" ||
         restart_policy == "OnFailure";
}

bool LooksOn(const core::ContainerView& container, const core::VolumeMount& mount) {
  return container.long_running() && !mount.mount_propagation && mount.read_only &&
         !mount.has_sub_path();
}

std::string Sentence(const MountSite& site, std::string_view host_path) {
  return fmt::format(
      "{}: mounts that appear below {} on the host after the container has started stay invisible "
      "to it; to see them set mountPropagation: HostToContainer, which needs that host mount to be "
      "shared, and files the container then keeps open there make the host's unmount fail as busy; "
      "set None to say that the private view is meant",
      DescribeMount(site.container, site.mount), host_path);
}

}  // namespace

bool IsPrivateAgentMount(const AdviceContext& context, const MountSite& site) {
  if (!LooksOn(site.container, site.mount)) return false;
  const VolumePlace place = context.graph.PlaceOf(site.mount);
  if (!place.on_host() || !IsWatched(place.path)) return false;
  if (!ModeMatters(context, place.volume) || RunsToCompletion(context)) return false;
  // Where the runtime makes it a slave the container does see them.
  return !core::TurnsPrivateIntoSlave(context.runtime, place.path);
}

void CheckAgentMountIsPrivate(const AdviceContext& context, std::vector<AdviceFinding>* findings) {
  ForEachMount(context, [&](const MountSite& site) {
    if (!IsPrivateAgentMount(context, site)) return;
    findings->push_back(site.Says(Sentence(site, context.graph.PlaceOf(site.mount).path)));
  });
}

}  // namespace mountguard::policy

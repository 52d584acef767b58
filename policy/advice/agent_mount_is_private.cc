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

bool IsPrivateView(const core::VolumeMount& mount) {
  return !mount.mount_propagation && mount.read_only && mount.sub_path.empty() &&
         mount.sub_path_expr.empty();
}

std::string Sentence(const core::ContainerView& container, const core::VolumeMount& mount,
                     std::string_view host_path) {
  return fmt::format(
      "{}: mounts that appear below {} on the host after the container has started stay invisible "
      "to it; to see them set mountPropagation: HostToContainer, which needs that host mount to be "
      "shared, and files the container then keeps open there make the host's unmount fail as busy; "
      "set None to say that the private view is meant",
      DescribeMount(container, mount), host_path);
}

}  // namespace

void CheckAgentMountIsPrivate(const AdviceContext& context, std::vector<AdviceFinding>* findings) {
  if (RunsToCompletion(context)) return;
  std::string storage;
  for (std::size_t c = 0; c < context.pod.containers().size(); ++c) {
    const core::ContainerView& container = context.pod.containers()[c];
    if (!container.judged || !container.long_running()) continue;
    const auto mounts = context.pod.Mounts(container);
    for (std::size_t m = 0; m < mounts.size(); ++m) {
      if (!IsPrivateView(mounts[m])) continue;
      const core::Volume* volume = context.pod.FindVolume(mounts[m].name);
      if (volume == nullptr || volume->host_path.empty()) continue;
      const std::string_view host_path = core::CleanPath(volume->host_path, &storage);
      if (!IsWatched(host_path)) continue;
      findings->push_back(
          {static_cast<int>(c), static_cast<int>(m), Sentence(container, mounts[m], host_path)});
    }
  }
}

}  // namespace mountguard::policy

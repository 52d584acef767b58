#include "policy/advice/consumer_is_private.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "policy/advice/agent_mount_is_private.h"
#include "policy/verdict.h"

namespace mountguard::policy {
namespace {

/// Folders of sockets in the kubelet's directory, wherever that is: who mounts one of them beside
/// the driver that publishes wants to talk to it, and is right to be private.
constexpr std::array<std::string_view, 4> kSocketFolders = {"plugins", "plugins_registry",
                                                            "device-plugins", "pod-resources"};

bool HoldsSockets(const VolumePlace& place) {
  std::string_view rest = place.on_host() ? place.path : "";
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('/'), rest.size());
    const std::string_view component = rest.substr(0, end);
    if (std::find(kSocketFolders.begin(), kSocketFolders.end(), component) !=
        kSocketFolders.end()) {
      return true;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return false;
}

std::string Sentence(const MountSite& site, const MountRef& publisher,
                     const core::PodSpecView& pod) {
  const auto& other = pod.containers()[static_cast<std::size_t>(publisher.container)];
  const auto& published = pod.Mounts(other)[static_cast<std::size_t>(publisher.mount)];
  return fmt::format(
      "{}: {} publishes mounts into the same place (Bidirectional at \"{}\") and may do so after "
      "this container has started, which then never sees them; set mountPropagation: "
      "HostToContainer, or None to say that the private view is meant",
      DescribeMount(site.container, site.mount), DescribeContainer(other), published.mount_path);
}

}  // namespace

void CheckConsumerIsPrivate(const AdviceContext& context, std::vector<AdviceFinding>* findings) {
  ForEachMount(context, [&](const MountSite& site) {
    if (site.mount.mount_propagation || !site.container.long_running()) return;
    const auto publisher = context.graph.LatePublisherInto(site.ref);
    if (!publisher || HoldsSockets(context.graph.PlaceOf(site.mount))) return;
    if (!ModeMatters(context, context.graph.VolumeOf(site.mount))) return;
    if (context.graph.PropagationOf(site.mount) != core::CriPropagation::kPrivate) return;
    if (IsPrivateAgentMount(context, site)) return;  // agent-mount-is-private says the same
    findings->push_back(site.Says(Sentence(site, *publisher, context.pod)));
  });
}

}  // namespace mountguard::policy

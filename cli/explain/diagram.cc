#include "cli/explain/diagram.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "cli/explain/wording.h"

namespace mountguard::cli {
namespace {

using PartyKind = ExplainedParty::Kind;

Flow FlowOf(const ExplainedEdge& edge) {
  return edge.sight == "live" ? Flow::kLive : Flow::kAtStart;
}

/// What reaches a mount, and what leaves it.
struct MountFlow {
  Flow in = Flow::kNone;         // from the host or from others who mount the same
  Flow from_host = Flow::kNone;  // of that, what the host makes
  Flow out = Flow::kNone;
  bool to_other_pods = false;
};

std::vector<MountFlow> FlowsOf(const ExplainedPod& pod) {
  std::vector<MountFlow> flows(pod.mounts.size());
  for (const ExplainedEdge& edge : pod.edges) {
    if (edge.to.kind == PartyKind::kMount) {
      MountFlow& to = flows[static_cast<std::size_t>(edge.to.mount)];
      to.in = std::max(to.in, FlowOf(edge));
      if (edge.from.kind == PartyKind::kHost) to.from_host = std::max(to.from_host, FlowOf(edge));
    }
    if (edge.from.kind == PartyKind::kMount) {
      MountFlow& from = flows[static_cast<std::size_t>(edge.from.mount)];
      from.out = Flow::kLive;
      if (edge.to.kind == PartyKind::kOtherPods) from.to_other_pods = true;
    }
  }
  return flows;
}

class DiagramMaker {
 public:
  DiagramMaker(const ExplainedPod& pod, const std::string& prefix)
      : pod_(pod), prefix_(prefix), flows_(FlowsOf(pod)) {}

  Diagram Make() {
    diagram_.title = ObjectText(pod_);
    AddContainers();
    AddVolumes();
    AddHost();
    AddOverlaps();
    std::move(containers_.begin(), containers_.end(), std::back_inserter(diagram_.nodes));
    return std::move(diagram_);
  }

 private:
  std::string Id(std::string_view kind, std::size_t number) const {
    return fmt::format("{}{}{}", prefix_, kind, number);
  }
  std::string HostId() const { return prefix_ + "host"; }
  std::string OtherPodsId() const { return prefix_ + "others"; }

  void AddContainers() {
    std::vector<std::size_t> order(pod_.containers.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[static_cast<std::size_t>(pod_.containers[i].start - 1)] = i;
    }
    for (const std::size_t index : order) {
      const ExplainedContainer& container = pod_.containers[index];
      DiagramNode node = {DiagramNode::Kind::kContainer,
                          Id("container", index),
                          ContainerText(container),
                          container.privileged ? "privileged" : "",
                          {}};
      for (std::size_t i = 0; i < pod_.mounts.size(); ++i) {
        const ExplainedMount& mount = pod_.mounts[i];
        if (static_cast<std::size_t>(mount.container) != index) continue;
        node.mounts.push_back({Id("mount", i), mount.mount_path, ModeText(mount), i});
        mounts_in_order_.push_back(i);
      }
      if (!node.mounts.empty()) containers_.push_back(std::move(node));
    }
  }

  /// In the order in which they are first mounted, so that few lines cross.
  void AddVolumes() {
    for (const std::size_t i : mounts_in_order_) {
      const std::size_t volume = VolumeOf(pod_.mounts[i]);
      if (volume == pod_.volumes.size()) continue;
      if (std::find(drawn_.begin(), drawn_.end(), volume) == drawn_.end()) {
        drawn_.push_back(volume);
      }
      diagram_.lines.push_back({Id("volume", volume), Id("mount", i), flows_[i].in, flows_[i].out});
    }
    for (const std::size_t index : drawn_) {
      const ExplainedVolume& volume = pod_.volumes[index];
      diagram_.nodes.push_back({DiagramNode::Kind::kVolume,
                                Id("volume", index),
                                volume.name,
                                volume.host_path.empty() ? volume.type : volume.host_path,
                                {}});
    }
  }

  /// The place of the mount's volume; the end if the pod has none of that name.
  std::size_t VolumeOf(const ExplainedMount& mount) const {
    const auto found =
        std::find_if(pod_.volumes.begin(), pod_.volumes.end(),
                     [&mount](const ExplainedVolume& one) { return one.name == mount.volume; });
    return static_cast<std::size_t>(found - pod_.volumes.begin());
  }

  void AddHost() {
    bool others = false;
    bool host = false;
    for (const std::size_t volume : drawn_) {
      Flow in = Flow::kNone, out = Flow::kNone;
      bool to_others = false;
      for (std::size_t i = 0; i < pod_.mounts.size(); ++i) {
        if (VolumeOf(pod_.mounts[i]) != volume) continue;
        in = std::max(in, flows_[i].from_host);
        out = std::max(out, flows_[i].out);
        to_others = to_others || flows_[i].to_other_pods;
      }
      if (to_others) {
        diagram_.lines.push_back({OtherPodsId(), Id("volume", volume), Flow::kNone, Flow::kLive});
      }
      others = others || to_others;
      const bool on_host = !pod_.volumes[volume].host_path.empty();
      if (!on_host && in == Flow::kNone && out == Flow::kNone) continue;
      host = true;
      diagram_.lines.push_back({HostId(), Id("volume", volume), in, out});
    }
    auto at = diagram_.nodes.begin();
    if (others) {
      at = diagram_.nodes.insert(
          at, {DiagramNode::Kind::kOtherPods, OtherPodsId(), "other pods", "on the same node", {}});
    }
    if (host) diagram_.nodes.insert(at, {DiagramNode::Kind::kHost, HostId(), "host", "", {}});
  }

  void AddOverlaps() {
    std::set<std::pair<std::size_t, std::size_t>> seen;
    for (const ExplainedEdge& edge : pod_.edges) {
      if (edge.from.kind != PartyKind::kMount || edge.to.kind != PartyKind::kMount) continue;
      const auto [first, second] =
          std::minmax({VolumeOf(pod_.mounts[static_cast<std::size_t>(edge.from.mount)]),
                       VolumeOf(pod_.mounts[static_cast<std::size_t>(edge.to.mount)])});
      if (first == second || !seen.emplace(first, second).second) continue;
      diagram_.overlaps.push_back({Id("volume", first), Id("volume", second)});
    }
  }

  const ExplainedPod& pod_;
  const std::string& prefix_;
  const std::vector<MountFlow> flows_;
  std::vector<DiagramNode> containers_;
  std::vector<std::size_t> mounts_in_order_;
  std::vector<std::size_t> drawn_;  // volumes
  Diagram diagram_;
};

}  // namespace

std::string_view ToString(Flow flow) {
  constexpr std::array<std::string_view, 3> kFlows = {"none", "at-start", "live"};
  return kFlows[static_cast<std::size_t>(flow)];
}

Diagram MakeDiagram(const ExplainedPod& pod, const std::string& prefix) {
  return DiagramMaker(pod, prefix).Make();
}

}  // namespace mountguard::cli

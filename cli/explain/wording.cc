#include "cli/explain/wording.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "core/pod_spec.h"
#include "policy/advice/advice.h"
#include "policy/block.h"
#include "policy/verdict.h"

namespace mountguard::cli {
namespace {

using core::PodSpecView;
using policy::EdgeReason;
using policy::MountRef;
using policy::Party;
using policy::PropagationEdge;
using policy::PropagationGraph;
using policy::Sight;

const core::ContainerView& ContainerAt(const PodSpecView& pod, const MountRef& ref) {
  return pod.containers()[static_cast<std::size_t>(ref.container)];
}

const core::VolumeMount& MountAt(const PodSpecView& pod, const MountRef& ref) {
  return pod.Mounts(ContainerAt(pod, ref))[static_cast<std::size_t>(ref.mount)];
}

std::string NameOf(const PodSpecView& pod, const MountRef& ref) {
  return policy::DescribeContainer(ContainerAt(pod, ref));
}

/// `container "agent" sees at /m`.
std::string SeesAt(const PodSpecView& pod, const MountRef& ref) {
  return fmt::format("{} sees at {}", NameOf(pod, ref), MountAt(pod, ref).mount_path);
}

/// `container "agent" makes at /m`.
std::string MakesAt(const PodSpecView& pod, const MountRef& ref) {
  return fmt::format("{} makes at {}", NameOf(pod, ref), MountAt(pod, ref).mount_path);
}

/// Why two mounts of one pod have to do with each other.
std::string Because(const PodSpecView& pod, PropagationGraph* graph, const PropagationEdge& edge) {
  const policy::VolumePlace from = graph->PlaceOf(MountAt(pod, edge.publisher.mount));
  const policy::VolumePlace to = graph->PlaceOf(MountAt(pod, edge.subscriber.mount));
  if (edge.reason == EdgeReason::kSameVolume) return fmt::format("volume \"{}\"", to.volume->name);
  switch (policy::Compare(from, to)) {
    case policy::Overlap::kHolds:
      return fmt::format("{} holds {} on the host", from.path, to.path);
    case policy::Overlap::kIsInside:
      return fmt::format("{} lies in {} on the host", from.path, to.path);
    default:
      return fmt::format("both are {} on the host", to.path);
  }
}

std::string BetweenMounts(const PodSpecView& pod, PropagationGraph* graph,
                          const PropagationEdge& edge) {
  const std::string sees = SeesAt(pod, edge.subscriber.mount);
  const std::string makes = MakesAt(pod, edge.publisher.mount);
  const std::string because = Because(pod, graph, edge);
  switch (edge.sight) {
    case Sight::kLive:
      return fmt::format("{} each mount that {}, as soon as it is made ({})", sees, makes, because);
    case Sight::kFromStart:
      return fmt::format("{} the mounts that {} when it starts, which is before; no later one ({})",
                         sees, makes, because);
    case Sight::kAtStart:
      return fmt::format(
          "{} only those mounts that {} and that happen to be there when it starts; no later one "
          "({})",
          sees, makes, because);
  }
  return sees;
}

/// What a mount of a host path with subPath depends on: what the kubelet binds has nothing to do
/// with a host mount that is private, and the container starts all the same.
std::string Provided(PropagationGraph* graph, const MountRef& ref, std::string_view propagation) {
  const core::VolumeMount& mount = MountAt(graph->pod(), ref);
  if (!mount.has_sub_path() || !graph->PlaceOf(mount).on_host()) return "";
  return fmt::format(", if the host's mount there is {}", propagation);
}

std::string FromHost(const PodSpecView& pod, PropagationGraph* graph, const PropagationEdge& edge) {
  const MountRef& ref = edge.subscriber.mount;
  const std::string where = policy::WhereHostSeesIt(graph->PlaceOf(MountAt(pod, ref)));
  if (edge.sight == Sight::kLive) {
    return fmt::format("{} each mount that appears {}, as soon as it is made{}", SeesAt(pod, ref),
                       where, Provided(graph, ref, "shared or slave"));
  }
  return fmt::format("{} the mounts that are {} when it starts, and no later one", SeesAt(pod, ref),
                     where);
}

}  // namespace

std::string_view ToString(ExplainedRule::Outcome outcome) {
  constexpr std::array<std::string_view, 8> kOutcomes = {
      "spoke",    "excepted", "undetermined",    "off",
      "no match", "excluded", "requirement met", "silent"};
  return kOutcomes[static_cast<std::size_t>(outcome)];
}

std::string ObjectText(const ExplainedPod& pod) {
  return fmt::format("{} {}{}{}{}{}", pod.kind, pod.namespace_name,
                     pod.namespace_name.empty() ? "" : "/", pod.name,
                     pod.template_path.empty() ? "" : ", ", pod.template_path);
}

std::string ContainerText(const ExplainedContainer& container) {
  if (container.sidecar) return container.name + " (sidecar)";
  if (container.type == ToString(core::ContainerType::kInitContainer)) {
    return container.name + " (init)";
  }
  if (container.type == ToString(core::ContainerType::kEphemeralContainer)) {
    return container.name + " (ephemeral)";
  }
  return container.name;
}

std::string AddedText(const ExplainedContainer& container) {
  std::vector<std::pair<std::string_view, std::string>> by;
  for (const AddedMount& added : container.added) {
    auto group = std::find_if(by.begin(), by.end(),
                              [&added](const auto& one) { return one.first == added.by; });
    if (group == by.end()) group = by.insert(group, {added.by, ""});
    group->second += (group->second.empty() ? "" : ", ") + added.path;
  }
  std::string text;
  for (const auto& [who, paths] : by) {
    text += fmt::format("{}{} by {}", text.empty() ? "" : "; ", paths, who);
  }
  return text;
}

std::string ModeText(const ExplainedMount& mount) { return mount.mode.value_or("not set"); }

std::string DeviationText(const ExplainedMount& mount) {
  std::vector<std::string_view> who;
  std::string_view option;
  for (const RuntimeFate& fate : mount.runtimes) {
    if (!fate.changed) continue;
    who.push_back(fate.runtime);
    option = fate.oci;
  }
  if (who.empty()) return "";
  return fmt::format("{} {} it {} instead of {}, for the path holds, or lies in, {} storage",
                     fmt::join(who, " and "), who.size() == 1 ? "mounts" : "mount", option,
                     mount.oci.value_or(""), who.size() == 1 ? "its" : "their");
}

std::string FailureHead(const NodeFailure& failure) {
  return fmt::format("{}, {} {}", failure.when, fmt::join(failure.by, " and "),
                     failure.by.size() == 1 ? "says" : "say");
}

std::string FailureText(const NodeFailure& failure) {
  return FailureHead(failure) + ": " + failure.text;
}

std::string OutcomeText(const ExplainedRule& rule) {
  switch (rule.outcome) {
    case ExplainedRule::Outcome::kSpoke:
      return fmt::format("{} ({})", ToString(rule.outcome), ToString(rule.action));
    case ExplainedRule::Outcome::kExcepted:
      return fmt::format("excepted by {}", rule.exception);
    case ExplainedRule::Outcome::kOff:
      return "off, would speak";
    default:
      return std::string(ToString(rule.outcome));
  }
}

std::string EdgeSentence(const PodSpecView& pod, PropagationGraph* graph,
                         const PropagationEdge& edge) {
  if (edge.publisher.kind == Party::Kind::kHost) return FromHost(pod, graph, edge);
  const MountRef& from = edge.publisher.mount;
  switch (edge.subscriber.kind) {
    case Party::Kind::kHost:
      return fmt::format("each mount that {} appears {}{}", MakesAt(pod, from),
                         policy::WhereHostSeesIt(graph->PlaceOf(MountAt(pod, from))),
                         Provided(graph, from, "shared"));
    case Party::Kind::kOtherPods:
      return fmt::format(
          "each mount that {} appears in other pods that mount {} or a folder around it with a "
          "mode{}",
          MakesAt(pod, from), graph->PlaceOf(MountAt(pod, from)).path,
          Provided(graph, from, "shared"));
    case Party::Kind::kMount:
      break;
  }
  return BetweenMounts(pod, graph, edge);
}

std::string BlockSentence(const std::string& list, std::size_t number,
                          const policy::BlockTrace& block) {
  const std::string name = fmt::format("{}[{}]", list, number);
  if (block.truth.IsTrue()) return name + " holds";
  const std::string_view field = policy::InfoOf(block.condition->field).name;
  return fmt::format("{} {}: {} is {}, wanted {}", name,
                     block.truth.IsFalse() ? "fails" : "is undetermined", field, block.found,
                     block.wanted);
}

}  // namespace mountguard::cli

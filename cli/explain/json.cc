#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "cli/explain/explanation.h"
#include "cli/json_output.h"

namespace mountguard::cli {
namespace {

template <class T, class Convert>
Json ArrayOf(const std::vector<T>& elements, const Convert& convert) {
  Json array = Json::array();
  for (const T& element : elements) array.push_back(convert(element));
  return array;
}

Json TextOrNull(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json RuleJson(const ExplainedRule& rule) {
  return {{"rule", rule.rule},
          {"origin", ToString(rule.origin)},
          {"action", ToString(rule.action)},
          {"outcome", ToString(rule.outcome)},
          {"message", TextOrNull(rule.message)},
          {"exception", TextOrNull(rule.exception)},
          {"why", rule.why}};
}

Json RuntimeJson(const RuntimeFate& fate) {
  return {{"runtime", fate.runtime},
          {"oci", fate.oci},
          {"kernel", fate.kernel},
          {"changed", fate.changed}};
}

Json FailureJson(const NodeFailure& failure) {
  return {{"by", failure.by}, {"when", failure.when}, {"text", failure.text}};
}

/// Where a pod stands: what its mounts, which are listed apart, are found by.
Json PlaceJson(const ExplainedPod& pod) {
  return {{"file", pod.file},         {"document", pod.document},
          {"item", OrNull(pod.item)}, {"apiVersion", pod.api_version},
          {"kind", pod.kind},         {"namespace", pod.namespace_name},
          {"name", pod.name},         {"template", pod.template_path}};
}

Json MountJson(const ExplainedPod& pod, const ExplainedMount& mount) {
  const ExplainedContainer& container = pod.ContainerOf(mount);
  return {
      {"file", pod.file},
      {"document", pod.document},
      {"item", OrNull(pod.item)},
      {"line", mount.position.line},
      {"column", mount.position.column},
      {"apiVersion", pod.api_version},
      {"kind", pod.kind},
      {"namespace", pod.namespace_name},
      {"name", pod.name},
      {"template", pod.template_path},
      {"container", container.name},
      {"containerType", container.type},
      {"sidecar", container.sidecar},
      {"mount", mount.mount},
      {"volume", mount.volume},
      {"mountPath", mount.mount_path},
      {"mountPropagation", OrNull(mount.mode)},
      {"cri", OrNull(mount.cri)},
      {"oci", OrNull(mount.oci)},
      {"kernel", OrNull(mount.kernel)},
      {"error", OrNull(mount.error)},
      {"hostPath", OrNull(mount.place)},
      {"subPath", TextOrNull(mount.sub_path)},
      {"readOnly", mount.read_only},
      {"recursiveReadOnly", OrNull(mount.recursive_read_only)},
      {"runtimes", ArrayOf(mount.runtimes, RuntimeJson)},
      {"failures", ArrayOf(mount.failures, FailureJson)},
      {"rules", ArrayOf(mount.rules, RuleJson)},
  };
}

Json ContainerJson(const ExplainedContainer& container) {
  return {{"name", container.name},
          {"type", container.type},
          {"sidecar", container.sidecar},
          {"privileged", container.privileged},
          {"start", container.start},
          {"added", ArrayOf(container.added, [](const AddedMount& added) -> Json {
             return {{"mountPath", added.path}, {"by", added.by}};
           })}};
}

Json VolumeJson(const ExplainedVolume& volume) {
  return {{"name", volume.name}, {"type", volume.type}, {"hostPath", TextOrNull(volume.host_path)}};
}

Json PartyJson(const ExplainedPod& pod, const ExplainedParty& party) {
  if (party.kind == ExplainedParty::Kind::kHost) return {{"kind", "host"}};
  if (party.kind == ExplainedParty::Kind::kOtherPods) return {{"kind", "other-pods"}};
  const ExplainedMount& mount = pod.mounts[static_cast<std::size_t>(party.mount)];
  return {{"kind", "mount"},
          {"container", pod.ContainerOf(mount).name},
          {"mount", mount.mount},
          {"mountPath", mount.mount_path}};
}

Json PodJson(const ExplainedPod& pod) {
  Json json = PlaceJson(pod);
  json["judged"] = pod.judged;
  json["containers"] = ArrayOf(pod.containers, ContainerJson);
  json["volumes"] = ArrayOf(pod.volumes, VolumeJson);
  json["edges"] = ArrayOf(pod.edges, [&pod](const ExplainedEdge& edge) -> Json {
    return {{"from", PartyJson(pod, edge.from)},
            {"to", PartyJson(pod, edge.to)},
            {"sight", edge.sight},
            {"reason", edge.reason},
            {"sentence", edge.sentence}};
  });
  json["notes"] = pod.notes;
  json["rules"] = ArrayOf(pod.rules, RuleJson);
  return json;
}

}  // namespace

void WriteJsonExplanation(const Explanation& explanation, const Terminal&, std::ostream& out) {
  Json mounts = Json::array();
  for (const ExplainedPod& pod : explanation.pods) {
    for (const ExplainedMount& mount : pod.mounts) mounts.push_back(MountJson(pod, mount));
  }
  WriteJson(
      {{"apiVersion", "mountguard.io/v1"},
       {"kind", "ExplainReport"},
       {"runtime", explanation.runtime},
       {"policy", explanation.policy_digest},
       {"mounts", std::move(mounts)},
       {"pods", ArrayOf(explanation.pods, PodJson)},
       {"errors", ArrayOf(explanation.errors,
                          [](const Unexplained& one) {
                            return ErrorJson(one.file, one.document, one.position, one.message);
                          })},
       {"skipped", ArrayOf(explanation.skipped,
                           [](const Unexplained& one) {
                             return SkippedJson(one.file, one.document, one.position, one.message);
                           })}},
      out);
}

}  // namespace mountguard::cli

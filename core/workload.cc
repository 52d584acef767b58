#include "core/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace mountguard::core {
namespace {

constexpr std::string_view kEach = "[*]";

/// Kubernetes' own kinds first. The others' paths are those of their published types; docs/kinds.md
/// names the versions. Kinds whose templates are only laid over what an operator makes (Flink, ECK)
/// are not here: such a fragment is no pod, and would be found wanting what the operator adds.
std::vector<Workload> BuiltInWorkloads() {
  const auto own = [](std::string group, std::string kind, std::string path) {
    const bool claims = kind == "StatefulSet";
    return Workload{std::move(group), std::move(kind), {std::move(path)}, true, claims};
  };
  const auto custom = [](std::string group, std::string kind, std::vector<std::string> paths) {
    return Workload{std::move(group), std::move(kind), std::move(paths)};
  };
  constexpr const char* kJobMetric = "spec.metrics[*].provider.job.spec.template";
  constexpr const char* kReplicatedJob =
      "spec.template.spec.replicatedJobs[*].template.spec.template";
  return {
      own("", "Pod", ""),
      own("", "PodTemplate", "template"),
      own("", "ReplicationController", "spec.template"),
      own("apps", "DaemonSet", "spec.template"),
      own("apps", "Deployment", "spec.template"),
      own("apps", "ReplicaSet", "spec.template"),
      own("apps", "StatefulSet", "spec.template"),
      own("batch", "CronJob", "spec.jobTemplate.spec.template"),
      own("batch", "Job", "spec.template"),
      own("extensions", "DaemonSet", "spec.template"),
      own("extensions", "Deployment", "spec.template"),
      own("extensions", "ReplicaSet", "spec.template"),

      custom("actions.github.com", "AutoscalingRunnerSet", {"spec.template"}),
      custom("actions.github.com", "EphemeralRunner", {"spec"}),
      custom("actions.github.com", "EphemeralRunnerSet", {"spec.ephemeralRunnerSpec"}),
      custom("agents.x-k8s.io", "Sandbox", {"spec.podTemplate"}),
      custom("agones.dev", "Fleet", {"spec.template.spec.template"}),
      custom("agones.dev", "GameServer", {"spec.template"}),
      custom("agones.dev", "GameServerSet", {"spec.template.spec.template"}),
      custom("apps.kruise.io", "AdvancedCronJob",
             {"spec.template.jobTemplate.spec.template",
              "spec.template.broadcastJobTemplate.spec.template"}),
      custom("apps.kruise.io", "BroadcastJob", {"spec.template"}),
      custom("apps.kruise.io", "CloneSet", {"spec.template"}),
      custom("apps.kruise.io", "DaemonSet", {"spec.template"}),
      custom("apps.kruise.io", "StatefulSet", {"spec.template"}),
      custom("apps.kruise.io", "UnitedDeployment",
             {"spec.template.statefulSetTemplate.spec.template",
              "spec.template.advancedStatefulSetTemplate.spec.template",
              "spec.template.cloneSetTemplate.spec.template",
              "spec.template.deploymentTemplate.spec.template"}),
      custom("apps.openshift.io", "DeploymentConfig", {"spec.template"}),
      custom("argoproj.io", "AnalysisRun", {kJobMetric}),
      custom("argoproj.io", "AnalysisTemplate", {kJobMetric}),
      custom("argoproj.io", "ClusterAnalysisTemplate", {kJobMetric}),
      custom("argoproj.io", "Experiment", {"spec.templates[*].template"}),
      custom("argoproj.io", "Rollout", {"spec.template"}),
      custom("batch.volcano.sh", "Job", {"spec.tasks[*].template"}),
      custom("extensions.agents.x-k8s.io", "SandboxTemplate", {"spec.podTemplate"}),
      custom("jobset.x-k8s.io", "JobSet", {"spec.replicatedJobs[*].template.spec.template"}),
      custom("keda.sh", "ScaledJob", {"spec.jobTargetRef.template"}),
      custom("kubeflow.org", "JAXJob", {"spec.jaxReplicaSpecs[*].template"}),
      custom("kubeflow.org", "MPIJob", {"spec.mpiReplicaSpecs[*].template"}),
      custom("kubeflow.org", "Notebook", {"spec.template"}),
      custom("kubeflow.org", "PaddleJob", {"spec.paddleReplicaSpecs[*].template"}),
      custom("kubeflow.org", "PyTorchJob", {"spec.pytorchReplicaSpecs[*].template"}),
      custom("kubeflow.org", "TFJob", {"spec.tfReplicaSpecs[*].template"}),
      custom("kubeflow.org", "XGBoostJob", {"spec.xgbReplicaSpecs[*].template"}),
      custom("kueue.x-k8s.io", "Workload", {"spec.podSets[*].template"}),
      custom(
          "leaderworkerset.x-k8s.io", "LeaderWorkerSet",
          {"spec.leaderWorkerTemplate.leaderTemplate", "spec.leaderWorkerTemplate.workerTemplate"}),
      custom("ray.io", "RayCluster",
             {"spec.headGroupSpec.template", "spec.workerGroupSpecs[*].template"}),
      custom("ray.io", "RayJob",
             {"spec.rayClusterSpec.headGroupSpec.template",
              "spec.rayClusterSpec.workerGroupSpecs[*].template", "spec.submitterPodTemplate"}),
      custom("ray.io", "RayService",
             {"spec.rayClusterConfig.headGroupSpec.template",
              "spec.rayClusterConfig.workerGroupSpecs[*].template"}),
      custom("serving.knative.dev", "Configuration", {"spec.template"}),
      custom("serving.knative.dev", "Revision", {""}),
      custom("serving.knative.dev", "Service", {"spec.template"}),
      custom("sinks.knative.dev", "JobSink", {"spec.job.spec.template"}),
      custom("sources.knative.dev", "ContainerSource", {"spec.template"}),
      custom("sparkoperator.k8s.io", "ScheduledSparkApplication",
             {"spec.template.driver.template", "spec.template.executor.template"}),
      custom("sparkoperator.k8s.io", "SparkApplication",
             {"spec.driver.template", "spec.executor.template"}),
      custom("trainer.kubeflow.org", "ClusterTrainingRuntime", {kReplicatedJob}),
      custom("trainer.kubeflow.org", "TrainingRuntime", {kReplicatedJob}),
  };
}

/// `parent` holds the value; absent for the object itself.
using Visit = std::function<void(const std::string& path, JsonValue value, JsonValue parent)>;

/// Calls `visit` for every object that `rest` leads to from `value`; `path` is the way so far.
void Walk(JsonValue value, JsonValue parent, std::string_view rest, const std::string& path,
          const Visit& visit) {
  if (rest.empty()) {
    if (value.IsObject()) visit(path, value, parent);
    return;
  }
  const std::size_t dot = rest.find('.');
  std::string_view field = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  const bool each =
      field.size() > kEach.size() && field.substr(field.size() - kEach.size()) == kEach;
  if (each) field.remove_suffix(kEach.size());

  const JsonValue child = value.Get(field);
  std::string child_path = path;
  if (!child_path.empty()) child_path.push_back('.');
  child_path.append(field);
  if (!each) {
    Walk(child, value, rest, child_path, visit);
    return;
  }
  int index = 0;
  for (JsonValue element : child.Elements()) {
    Walk(element, child, rest, fmt::format("{}[{}]", child_path, index++), visit);
  }
  for (const JsonValue::Member& member : child.Members()) {
    Walk(member.value, child, rest, fmt::format("{}[{}]", child_path, member.key), visit);
  }
}

/// Why `path` is no chain of fields, or "".
std::string WhyMalformed(std::string_view path) {
  if (path.empty()) return "is empty; expected fields joined by dots, such as spec.template";
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    std::string_view field = path.substr(0, dot);
    if (field.size() > kEach.size() && field.substr(field.size() - kEach.size()) == kEach) {
      field.remove_suffix(kEach.size());
    }
    if (field.empty()) return "has an empty field; expected fields joined by single dots";
    if (field.find_first_of("[]* \t") != std::string_view::npos) {
      return "has brackets that are not a [*] at the end of a field; expected such as "
             "spec.members[*].template";
    }
    if (dot == std::string_view::npos) return "";
    path.remove_prefix(dot + 1);
    if (path.empty()) return "ends in a dot";
  }
  return "";
}

}  // namespace

WorkloadTable::WorkloadTable() : workloads_(BuiltInWorkloads()) {}

Result<void> WorkloadTable::Add(std::string_view group, std::string_view kind,
                                const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    const std::string why = WhyMalformed(path);
    if (!why.empty()) return Failure(fmt::format("the path \"{}\" {}", path, why));
  }
  const auto same = [&](const Workload& known) {
    return known.group == group && known.kind == kind;
  };
  auto known = std::find_if(workloads_.begin(), workloads_.end(), same);
  if (known == workloads_.end()) {
    workloads_.push_back({std::string(group), std::string(kind), paths});
    return {};
  }
  for (const std::string& path : paths) {
    if (std::find(known->paths.begin(), known->paths.end(), path) == known->paths.end()) {
      known->paths.push_back(path);
    }
  }
  return {};
}

const Workload* WorkloadTable::Find(std::string_view group, std::string_view kind) const& {
  for (const Workload& workload : workloads_) {
    if (workload.kind == kind && workload.group == group) return &workload;
  }
  return nullptr;
}

std::vector<PodTemplate> PodTemplatesOf(const Workload& workload, JsonValue object) {
  std::vector<PodTemplate> templates;
  ReadPodTemplates(workload, object, &templates);
  return templates;
}

void ReadPodTemplates(const Workload& workload, JsonValue object,
                      std::vector<PodTemplate>* templates) {
  templates->clear();
  const auto add = [&](const std::string& path, JsonValue json, JsonValue parent) {
    templates->push_back(
        {path, json, json.Get("metadata"), json.Get("spec"),
         workload.has_claim_templates ? parent.Get("volumeClaimTemplates") : JsonValue()});
  };
  for (const std::string& path : workload.paths) Walk(object, JsonValue(), path, "", add);
}

}  // namespace mountguard::core

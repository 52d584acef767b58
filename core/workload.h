#ifndef MOUNTGUARD_CORE_WORKLOAD_H_
#define MOUNTGUARD_CORE_WORKLOAD_H_

#include <string>
#include <string_view>
#include <vector>

#include "core/json_reader.h"
#include "core/result.h"

namespace mountguard::core {

/// A pod, or a pod template inside a larger object. Borrowed from the object's parser.
struct PodTemplate {
  std::string path;           // "" for a Pod, else e.g. "spec.tasks[0].template"
  JsonValue json;             // the v1.PodTemplateSpec (of a Pod: the object)
  JsonValue metadata;         // its labels and annotations
  JsonValue spec;             // the v1.PodSpec; absent if there is none
  JsonValue claim_templates;  // the volumeClaimTemplates beside it, as a StatefulSet has; or absent

  /// "spec" for a Pod, "spec.template.spec" for a Deployment.
  std::string SpecPath() const { return path.empty() ? "spec" : path + ".spec"; }
};

/// A kind that holds pod templates, and where. A path is a chain of fields; `[*]` behind a field
/// stands for every element of its list or every value of its map.
struct Workload {
  std::string group;  // "" for the core group
  std::string kind;
  std::vector<std::string> paths;  // "" is the object itself: a Pod
  /// Kubernetes validates such objects itself, before any webhook sees them.
  bool kubernetes_own = false;
  /// A list `volumeClaimTemplates` beside the template becomes volumes of its pods. True for every
  /// custom kind, since one that has such a list means it so.
  bool has_claim_templates = true;
};

/// All kinds whose pod templates are known: Kubernetes' own, the built-in custom kinds, and those
/// that policies add. Kinds go by group: a Job of batch.volcano.sh is not Kubernetes' Job. Of one
/// group all versions are taken alike; a path that a version lacks is simply absent.
/// Immutable but for Add; const members are thread-safe.
class WorkloadTable {
 public:
  /// The built-in table.
  WorkloadTable();

  /// Adds a kind, or paths to one that is known already. Fails on a path that is no chain of
  /// fields; the error says which and why.
  Result<void> Add(std::string_view group, std::string_view kind,
                   const std::vector<std::string>& paths);

  /// Null if the kind holds no pod template that we know of.
  const Workload* Find(std::string_view group, std::string_view kind) const&;
  const Workload* Find(std::string_view group, std::string_view kind) const&& = delete;

  const std::vector<Workload>& all() const& { return workloads_; }
  const std::vector<Workload>& all() const&& = delete;

 private:
  std::vector<Workload> workloads_;
};

/// The pod templates of `object`, in the order of the workload's paths and then of the text.
/// Absent ones are left out; a Pod is always there.
std::vector<PodTemplate> PodTemplatesOf(const Workload& workload, JsonValue object);
/// The same into a list that is kept: cleared first, its capacity stays.
void ReadPodTemplates(const Workload& workload, JsonValue object,
                      std::vector<PodTemplate>* templates);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_WORKLOAD_H_

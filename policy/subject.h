#ifndef MOUNTGUARD_POLICY_SUBJECT_H_
#define MOUNTGUARD_POLICY_SUBJECT_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/api_schema.h"
#include "core/document.h"
#include "core/pod_spec.h"
#include "core/workload.h"

namespace mountguard::policy {

/// What is known of the request. Nothing means unknown (a manifest in CI has no user), which is not
/// the same as empty. Borrowed from the review or the command line.
struct RequestFacts {
  std::string_view operation = "CREATE";
  std::string_view sub_resource;
  /// What the object is where it does not say so itself; manifests always do.
  core::GroupVersionKind type;
  std::optional<std::string_view> user;
  std::optional<std::vector<std::string_view>> groups;
  std::optional<std::string_view> namespace_name;
  std::optional<std::string_view> name;
  std::optional<bool> dry_run;
};

/// The subresource by which ephemeral containers are added to a pod.
inline constexpr std::string_view kEphemeralContainers = "ephemeralcontainers";

/// Subresources that cannot change what a pod mounts. A list of exceptions rather than of judged
/// ones, so that a subresource of a newer Kubernetes that can is judged.
inline constexpr std::array<std::string_view, 10> kHarmlessSubResources = {
    "attach",      "binding", "eviction", "exec",  "log",
    "portforward", "proxy",   "resize",   "scale", "status",
};

/// The labels and annotations that loaded rules read: a change of any other one changes no verdict.
struct MetadataKeys {
  std::vector<std::string> labels;
  std::vector<std::string> annotations;
};

/// A pod template, decoded, with the pod spec that rules judge.
struct JudgedTemplate {
  core::PodTemplate source;
  core::PodSpecView pod;
};

/// Everything that a verdict is a function of (the time and the loaded policy apart).
/// Borrowed from the parser of the object and the review.
class Subject {
 public:
  /// Why an object is not judged.
  enum class Skip { kNone, kKindHoldsNoPods, kOperation, kSubResource, kUnchanged };

  /// Decodes what has to be judged of `object`, by the rules of docs/operations.md ("What is
  /// judged"): only kinds of `workloads`; only CREATE and UPDATE; no subresource that cannot change
  /// a pod's mounts; on UPDATE only templates that differ from those of `old_object`; of
  /// pods/ephemeralcontainers only the containers that are new. A warm Subject allocates little.
  ///
  /// `object` and `old_object` may be absent. Its parsers must outlive every use of this.
  void Read(const RequestFacts& request, const core::WorkloadTable& workloads,
            const MetadataKeys& keys, core::JsonValue object, core::JsonValue old_object);

  const RequestFacts& request() const { return request_; }
  const core::Document& object() const { return object_; }
  const core::Workload* workload() const { return workload_; }
  Skip skip() const { return skip_; }
  /// What remains to be judged; empty if skip() says why, or if nothing is there.
  const std::vector<JudgedTemplate>& templates() const { return templates_; }
  /// Set if the object is not what its kind says: the API server's decode error.
  const std::optional<core::DecodeError>& undecodable() const { return undecodable_; }
  /// The API server's image of a static pod: it runs already, whatever is said of it.
  bool mirror_pod() const { return mirror_pod_; }
  /// How many templates the object holds, judged or not.
  std::size_t template_count() const { return template_count_; }

 private:
  void Clear();
  void ReadObject(core::JsonValue object);
  Skip WhySkipped() const;
  void CheckDecoding();
  void Keep(core::PodTemplate&& found);

  RequestFacts request_;
  core::Document object_;
  std::string api_version_;  // where it had to be put together
  const core::Workload* workload_ = nullptr;
  Skip skip_ = Skip::kNone;
  std::vector<core::PodTemplate> found_;
  std::vector<core::PodTemplate> old_;
  std::vector<JudgedTemplate> templates_;
  std::vector<core::PodSpecView> spare_;  // warm views, kept for the next Read
  std::optional<core::DecodeError> undecodable_;
  bool mirror_pod_ = false;
  std::size_t template_count_ = 0;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_SUBJECT_H_

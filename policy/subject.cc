#include "policy/subject.h"

#include <algorithm>
#include <utility>

namespace mountguard::policy {
namespace {

using core::JsonValue;
using core::PodTemplate;

constexpr std::string_view kMirrorAnnotation = "kubernetes.io/config.mirror";

bool SameValues(JsonValue a, JsonValue b, const std::vector<std::string>& keys) {
  return std::all_of(keys.begin(), keys.end(), [&](const std::string& key) {
    return a.Get(key).AsOptionalString() == b.Get(key).AsOptionalString();
  });
}

/// True if no rule can say anything else of `a` than it said of `b`.
bool JudgesAlike(const PodTemplate& a, const PodTemplate& b, const MetadataKeys& keys) {
  return core::DeepEqual(a.spec, b.spec) && core::DeepEqual(a.claim_templates, b.claim_templates) &&
         SameValues(a.metadata.Get("labels"), b.metadata.Get("labels"), keys.labels) &&
         SameValues(a.metadata.Get("annotations"), b.metadata.Get("annotations"), keys.annotations);
}

void JudgeOnlyNewEphemeralContainers(JsonValue old_spec, core::PodSpecView* pod) {
  const JsonValue known = old_spec.Get("ephemeralContainers");
  for (core::ContainerView& container : pod->mutable_containers()) {
    container.judged = container.type == core::ContainerType::kEphemeralContainer;
    for (JsonValue before : known.Elements()) {
      if (before.Get("name").AsString() == container.name) container.judged = false;
    }
  }
}

}  // namespace

void Subject::Clear() {
  for (JudgedTemplate& judged : templates_) spare_.push_back(std::move(judged.pod));
  templates_.clear();
  undecodable_.reset();
  skip_ = Skip::kNone;
  mirror_pod_ = false;
  template_count_ = 0;
}

void Subject::ReadObject(JsonValue object) {
  object_ = core::ReadDocument(object);
  if (!object_.kind.empty()) return;
  const core::GroupVersionKind& type = request_.type;
  api_version_ = type.group.empty() ? "" : std::string(type.group) + "/";
  api_version_ += type.version;
  object_.api_version = api_version_;
  object_.group = type.group;
  object_.version = type.version;
  object_.kind = type.kind;
}

Subject::Skip Subject::WhySkipped() const {
  if (workload_ == nullptr) return Skip::kKindHoldsNoPods;
  if (request_.operation != "CREATE" && request_.operation != "UPDATE") return Skip::kOperation;
  if (request_.sub_resource.empty()) return Skip::kNone;
  const bool harmless = std::find(kHarmlessSubResources.begin(), kHarmlessSubResources.end(),
                                  request_.sub_resource) != kHarmlessSubResources.end();
  const bool pod = object_.group.empty() && object_.kind == "Pod";
  return harmless || !pod ? Skip::kSubResource : Skip::kNone;
}

void Subject::Keep(PodTemplate&& found) {
  JudgedTemplate& judged = templates_.emplace_back();
  if (!spare_.empty()) {
    judged.pod = std::move(spare_.back());
    spare_.pop_back();
  }
  judged.pod.Read(found.spec);
  for (JsonValue claim : found.claim_templates.Elements()) {
    judged.pod.OverrideWithClaim(claim.Get("metadata").Get("name").AsString());
  }
  judged.source = std::move(found);
}

void Subject::CheckDecoding() {
  if (skip_ != Skip::kNone) return;
  if (workload_->kubernetes_own) {
    undecodable_ = core::CheckDecodes(object_.api_version, object_.kind, object_.root);
  } else {
    for (const JudgedTemplate& judged : templates_) {
      undecodable_ = core::CheckPodTemplateDecodes(judged.source.json, judged.source.path);
      if (undecodable_) break;
    }
  }
  if (undecodable_) templates_.clear();
}

void Subject::Read(const RequestFacts& request, const core::WorkloadTable& workloads,
                   const MetadataKeys& keys, JsonValue object, JsonValue old_object) {
  Clear();
  request_ = request;
  ReadObject(object);
  workload_ = workloads.Find(object_.group, object_.kind);
  skip_ = WhySkipped();
  if (skip_ != Skip::kNone) return;

  mirror_pod_ = object_.kind == "Pod" && object_.group.empty() &&
                object.Get("metadata").Get("annotations").Get(kMirrorAnnotation).exists();
  core::ReadPodTemplates(*workload_, object, &found_);
  template_count_ = found_.size();
  old_.clear();
  if (request.operation == "UPDATE") core::ReadPodTemplates(*workload_, old_object, &old_);

  for (PodTemplate& found : found_) {
    const auto before = std::find_if(old_.begin(), old_.end(), [&found](const PodTemplate& old) {
      return old.path == found.path;
    });
    if (before != old_.end() && JudgesAlike(found, *before, keys)) continue;
    Keep(std::move(found));
    if (request.sub_resource == kEphemeralContainers) {
      JudgeOnlyNewEphemeralContainers(before != old_.end() ? before->spec : JsonValue(),
                                      &templates_.back().pod);
    }
  }
  if (templates_.empty() && template_count_ > 0) skip_ = Skip::kUnchanged;
  CheckDecoding();
}

}  // namespace mountguard::policy

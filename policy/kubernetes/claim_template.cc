#include "policy/kubernetes/claim_template.h"

#include <cstddef>
#include <string_view>

#include "core/names.h"
#include "policy/kubernetes/field_check.h"
#include "policy/kubernetes/quantity.h"

namespace mountguard::policy {
namespace {

using core::JsonValue;

bool AreValidLabels(JsonValue labels) {
  for (const auto& [key, value] : labels.Members()) {
    if (!core::IsQualifiedName(key) || !core::IsLabelValue(value.AsString())) return false;
  }
  return true;
}

/// Source: apimachinery ValidateAnnotations.
bool AreValidAnnotations(JsonValue annotations) {
  constexpr std::size_t kMostBytes = 256 * 1024;
  std::size_t bytes = 0;
  for (const auto& [key, value] : annotations.Members()) {
    if (!core::IsQualifiedName(core::GoToLower(key))) return false;
    bytes += key.size() + value.AsString().size();
  }
  return bytes <= kMostBytes;
}

/// Whether a field of the metadata holds Go's zero value. An empty list is none, nor is any time.
bool IsZero(std::string_view field, JsonValue value) {
  if (IsOneOf(field, {"name", "generateName", "namespace", "selfLink", "uid", "resourceVersion"})) {
    return !HasText(value);
  }
  if (field == "generation") return IsWithin(value, 0, 0);
  return !IsSet(value) ||
         !IsOneOf(field, {"creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
                          "ownerReferences", "finalizers", "managedFields"});
}

/// Labels and annotations only. Source: ValidateTemplateObjectMeta.
bool IsValidMetadata(JsonValue metadata) {
  for (const auto& [field, value] : metadata.Members()) {
    if (!IsZero(field, value)) return false;
  }
  return AreValidAnnotations(metadata.Get("annotations")) && AreValidLabels(metadata.Get("labels"));
}

bool AreValidAccessModes(JsonValue modes) {
  bool once_pod = false;
  bool other = false;
  for (JsonValue mode : modes.Elements()) {
    if (mode.AsString() == "ReadWriteOncePod") {
      once_pod = true;
    } else if (IsOneOf(mode.AsString(), {"ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany"})) {
      other = true;
    } else {
      return false;
    }
  }
  return once_pod != other;  // one of both, and at least one
}

/// Source: validateDataSource and validateDataSourceRef.
bool IsValidDataSource(JsonValue source) {
  const std::string_view kind = source.Get("kind").AsString();
  const std::string_view group = source.Get("apiGroup").AsString();
  if (!HasText(source.Get("name")) || kind.empty()) return false;
  return group.empty() ? kind == "PersistentVolumeClaim" : core::IsDns1123Subdomain(group);
}

bool AreValidDataSources(JsonValue source, JsonValue ref) {
  if (IsSet(source) && !IsValidDataSource(source)) return false;
  if (!IsSet(ref)) return true;
  const std::string_view other_namespace = ref.Get("namespace").AsString();
  if (!IsValidDataSource(ref)) return false;
  if (!other_namespace.empty()) {
    return core::IsDns1123Label(other_namespace) && !IsSet(source);
  }
  return !IsSet(source) ||
         (source.Get("apiGroup").AsOptionalString() == ref.Get("apiGroup").AsOptionalString() &&
          source.Get("kind").AsString() == ref.Get("kind").AsString() &&
          source.Get("name").AsString() == ref.Get("name").AsString());
}

bool IsEmptyOrSubdomain(std::string_view name) {
  return name.empty() || core::IsDns1123Subdomain(name);
}

/// Source: ValidatePersistentVolumeClaimSpec.
bool IsValidClaimSpec(JsonValue spec) {
  const JsonValue volume_mode = spec.Get("volumeMode");  // Filesystem by default
  return AreValidAccessModes(spec.Get("accessModes")) &&
         IsValidLabelSelector(spec.Get("selector")) &&
         SignOf(spec.Get("resources").Get("requests").Get("storage")) > 0 &&
         IsEmptyOrSubdomain(spec.Get("storageClassName").AsString()) &&
         IsEmptyOrSubdomain(spec.Get("volumeAttributesClassName").AsString()) &&
         (!IsSet(volume_mode) || IsOneOf(volume_mode.AsString(), {"Block", "Filesystem"})) &&
         AreValidDataSources(spec.Get("dataSource"), spec.Get("dataSourceRef"));
}

/// Source: apimachinery ValidateLabelSelectorRequirement.
bool IsValidRequirement(JsonValue requirement) {
  const std::string_view op = requirement.Get("operator").AsString();
  const JsonValue values = requirement.Get("values");
  const bool takes_values = IsOneOf(op, {"In", "NotIn"});
  if (!takes_values && !IsOneOf(op, {"Exists", "DoesNotExist"})) return false;
  if (takes_values != (values.Size() > 0)) return false;
  for (JsonValue value : values.Elements()) {
    if (!core::IsLabelValue(value.AsString())) return false;
  }
  return core::IsQualifiedName(requirement.Get("key").AsString());
}

}  // namespace

bool IsValidClaimTemplate(JsonValue claim_template) {
  return IsValidMetadata(claim_template.Get("metadata")) &&
         IsValidClaimSpec(claim_template.Get("spec"));
}

bool IsValidLabelSelector(JsonValue selector) {
  for (JsonValue requirement : selector.Get("matchExpressions").Elements()) {
    if (!IsValidRequirement(requirement)) return false;
  }
  return AreValidLabels(selector.Get("matchLabels"));
}

}  // namespace mountguard::policy

#ifndef MOUNTGUARD_CORE_API_SCHEMA_H_
#define MOUNTGUARD_CORE_API_SCHEMA_H_

#include <optional>
#include <string>
#include <string_view>

#include "core/json_reader.h"

namespace mountguard::core {

/// Why the API server's decoder would refuse an object.
struct DecodeError {
  /// To the letter, such as "json: cannot unmarshal string into Go struct field
  /// VolumeMount.spec.containers.volumeMounts.readOnly of type bool".
  std::string message;
  /// Where, in Kubernetes' notation: "spec.containers[0].volumeMounts[0].readOnly".
  std::string field;
};

/// Decodes `object` as the type that the API server gives to (api_version, kind), e.g.
/// ("apps/v1", "Deployment"), and tells the error it would answer with; nothing if it decodes, or
/// if the kind is not in the table (api_schema_table.inc, generated from Kubernetes v1.36.3).
/// Source: sigs.k8s.io/json UnmarshalCaseSensitivePreserveInts. Allocates only for an error.
std::optional<DecodeError> CheckDecodes(std::string_view api_version, std::string_view kind,
                                        JsonValue object);

/// The same for a v1.PodTemplateSpec inside a custom kind; `path` is where it stands, e.g.
/// "spec.template", and is put before the field.
std::optional<DecodeError> CheckPodTemplateDecodes(JsonValue pod_template, std::string_view path);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_API_SCHEMA_H_

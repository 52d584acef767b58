#ifndef MOUNTGUARD_CORE_YAML_SCALAR_H_
#define MOUNTGUARD_CORE_YAML_SCALAR_H_

#include <string>
#include <string_view>

#include "core/json_tape.h"
#include "core/result.h"

namespace mountguard::core {

/// A scalar as the parser gives it. Borrowed.
struct YamlScalar {
  std::string_view text;
  std::string_view tag;   // in full, "tag:yaml.org,2002:int"; "" if there is none
  bool implicit = false;  // written plain, without tag: its meaning follows from the text
};

/// Writes the JSON value that go-yaml and sigs.k8s.io/yaml make of the scalar: `yes` is true, 0644
/// is 420, a date stays a string. Fails where the text is not what its tag says, and for infinity
/// and NaN, which JSON has not.
/// Source: go.yaml.in/yaml/v2 v2.4.3 resolve and decoder.scalar.
Result<void> WriteYamlValue(const YamlScalar& scalar, JsonTape* json);

/// The same for a mapping's key, which becomes a string: `1` is "1", `on` is "true". Fails for null
/// and for integers that only fit without a sign.
/// Source: sigs.k8s.io/yaml v1.6.0 convertToJSONableObject.
Result<void> WriteYamlKey(const YamlScalar& scalar, JsonTape* json);

/// True for the merge key `<<`.
bool IsMergeKey(const YamlScalar& scalar);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_YAML_SCALAR_H_

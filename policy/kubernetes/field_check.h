#ifndef MOUNTGUARD_POLICY_KUBERNETES_FIELD_CHECK_H_
#define MOUNTGUARD_POLICY_KUBERNETES_FIELD_CHECK_H_

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "core/json_reader.h"

namespace mountguard::policy {

// Questions that validators ask of a field. The decoder has accepted the object, so a value has the
// type of its field or is null, which is the same as absent.

/// The field is set: a pointer that is not nil.
inline bool IsSet(core::JsonValue value) { return !value.IsAbsentOrNull(); }

/// A text that is not empty.
inline bool HasText(core::JsonValue value) { return !value.AsString().empty(); }

/// An integer within both bounds; an absent one is 0.
inline bool IsWithin(core::JsonValue value, std::int64_t least, std::int64_t most) {
  const std::int64_t number = value.AsInt64().value_or(0);
  return least <= number && number <= most;
}

inline bool IsOneOf(std::string_view text, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), text) != known.end();
}

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_FIELD_CHECK_H_

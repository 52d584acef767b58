#ifndef MOUNTGUARD_POLICY_KUBERNETES_QUANTITY_H_
#define MOUNTGUARD_POLICY_KUBERNETES_QUANTITY_H_

#include <optional>
#include <string_view>

#include "core/json_reader.h"

namespace mountguard::policy {

// What validation asks of a resource.Quantity that the decoder has accepted: a text, a number, or
// absent or null, which is zero. Source: apimachinery pkg/api/resource, v0.36.

/// -1, 0 or 1. What is too small to be kept is rounded away from zero, so digits decide.
int SignOf(core::JsonValue quantity);

/// The suffix of a quantity whose canonical text is 1 and a suffix: "Mi" for "1Mi" and "1024Ki", ""
/// for "1" and "1000m"; nothing for any other. Digits beyond nine decimals are not rounded off.
std::optional<std::string_view> UnitSuffixOf(core::JsonValue quantity);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_QUANTITY_H_

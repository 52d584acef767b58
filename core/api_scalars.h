#ifndef MOUNTGUARD_CORE_API_SCALARS_H_
#define MOUNTGUARD_CORE_API_SCALARS_H_

#include <optional>
#include <string>
#include <string_view>

namespace mountguard::core {

/// The texts with which the API's own scalar types refuse a value; nothing where they take it.
/// All functions are total and thread-safe.

/// resource.Quantity given the JSON string `text`: "1Gi" is fine, "1Gj" is not.
/// Source: apimachinery/pkg/api/resource ParseQuantity, v0.36.3.
std::optional<std::string> QuantityError(std::string_view text);

/// What resource.Quantity says of anything that is neither a string nor a number.
std::string QuantityFormatError();

/// metav1.Time given the JSON string `text`: `parsing time "x" as "2006-01-02T15:04:05Z07:00":
/// ...`. Source: Go 1.26 time.Parse with time.RFC3339, which takes more than RFC 3339 allows.
std::optional<std::string> TimeError(std::string_view text);

/// A number as Go's encoding/json writes a float64: shortest digits, an exponent below 1e-6 and
/// from 1e21 on.
std::string GoFloatText(double value);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_API_SCALARS_H_

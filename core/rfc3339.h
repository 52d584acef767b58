#ifndef MOUNTGUARD_CORE_RFC3339_H_
#define MOUNTGUARD_CORE_RFC3339_H_

#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace mountguard::core {

/// A point of time as Kubernetes writes it, whole seconds in UTC: "2026-05-01T00:00:00Z".
std::string FormatRfc3339(WallTime time);

/// A point of time as RFC 3339 has it: "2026-05-01T12:00:00Z", "2026-05-01T12:00:00.5+02:00".
/// Nothing for any other text, a day that the calendar lacks included.
std::optional<WallTime> ParseRfc3339(std::string_view text);

/// 00:00 UTC of a day: "2026-05-01". Nothing for any other text.
std::optional<WallTime> ParseDate(std::string_view text);

/// Either of the two: the moment that a person names who says what day it is.
std::optional<WallTime> ParseDateOrTime(std::string_view text);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_RFC3339_H_

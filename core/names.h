#ifndef MOUNTGUARD_CORE_NAMES_H_
#define MOUNTGUARD_CORE_NAMES_H_

#include <string>
#include <string_view>

namespace mountguard::core {

// The formats of names and labels in Kubernetes' API: apimachinery pkg/util/validation and
// pkg/api/validate/content, v0.36. Total functions; none allocates but GoToLower.

/// A lowercase RFC 1123 label: at most 63 of a-z, 0-9 and -, neither first nor last a -.
bool IsDns1123Label(std::string_view text);

/// Labels without a limit of their own, joined by dots, at most 253 bytes in all.
bool IsDns1123Subdomain(std::string_view text);

/// A label's key: a name with an optional subdomain and / in front.
bool IsQualifiedName(std::string_view text);

/// A label's value: empty, or a name of at most 63 bytes.
bool IsLabelValue(std::string_view text);

/// As Go's strings.ToLower, as far as the formats above can tell: ASCII, and the two letters beyond
/// it whose lower case is ASCII. Other letters stay as they are; no format takes them anyway.
std::string GoToLower(std::string_view text);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_NAMES_H_

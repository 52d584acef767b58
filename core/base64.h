#ifndef MOUNTGUARD_CORE_BASE64_H_
#define MOUNTGUARD_CORE_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

namespace mountguard::core {

/// The bytes behind a text in base64 as Go's base64.StdEncoding reads it: padded, line breaks
/// ignored. Nothing if it is none.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_BASE64_H_

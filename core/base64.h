#ifndef MOUNTGUARD_CORE_BASE64_H_
#define MOUNTGUARD_CORE_BASE64_H_

#include <optional>
#include <string>
#include <string_view>

namespace mountguard::core {

/// As Go's base64.StdEncoding writes it: padded, on one line.
std::string EncodeBase64(std::string_view bytes);

/// As Go's base64.StdEncoding reads it: padded, line breaks ignored; nothing for any other text.
std::optional<std::string> DecodeBase64(std::string_view text);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_BASE64_H_

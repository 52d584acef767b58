#ifndef MOUNTGUARD_CORE_JSON_SYNTAX_H_
#define MOUNTGUARD_CORE_JSON_SYNTAX_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mountguard::core {

/// White space as JSON has it.
bool IsJsonSpace(char c);

/// The length of the JSON value with which `text` starts (no white space before it), or nothing if
/// Go's encoding/json finds no value there: the grammar of RFC 8259 and at most 10,000 levels. What
/// stands behind the value does not matter.
std::optional<std::size_t> JsonValueLength(std::string_view text);

/// The length of the string literal with which `text` starts, quotes included; the text must be
/// known to be JSON.
std::size_t JsonStringLength(std::string_view text);

/// The text that a string literal (quotes included, known to be JSON) stands for. Half a surrogate
/// pair becomes U+FFFD, as in Go.
std::string DecodeJsonString(std::string_view literal);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_JSON_SYNTAX_H_

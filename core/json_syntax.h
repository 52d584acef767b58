#ifndef MOUNTGUARD_CORE_JSON_SYNTAX_H_
#define MOUNTGUARD_CORE_JSON_SYNTAX_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mountguard::core {

/// White space as JSON has it.
bool IsJsonSpace(char c);

/// How far the JSON value at the start of a text goes.
struct JsonExtent {
  enum class Kind {
    kValue,
    kBroken,      // no value, whatever may follow
    kUnfinished,  // the text ends within the value
  };
  Kind kind = Kind::kBroken;
  std::size_t length = 0;  // of kValue
};

/// Measures the value with which `text` starts by what Go's encoding/json takes for one: the
/// grammar of RFC 8259 and at most 10,000 levels. What stands behind the value does not matter,
/// except that a number at the very end might go on.
JsonExtent MeasureJsonValue(std::string_view text);

/// The length of the string literal with which `text` starts, quotes included; the text must be
/// known to be JSON.
std::size_t JsonStringLength(std::string_view text);

/// The text that a string literal (quotes included, known to be JSON) stands for. Half a surrogate
/// pair becomes U+FFFD, as in Go.
std::string DecodeJsonString(std::string_view literal);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_JSON_SYNTAX_H_

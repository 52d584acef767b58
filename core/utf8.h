#ifndef MOUNTGUARD_CORE_UTF8_H_
#define MOUNTGUARD_CORE_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mountguard::core {

/// The code point at the start of a text.
struct Rune {
  char32_t code_point = 0xFFFD;
  std::size_t length = 1;  // bytes to step over: 1 where the bytes are no UTF-8
  bool valid = false;
};

/// Decodes the first code point of `text`, which must not be empty. Overlong forms, surrogates and
/// what lies beyond U+10FFFF are not valid, as in Go's utf8.DecodeRune.
Rune DecodeRune(std::string_view text);

void AppendRune(char32_t code_point, std::string* out);

/// Number of code points; a byte that is no UTF-8 counts as one.
std::size_t CountRunes(std::string_view text);

bool IsValidUtf8(std::string_view text);

/// True if every byte is printable ASCII, a blank to a tilde: such a text takes as many columns as
/// it has bytes, and may be printed as it is. Looks at eight bytes at a time.
bool IsPrintableAscii(std::string_view text);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_UTF8_H_

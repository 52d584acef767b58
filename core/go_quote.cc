#include "core/go_quote.h"

#include <algorithm>
#include <cstddef>

#include "core/utf8.h"

namespace mountguard::core {
namespace {

struct RuneRange {
  char32_t first;
  char32_t last;
};

constexpr RuneRange kPrintable[] = {
#include "core/go_print_table.inc"
};

bool IsPrintable(char32_t rune) {
  if (rune < 0x7F) return rune >= 0x20;
  const auto* range =
      std::lower_bound(std::begin(kPrintable), std::end(kPrintable), rune,
                       [](const RuneRange& known, char32_t value) { return known.last < value; });
  return range != std::end(kPrintable) && range->first <= rune;
}

/// Appends `introducer` and the lowest `digits` hexadecimal digits of `value`.
void AppendHex(std::string_view introducer, char32_t value, int digits, std::string* out) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out->append(introducer);
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out->push_back(kDigits[(value >> shift) & 0xF]);
  }
}

/// The letter behind the backslash for `c`, or 0; `letters` and `characters` run in parallel.
char ShortEscape(char32_t c, std::string_view characters, std::string_view letters) {
  const std::size_t at = c < 0x80 ? characters.find(static_cast<char>(c)) : std::string_view::npos;
  return at == std::string_view::npos ? '\0' : letters[at];
}

/// Quotes `text`; `append(rune, bytes, out)` writes one code point, or one byte that is no UTF-8.
template <class Append>
std::string Quote(std::string_view text, Append append) {
  std::string out;
  out.reserve(text.size() + 2);
  out.push_back('"');
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    append(rune, text.substr(0, rune.length), &out);
    text.remove_prefix(rune.length);
  }
  out.push_back('"');
  return out;
}

}  // namespace

std::string GoQuote(std::string_view text) {
  return Quote(text, [](const Rune& rune, std::string_view bytes, std::string* out) {
    const char32_t c = rune.code_point;
    if (!rune.valid) {
      AppendHex("\\x", static_cast<unsigned char>(bytes[0]), 2, out);
    } else if (const char letter = ShortEscape(c, "\"\\\a\b\f\n\r\t\v", "\"\\abfnrtv")) {
      out->append({'\\', letter});
    } else if (IsPrintable(c)) {
      out->append(bytes);
    } else if (c < 0x20 || c == 0x7F) {
      AppendHex("\\x", c, 2, out);
    } else if (c < 0x10000) {
      AppendHex("\\u", c, 4, out);
    } else {
      AppendHex("\\U", c, 8, out);
    }
  });
}

std::string GoJsonQuote(std::string_view text) {
  return Quote(text, [](const Rune& rune, std::string_view bytes, std::string* out) {
    const char32_t c = rune.code_point;
    const bool html = c == '<' || c == '>' || c == '&';
    const bool line_separator = c == 0x2028 || c == 0x2029;
    if (const char letter = ShortEscape(c, "\"\\\b\f\n\r\t", "\"\\bfnrt")) {
      out->append({'\\', letter});
    } else if (c < 0x20 || html || line_separator || !rune.valid) {
      AppendHex("\\u", c, 4, out);
    } else {
      out->append(bytes);
    }
  });
}

}  // namespace mountguard::core

#include "core/display_width.h"

#include <algorithm>
#include <iterator>

#include "core/utf8.h"

namespace mountguard::core {
namespace {

/// A closed range of code points.
struct Range {
  char32_t first;
  char32_t last;
};

constexpr Range kZeroWidth[] = {
#include "core/display_width_zero.inc"
};
constexpr Range kWide[] = {
#include "core/display_width_wide.inc"
};

template <std::size_t kSize>
bool Contains(const Range (&ranges)[kSize], char32_t code_point) {
  const Range* range = std::lower_bound(
      std::begin(ranges), std::end(ranges), code_point,
      [](const Range& candidate, char32_t wanted) { return candidate.last < wanted; });
  return range != std::end(ranges) && range->first <= code_point;
}

}  // namespace

int DisplayWidth(char32_t code_point) {
  if (code_point < 0x300) return 1;
  if (Contains(kZeroWidth, code_point)) return 0;
  return Contains(kWide, code_point) ? 2 : 1;
}

int DisplayWidth(std::string_view text) {
  if (IsPrintableAscii(text)) return static_cast<int>(text.size());
  int width = 0;
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    width += DisplayWidth(rune.code_point);
    text.remove_prefix(rune.length);
  }
  return width;
}

}  // namespace mountguard::core

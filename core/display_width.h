#ifndef MOUNTGUARD_CORE_DISPLAY_WIDTH_H_
#define MOUNTGUARD_CORE_DISPLAY_WIDTH_H_

#include <string_view>

namespace mountguard::core {

/// How many columns of a terminal a code point takes: 0 (combining marks, format characters),
/// 1 or 2 (East Asian wide and fullwidth, emoji). Control characters count as 1: whoever prints
/// them puts something in their place. Independent of the locale.
int DisplayWidth(char32_t code_point);

/// The same for a UTF-8 text; a byte that is no UTF-8 takes 1.
int DisplayWidth(std::string_view text);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_DISPLAY_WIDTH_H_

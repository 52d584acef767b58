#ifndef MOUNTGUARD_CORE_GO_QUOTE_H_
#define MOUNTGUARD_CORE_GO_QUOTE_H_

#include <string>
#include <string_view>

namespace mountguard::core {

/// `text` as Go's %q prints it: double-quoted, with Go's escapes; printable Unicode stays, the rest
/// becomes \u or \U, bytes that are no UTF-8 become \x.
/// Source: strconv.Quote, Go 1.26 (Unicode 15).
std::string GoQuote(std::string_view text);

/// `text` as Go's json.Marshal prints it: quoted, with <, >, &, U+2028 and U+2029 escaped.
std::string GoJsonQuote(std::string_view text);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_GO_QUOTE_H_

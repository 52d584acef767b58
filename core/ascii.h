#ifndef MOUNTGUARD_CORE_ASCII_H_
#define MOUNTGUARD_CORE_ASCII_H_

namespace mountguard::core {

/// Kinds of ASCII characters, whatever the locale is.
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_ASCII_H_

#include "core/names.h"

#include <algorithm>
#include <cstddef>

#include "core/ascii.h"
#include "core/utf8.h"

namespace mountguard::core {
namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxSubdomain = 253;

constexpr bool IsLowerAlnum(char c) { return IsLower(c) || IsDigit(c); }
constexpr bool IsAlnum(char c) { return IsLowerAlnum(c) || IsUpper(c); }

bool IsLabelOfAnyLength(std::string_view text) {
  return !text.empty() && IsLowerAlnum(text.front()) && IsLowerAlnum(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return IsLowerAlnum(c) || c == '-'; });
}

/// The part of a label's key behind the /, or a label's value that is not empty.
bool IsLabelName(std::string_view text) {
  return !text.empty() && text.size() <= kMaxLabel && IsAlnum(text.front()) &&
         IsAlnum(text.back()) && std::all_of(text.begin(), text.end(), [](char c) {
           return IsAlnum(c) || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace

bool IsDns1123Label(std::string_view text) {
  return text.size() <= kMaxLabel && IsLabelOfAnyLength(text);
}

bool IsDns1123Subdomain(std::string_view text) {
  if (text.size() > kMaxSubdomain) return false;
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    if (!IsLabelOfAnyLength(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
  }
  return IsLabelOfAnyLength(text);
}

bool IsQualifiedName(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return IsLabelName(text);
  return IsDns1123Subdomain(text.substr(0, slash)) && IsLabelName(text.substr(slash + 1));
}

bool IsLabelValue(std::string_view text) { return text.empty() || IsLabelName(text); }

std::string GoToLower(std::string_view text) {
  constexpr char32_t kCapitalIWithDot = 0x130;
  constexpr char32_t kKelvinSign = 0x212A;
  std::string lower;
  lower.reserve(text.size());
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    if (rune.code_point == kCapitalIWithDot) {
      lower.push_back('i');
    } else if (rune.code_point == kKelvinSign) {
      lower.push_back('k');
    } else if (IsUpper(text.front())) {
      lower.push_back(static_cast<char>(text.front() - 'A' + 'a'));
    } else {
      lower.append(text.substr(0, rune.length));
    }
    text.remove_prefix(rune.length);
  }
  return lower;
}

}  // namespace mountguard::core

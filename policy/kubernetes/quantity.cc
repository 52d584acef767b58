#include "policy/kubernetes/quantity.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/api_scalars.h"

namespace mountguard::policy {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr std::string_view kDigits = "0123456789";
constexpr std::array<std::string_view, 10> kDecimalSuffixes = {"n", "u", "m", "",  "k",
                                                               "M", "G", "T", "P", "E"};
constexpr int kLeastDecimalExponent = -9;
constexpr std::array<std::string_view, 7> kBinarySuffixes = {"",   "Ki", "Mi", "Gi",
                                                             "Ti", "Pi", "Ei"};
/// A 64-bit number holds any of that many digits; none that has more is a unit.
constexpr std::size_t kMostDigits = 19;

/// A number as it is written: `digits` (those behind the point counted by `decimals`), and a
/// suffix.
struct Written {
  bool negative = false;
  std::string digits;  // without leading zeros
  int decimals = 0;
  std::string_view suffix;
};

Written Split(std::string_view text) {
  Written written;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    written.negative = text.front() == '-';
    text.remove_prefix(1);
  }
  const std::size_t end = text.find_first_not_of("0123456789.");
  const std::string_view number = text.substr(0, end);
  if (end != std::string_view::npos) written.suffix = text.substr(end);
  const std::size_t point = number.find('.');
  written.digits = number.substr(0, point);
  if (point != std::string_view::npos) {
    written.digits += number.substr(point + 1);
    written.decimals = static_cast<int>(number.size() - point - 1);
  }
  written.digits.erase(0, written.digits.find_first_not_of('0'));
  return written;
}

template <std::size_t n>
std::optional<std::size_t> IndexOf(const std::array<std::string_view, n>& texts,
                                   std::string_view text) {
  for (std::size_t i = 0; i < n; ++i) {
    if (texts[i] == text) return i;
  }
  return std::nullopt;
}

/// The suffix of 10^exponent. Beyond E upstream finds none and prints the bare number.
std::optional<std::string_view> DecimalSuffix(int exponent) {
  if (exponent % 3 != 0 || exponent < kLeastDecimalExponent) return std::nullopt;
  const auto steps = static_cast<std::size_t>((exponent - kLeastDecimalExponent) / 3);
  return steps < kDecimalSuffixes.size() ? kDecimalSuffixes[steps] : std::string_view();
}

/// The suffix of `value`, if that is a power of 1024.
std::optional<std::string_view> BinarySuffix(Wide value) {
  for (std::size_t i = 0; i < kBinarySuffixes.size(); ++i) {
    if (value == Wide{1} << (10 * i)) return kBinarySuffixes[i];
  }
  return std::nullopt;
}

/// mantissa * 10^exponent with no zero at the mantissa's end.
struct Decimal {
  Wide mantissa = 0;
  int exponent = 0;

  void Normalize() {
    for (; mantissa != 0 && mantissa % 10 == 0; mantissa /= 10) ++exponent;
  }
};

/// The number without its suffix; nothing if it has more digits than a unit can have.
std::optional<Decimal> Mantissa(const Written& written) {
  const std::size_t significant = written.digits.find_last_not_of('0') + 1;
  if (significant == 0 || significant > kMostDigits) return std::nullopt;
  std::uint64_t mantissa = 0;
  std::from_chars(written.digits.data(), written.digits.data() + significant, mantissa);
  return Decimal{mantissa,
                 static_cast<int>(written.digits.size() - significant) - written.decimals};
}

/// The exponent of ten that "e3" or "E-3" stands for.
int ExponentOf(std::string_view suffix) {
  int exponent = 0;
  suffix.remove_prefix(suffix.size() > 1 && suffix[1] == '+' ? 2 : 1);
  std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  return exponent;
}

/// The suffix, which is a string of the tables above.
std::optional<std::string_view> UnitSuffix(std::string_view text) {
  const Written written = Split(text);
  if (written.negative) return std::nullopt;
  const std::optional<std::size_t> decimal = IndexOf(kDecimalSuffixes, written.suffix);
  const std::optional<std::size_t> binary = IndexOf(kBinarySuffixes, written.suffix);
  // What looks canonical keeps its text, a plus sign, leading zeros and an exponent included; from
  // Pi on, ParseQuantity goes a longer way, which keeps nothing.
  constexpr std::size_t kPi = 5;
  const bool keeps_text =
      written.digits == "1" && written.decimals == 0 && (!binary || *binary < kPi);
  const bool plain = text.substr(0, 1) == "1" && text.substr(1) == written.suffix;
  if (keeps_text && !plain) return std::nullopt;
  if (keeps_text && decimal) return kDecimalSuffixes[*decimal];
  if (keeps_text && binary) return kBinarySuffixes[*binary];
  if (keeps_text) return std::nullopt;

  std::optional<Decimal> value = Mantissa(written);
  if (!value) return std::nullopt;
  if (decimal) {
    value->exponent += kLeastDecimalExponent + 3 * static_cast<int>(*decimal);
    return value->mantissa == 1 ? DecimalSuffix(value->exponent) : std::nullopt;
  }
  if (binary) {
    value->mantissa <<= 10 * *binary;
    value->Normalize();
    // Below 1024 a binary quantity too is printed in decimal.
    if (value->mantissa == 1 && value->exponent <= 3) return DecimalSuffix(value->exponent);
    return value->exponent == 0 ? BinarySuffix(value->mantissa) : std::nullopt;
  }
  // "1000e-3" stays in exponents, of which only the zeroth has no suffix.
  const bool one = value->mantissa == 1 && value->exponent + ExponentOf(written.suffix) == 0;
  return one ? std::optional(kBinarySuffixes[0]) : std::nullopt;
}

/// Calls `ask` with the quantity as it is written in JSON.
template <class Ask>
auto WithText(core::JsonValue quantity, Ask ask) {
  if (const auto text = quantity.AsOptionalString()) {
    constexpr std::string_view kSpace = " \t\n\v\f\r";
    const std::size_t first = text->find_first_not_of(kSpace);
    if (first == std::string_view::npos) return ask("0");
    return ask(text->substr(first, text->find_last_not_of(kSpace) - first + 1));
  }
  if (const auto integer = quantity.AsInt64()) {
    std::array<char, 24> digits{};
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), *integer).ptr;
    return ask(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
  }
  if (const auto number = quantity.AsDouble()) return ask(core::GoFloatText(*number));
  return ask("0");
}

}  // namespace

int SignOf(core::JsonValue quantity) {
  return WithText(quantity, [](std::string_view text) {
    const bool negative = text.front() == '-';
    const std::string_view number = text.substr(0, text.find_first_not_of("+-0123456789."));
    if (number.find_first_of(kDigits.substr(1)) == std::string_view::npos) return 0;
    return negative ? -1 : 1;
  });
}

std::optional<std::string_view> UnitSuffixOf(core::JsonValue quantity) {
  return WithText(quantity, UnitSuffix);
}

}  // namespace mountguard::policy

#include "core/api_scalars.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "core/ascii.h"
#include "core/utf8.h"

namespace mountguard::core {
namespace {

// Objects and not functions, so that algorithms inline them: quantities are on a request's path.

/// Takes the longest prefix of `text` whose characters satisfy `predicate`.
template <class Predicate>
std::string_view TakeWhile(Predicate predicate, std::string_view* text) {
  const auto end = std::find_if_not(text->begin(), text->end(), predicate);
  const std::string_view taken = text->substr(0, static_cast<std::size_t>(end - text->begin()));
  text->remove_prefix(taken.size());
  return taken;
}

// --- resource.Quantity ---------------------------------------------------------------------------

constexpr std::string_view kNumericError = "unable to parse numeric part of quantity";
constexpr std::string_view kSuffixError = "unable to parse quantity's suffix";

/// A decimal or binary power, as a suffix says it.
struct Power {
  bool binary = false;
  int exponent = 0;
};

constexpr auto kIsSuffixLetter = [](char c) {
  return std::string_view("eEinumkKMGTP").find(c) != std::string_view::npos;
};

std::optional<Power> InterpretSuffix(std::string_view suffix) {
  constexpr std::string_view kDecimal = "num kMGTPE";  // 1e-9 to 1e18; in the middle stands 1
  constexpr std::string_view kBinary = "KMGTPE";       // 2^10 to 2^60
  if (suffix.empty()) return Power{};
  if (suffix.size() == 1) {
    const std::size_t place = kDecimal.find(suffix[0]);
    if (place == std::string_view::npos) return std::nullopt;
    return Power{false, 3 * (static_cast<int>(place) - 3)};
  }
  if (suffix.size() == 2 && suffix[1] == 'i') {
    const std::size_t place = kBinary.find(suffix[0]);
    if (place == std::string_view::npos) return std::nullopt;
    return Power{true, 10 * (static_cast<int>(place) + 1)};
  }
  if (suffix[0] != 'E' && suffix[0] != 'e') return std::nullopt;
  std::string_view digits = suffix.substr(1);
  // Go's ParseInt takes a plus sign, std::from_chars does not.
  if (digits[0] == '+') digits.remove_prefix(1);
  std::int64_t exponent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  // Go keeps the low 32 bits.
  return Power{false, static_cast<std::int32_t>(exponent)};
}

/// Go looks at the JSON text: what an encoder escapes, and what no number holds, is wrong there.
bool IsEscapedInJson(char32_t c) {
  return c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' || c == 0x2028 ||
         c == 0x2029;
}

/// The white space that strings.TrimSpace takes off, as far as JSON does not escape it.
bool IsSpace(char32_t c) {
  return c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

/// `text` without white space around it; nothing if JSON would escape a character of it.
std::optional<std::string_view> TrimUnescaped(std::string_view text) {
  constexpr auto kIsPlain = [](char c) {
    return IsDigit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '.';
  };
  if (std::all_of(text.begin(), text.end(), kIsPlain)) return text;  // nearly always
  std::size_t begin = text.size();
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Rune rune = DecodeRune(text.substr(at));
    if (IsEscapedInJson(rune.code_point)) return std::nullopt;
    if (!IsSpace(rune.code_point)) {
      begin = std::min(begin, at);
      end = at + rune.length;
    }
    at += rune.length;
  }
  return begin < end ? text.substr(begin, end - begin) : std::string_view();
}

/// Whether ParseQuantity hands a number without any digit to its exact parser, which refuses it; on
/// the short way, which it takes for powers that 64 bits hold, such a number is 0.
bool IsParsedExactly(Power power) {
  return power.binary ? power.exponent >= 50 : power.exponent < -9;
}

// --- metav1.Time ---------------------------------------------------------------------------------

constexpr std::string_view kRfc3339 = "2006-01-02T15:04:05Z07:00";

/// Quotes as Go's time package does: everything but printable ASCII byte by byte.
std::string TimeQuote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 || byte < ' ') {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + '"';
}

/// One step of the layout: the text before it, and a number with its name, range and width.
struct TimePart {
  std::string_view prefix;
  std::string_view layout;
  std::string_view name;  // in "month out of range"
  int least, most;
  bool two_digits;
};

constexpr TimePart kAfterYear[] = {
    {"-", "01", "month", 1, 12, true},  {"-", "02", "", 0, 99, true},
    {"T", "15", "hour", 0, 23, false},  {":", "04", "minute", 0, 59, true},
    {":", "05", "second", 0, 59, true},
};

bool IsLeapYear(int year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysIn(int month, int year) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

/// Reads a timestamp piece by piece, as Go does; the first piece that fails makes the error.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : text_(text), rest_(text) {}

  std::optional<std::string> Error() {
    const std::string_view digits = rest_.substr(0, 4);
    if (digits.size() < 4 || !std::all_of(digits.begin(), digits.end(), IsDigit)) {
      return CannotParse(rest_, "2006");
    }
    const int year = Number(digits);
    rest_.remove_prefix(4);
    int values[std::size(kAfterYear)] = {};
    for (std::size_t i = 0; i < std::size(kAfterYear); ++i) {
      if (auto error = ReadPart(kAfterYear[i], &values[i])) return error;
    }
    SkipFraction();
    if (auto error = ReadZone()) return error;
    if (!rest_.empty()) return Message(": extra text: " + TimeQuote(rest_));
    const int month = values[0];
    const int day = values[1];
    if (day < 1 || day > DaysIn(month, year)) return Message(": day out of range");
    return std::nullopt;
  }

 private:
  static int Number(std::string_view digits) {
    int value = 0;
    for (const char c : digits) value = value * 10 + (c - '0');
    return value;
  }

  std::string Message(std::string_view what) const {
    return fmt::format("parsing time {}{}", TimeQuote(text_), what);
  }

  std::string CannotParse(std::string_view value, std::string_view layout) const {
    return fmt::format("parsing time {} as {}: cannot parse {} as {}", TimeQuote(text_),
                       TimeQuote(kRfc3339), TimeQuote(value), TimeQuote(layout));
  }

  std::optional<std::string> ReadPart(const TimePart& part, int* value) {
    if (rest_.substr(0, 1) != part.prefix) return CannotParse(rest_, part.prefix);
    rest_.remove_prefix(1);
    const bool first = !rest_.empty() && IsDigit(rest_[0]);
    const bool second = rest_.size() > 1 && IsDigit(rest_[1]);
    if (!first || (part.two_digits && !second)) return CannotParse(rest_, part.layout);
    const std::size_t length = second ? 2 : 1;
    *value = Number(rest_.substr(0, length));
    rest_.remove_prefix(length);
    if (*value < part.least || *value > part.most) {
      return Message(fmt::format(": {} out of range", part.name));
    }
    return std::nullopt;
  }

  /// A fraction of a second is taken although the layout has none.
  void SkipFraction() {
    if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !IsDigit(rest_[1])) return;
    rest_.remove_prefix(1);
    TakeWhile(IsDigit, &rest_);
  }

  std::optional<std::string> ReadZone() {
    constexpr std::string_view kLayout = "Z07:00";
    if (rest_.substr(0, 1) == "Z") {
      rest_.remove_prefix(1);
      return std::nullopt;
    }
    if (rest_.size() < 6 || rest_[3] != ':') return CannotParse(rest_, kLayout);
    const bool hour_ok = IsDigit(rest_[1]) && IsDigit(rest_[2]);
    const bool minute_ok = hour_ok && IsDigit(rest_[4]) && IsDigit(rest_[5]);
    // Go tells of a range before it looks at the sign, and of the last one that is exceeded.
    if (minute_ok && Number(rest_.substr(4, 2)) > 60) {
      return Message(": time zone offset minute out of range");
    }
    if (hour_ok && Number(rest_.substr(1, 2)) > 24) {
      return Message(": time zone offset hour out of range");
    }
    if (!minute_ok || (rest_[0] != '+' && rest_[0] != '-')) return CannotParse(rest_, kLayout);
    rest_.remove_prefix(6);
    return std::nullopt;
  }

  std::string_view text_;
  std::string_view rest_;
};

}  // namespace

std::string QuantityFormatError() {
  return "quantities must match the regular expression "
         "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
}

std::optional<std::string> QuantityError(std::string_view text) {
  const std::optional<std::string_view> trimmed = TrimUnescaped(text);
  if (!trimmed || trimmed->empty()) return QuantityFormatError();

  std::string_view rest = *trimmed;
  if (rest[0] == '+' || rest[0] == '-') rest.remove_prefix(1);
  const std::string_view numerator = TakeWhile(IsDigit, &rest);
  std::string_view denominator;
  if (!rest.empty() && rest[0] == '.') {
    rest.remove_prefix(1);
    denominator = TakeWhile(IsDigit, &rest);
  }
  const std::string_view suffix = rest;
  TakeWhile(kIsSuffixLetter, &rest);
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) rest.remove_prefix(1);
  TakeWhile(IsDigit, &rest);
  if (!rest.empty()) return QuantityFormatError();

  const std::optional<Power> power = InterpretSuffix(suffix);
  if (!power) return std::string(kSuffixError);
  const bool has_digits = !numerator.empty() || !denominator.empty();
  if (!has_digits && IsParsedExactly(*power)) return std::string(kNumericError);
  return std::nullopt;
}

std::optional<std::string> TimeError(std::string_view text) { return TimeReader(text).Error(); }

std::string GoFloatText(double value) {
  const double magnitude = std::fabs(value);
  const bool scientific = magnitude != 0 && (magnitude < 1e-6 || magnitude >= 1e21);
  std::array<char, 64> buffer{};
  const auto [end, error] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                    scientific ? std::chars_format::scientific : std::chars_format::fixed);
  static_cast<void>(error);  // 64 characters hold the shortest digits of every double
  std::string text(buffer.data(), end);
  // Go writes e-9 where C++ writes e-09.
  const std::size_t exponent = text.find("e-0");
  if (exponent != std::string::npos) text.erase(exponent + 2, 1);
  return text;
}

}  // namespace mountguard::core

#include "core/json_syntax.h"

#include <vector>

#include "core/ascii.h"
#include "core/json_reader.h"
#include "core/utf8.h"

namespace mountguard::core {
namespace {

constexpr std::size_t kNoMatch = static_cast<std::size_t>(-1);
/// The text ends before it can be told whether there is a match.
constexpr std::size_t kTooShort = static_cast<std::size_t>(-2);

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::size_t CountDigits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  return count;
}

/// Where digits must stand and none do.
std::size_t NoDigits(std::string_view text, std::size_t at) {
  return at == text.size() ? kTooShort : kNoMatch;
}

std::size_t MatchNumber(std::string_view text) {
  std::size_t at = text.front() == '-' ? 1 : 0;
  const std::size_t integer = CountDigits(text.substr(at));
  if (integer == 0) return NoDigits(text, at);
  at += text[at] == '0' ? 1 : integer;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = CountDigits(text.substr(at + 1));
    if (fraction == 0) return NoDigits(text, at + 1);
    at += 1 + fraction;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = CountDigits(text.substr(at));
    if (exponent == 0) return NoDigits(text, at);
    at += exponent;
  }
  return at;
}

std::size_t MatchEscape(std::string_view text) {
  constexpr std::string_view kSimple = "\"\\/bfnrt";
  if (text.size() < 2) return kTooShort;
  if (kSimple.find(text[1]) != std::string_view::npos) return 2;
  if (text[1] != 'u') return kNoMatch;
  for (std::size_t i = 2; i < 6; ++i) {
    if (i == text.size()) return kTooShort;
    if (HexValue(text[i]) < 0) return kNoMatch;
  }
  return 6;
}

std::size_t MatchString(std::string_view text) {
  std::size_t at = 1;
  while (at < text.size()) {
    if (text[at] == '"') return at + 1;
    if (static_cast<unsigned char>(text[at]) < 0x20) return kNoMatch;
    if (text[at] != '\\') {
      ++at;
      continue;
    }
    const std::size_t escape = MatchEscape(text.substr(at));
    if (escape == kNoMatch || escape == kTooShort) return escape;
    at += escape;
  }
  return kTooShort;
}

std::size_t MatchWord(std::string_view text, std::string_view word) {
  if (text.substr(0, word.size()) == word) return word.size();
  return word.substr(0, text.size()) == text ? kTooShort : kNoMatch;
}

std::size_t MatchScalar(std::string_view text) {
  switch (text.front()) {
    case '"':
      return MatchString(text);
    case 't':
      return MatchWord(text, "true");
    case 'f':
      return MatchWord(text, "false");
    case 'n':
      return MatchWord(text, "null");
    default:
      return MatchNumber(text);
  }
}

/// Steps through a value token by token; what may come next follows from the open brackets.
class Matcher {
 public:
  explicit Matcher(std::string_view text) : text_(text) {}

  JsonExtent Match() {
    do {
      if (!(wants_value_ ? Value() : Next())) {
        return {too_short_ ? JsonExtent::Kind::kUnfinished : JsonExtent::Kind::kBroken, 0};
      }
    } while (wants_value_ || !open_.empty());
    return {JsonExtent::Kind::kValue, at_};
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && IsJsonSpace(text_[at_])) ++at_;
  }

  /// False, and remembered, at the end of the text.
  bool HasMore() {
    SkipSpace();
    too_short_ = at_ == text_.size();
    return !too_short_;
  }

  bool Take(char c) {
    if (!HasMore() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// A scalar, or an opening bracket together with the first key of an object.
  bool Value() {
    if (!HasMore()) return false;
    if (text_[at_] == '{' || text_[at_] == '[') return Open(text_[at_]);
    wants_value_ = false;
    return Accept(MatchScalar(text_.substr(at_)));
  }

  bool Accept(std::size_t length) {
    too_short_ = length == kTooShort;
    if (length == kNoMatch || too_short_) return false;
    at_ += length;
    return true;
  }

  bool Open(char bracket) {
    if (open_.size() == JsonParser::kMaxDepth) return false;
    ++at_;
    wants_value_ = !Take(Closing(bracket));
    if (!wants_value_) return true;
    open_.push_back(bracket);
    return bracket == '[' || Key();
  }

  bool Key() {
    if (!HasMore() || text_[at_] != '"') return false;
    return Accept(MatchString(text_.substr(at_))) && Take(':');
  }

  /// Behind a value inside the innermost bracket.
  bool Next() {
    const char bracket = open_.back();
    if (Take(Closing(bracket))) {
      open_.pop_back();
      return true;
    }
    wants_value_ = true;
    return Take(',') && (bracket == '[' || Key());
  }

  static char Closing(char bracket) { return bracket == '{' ? '}' : ']'; }

  std::string_view text_;
  std::size_t at_ = 0;
  bool wants_value_ = true;
  bool too_short_ = false;  // the last step failed because the text ends
  std::vector<char> open_;
};

char32_t FourHexDigits(std::string_view text) {
  char32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value * 16 + static_cast<char32_t>(HexValue(text[i]));
  return value;
}

/// Appends what the `\u` escape at the start of `text` stands for; returns its length, which
/// includes the second half of a surrogate pair.
std::size_t AppendUnicodeEscape(std::string_view text, std::string* out) {
  constexpr char32_t kReplacement = 0xFFFD;
  const char32_t unit = FourHexDigits(text.substr(2));
  if (unit < 0xD800 || unit > 0xDFFF) {
    AppendRune(unit, out);
    return 6;
  }
  if (unit < 0xDC00 && text.substr(6, 2) == "\\u") {
    const char32_t low = FourHexDigits(text.substr(8));
    if (low >= 0xDC00 && low <= 0xDFFF) {
      AppendRune(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), out);
      return 12;
    }
  }
  AppendRune(kReplacement, out);
  return 6;
}

std::size_t AppendEscape(std::string_view text, std::string* out) {
  constexpr std::string_view kNames = "bfnrt";
  constexpr std::string_view kMeanings = "\b\f\n\r\t";
  if (text[1] == 'u') return AppendUnicodeEscape(text, out);
  const std::size_t name = kNames.find(text[1]);
  out->push_back(name == std::string_view::npos ? text[1] : kMeanings[name]);
  return 2;
}

}  // namespace

bool IsJsonSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

JsonExtent MeasureJsonValue(std::string_view text) { return Matcher(text).Match(); }

std::size_t JsonStringLength(std::string_view text) {
  std::size_t at = 1;
  while (text[at] != '"') at += text[at] == '\\' ? 2 : 1;
  return at + 1;
}

std::string DecodeJsonString(std::string_view literal) {
  const std::string_view inside = literal.substr(1, literal.size() - 2);
  std::string text;
  text.reserve(inside.size());
  std::size_t at = 0;
  while (at < inside.size()) {
    if (inside[at] == '\\') {
      at += AppendEscape(inside.substr(at), &text);
    } else {
      text.push_back(inside[at++]);
    }
  }
  return text;
}

}  // namespace mountguard::core

#include "core/yaml_scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "core/base64.h"

namespace mountguard::core {
namespace {

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";
constexpr std::size_t kShownText = 40;  // of a long scalar in a message

enum class Type { kNull, kBool, kInt, kUint, kFloat, kString, kTimestamp };

/// What a scalar means; `text` is that of a string, and of a timestamp, which stays one.
struct Meaning {
  Type type = Type::kString;
  bool boolean = false;
  std::int64_t signed_int = 0;
  std::uint64_t unsigned_int = 0;
  double number = 0;
  std::string_view text;
};

Meaning Null() { return {Type::kNull}; }
Meaning Bool(bool value) { return {Type::kBool, value}; }
Meaning Int(std::int64_t value) { return {Type::kInt, false, value}; }
Meaning Uint(std::uint64_t value) { return {Type::kUint, false, 0, value}; }
Meaning Float(double value) { return {Type::kFloat, false, 0, 0, value}; }
Meaning String(std::string_view text) { return {Type::kString, false, 0, 0, 0, text}; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSign(char c) { return c == '+' || c == '-'; }

struct Word {
  std::string_view text;
  Type type;
  double value;
};

/// The words with a meaning, by their first characters. `y` and `n` are among them: go-yaml keeps
/// to YAML 1.1.
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<Word, 38> kWords{{
    {"+.inf", Type::kFloat, kInfinity},
    {"+.Inf", Type::kFloat, kInfinity},
    {"+.INF", Type::kFloat, kInfinity},
    {"-.inf", Type::kFloat, -kInfinity},
    {"-.Inf", Type::kFloat, -kInfinity},
    {"-.INF", Type::kFloat, -kInfinity},
    {".nan", Type::kFloat, kNan},
    {".NaN", Type::kFloat, kNan},
    {".NAN", Type::kFloat, kNan},
    {".inf", Type::kFloat, kInfinity},
    {".Inf", Type::kFloat, kInfinity},
    {".INF", Type::kFloat, kInfinity},
    {"False", Type::kBool, 0},
    {"FALSE", Type::kBool, 0},
    {"N", Type::kBool, 0},
    {"No", Type::kBool, 0},
    {"NO", Type::kBool, 0},
    {"Null", Type::kNull, 0},
    {"NULL", Type::kNull, 0},
    {"On", Type::kBool, 1},
    {"ON", Type::kBool, 1},
    {"Off", Type::kBool, 0},
    {"OFF", Type::kBool, 0},
    {"True", Type::kBool, 1},
    {"TRUE", Type::kBool, 1},
    {"Y", Type::kBool, 1},
    {"Yes", Type::kBool, 1},
    {"YES", Type::kBool, 1},
    {"false", Type::kBool, 0},
    {"n", Type::kBool, 0},
    {"no", Type::kBool, 0},
    {"null", Type::kNull, 0},
    {"on", Type::kBool, 1},
    {"off", Type::kBool, 0},
    {"true", Type::kBool, 1},
    {"y", Type::kBool, 1},
    {"yes", Type::kBool, 1},
    {"~", Type::kNull, 0},
}};

constexpr std::size_t kLongestWord = 5;

/// How a plain scalar may start that is no text.
constexpr std::array<bool, 256> kStartsOther = [] {
  std::array<bool, 256> starts{};
  for (const char c : std::string_view("0123456789+-.yYnNtTfFoO~")) {
    starts[static_cast<unsigned char>(c)] = true;
  }
  return starts;
}();

bool StartsOther(char first) { return kStartsOther[static_cast<unsigned char>(first)]; }

static_assert(std::is_sorted(kWords.begin(), kWords.end(), [](const Word& a, const Word& b) {
  return a.text.front() < b.text.front();
}));

/// Where in kWords those begin that begin with a character, and where they end.
struct WordRange {
  std::uint8_t begin = 0;
  std::uint8_t end = 0;
};
constexpr std::array<WordRange, 256> kWordsBy = [] {
  std::array<WordRange, 256> ranges{};
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    WordRange& range = ranges[static_cast<unsigned char>(kWords[i].text.front())];
    if (range.end == 0) range.begin = static_cast<std::uint8_t>(i);
    range.end = static_cast<std::uint8_t>(i + 1);
  }
  return ranges;
}();

const Word* FindWord(std::string_view text) {
  if (text.size() > kLongestWord) return nullptr;
  const WordRange range = kWordsBy[static_cast<unsigned char>(text.front())];
  for (std::size_t i = range.begin; i < range.end; ++i) {
    const std::string_view word = kWords[i].text;
    if (word.size() == text.size() && std::equal(word.begin(), word.end(), text.begin())) {
      return &kWords[i];
    }
  }
  return nullptr;
}

Meaning MeaningOf(const Word& word) {
  if (word.type == Type::kBool) return Bool(word.value != 0);
  return word.type == Type::kFloat ? Float(word.value) : Null();
}

/// Digits of a base, all of them, within 64 bits.
std::optional<std::uint64_t> ParseDigits(std::string_view digits, int base) {
  std::uint64_t value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value, base);
  if (error != std::errc() || stop != end) return std::nullopt;
  return value;
}

std::optional<std::int64_t> WithSign(std::uint64_t magnitude, bool negative) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (magnitude <= kMax) {
    const auto value = static_cast<std::int64_t>(magnitude);
    return negative ? -value : value;
  }
  if (negative && magnitude == kMax + 1) return std::numeric_limits<std::int64_t>::min();
  return std::nullopt;
}

/// strconv.ParseUint with base 0, without underscores: 0x, 0o, 0b, and octal after a plain zero.
std::optional<std::uint64_t> ParsePrefixed(std::string_view text) {
  if (text.empty() || text[0] != '0') return ParseDigits(text, 10);
  if (text.size() == 1) return 0;
  if (text.size() >= 3) {
    switch (text[1]) {
      case 'x':
      case 'X':
        return ParseDigits(text.substr(2), 16);
      case 'o':
      case 'O':
        return ParseDigits(text.substr(2), 8);
      case 'b':
      case 'B':
        return ParseDigits(text.substr(2), 2);
      default:
        break;
    }
  }
  return ParseDigits(text.substr(1), 8);
}

/// strconv.ParseInt, then ParseUint, which takes no sign.
std::optional<Meaning> ParseInteger(std::string_view text) {
  const bool has_sign = IsSign(text.front());
  const auto magnitude = ParsePrefixed(text.substr(has_sign ? 1 : 0));
  if (!magnitude) return std::nullopt;
  if (const auto value = WithSign(*magnitude, text.front() == '-')) return Int(*value);
  if (has_sign) return std::nullopt;
  return Uint(*magnitude);
}

/// go-yaml's own binary numbers, for what ParseInt refuses: a sign behind the prefix.
std::optional<Meaning> ParseSignedBinary(std::string_view text) {
  constexpr std::string_view kPrefix = "0b";
  if (text.substr(0, kPrefix.size()) != kPrefix) return std::nullopt;
  const std::string_view digits = text.substr(kPrefix.size());
  if (digits.empty() || !IsSign(digits.front())) return std::nullopt;
  const auto magnitude = ParseDigits(digits.substr(1), 2);
  const auto value = magnitude ? WithSign(*magnitude, digits.front() == '-') : std::nullopt;
  if (!value) return std::nullopt;
  return Int(*value);
}

std::size_t CountDigits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && IsDigit(text[count])) ++count;
  return count;
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
bool LooksLikeFloat(std::string_view text) {
  if (IsSign(text.front())) text.remove_prefix(1);
  const std::size_t integer = CountDigits(text);
  text.remove_prefix(integer);
  if (!text.empty() && text.front() == '.') {
    const std::size_t fraction = CountDigits(text.substr(1));
    if (integer + fraction == 0) return false;
    text.remove_prefix(1 + fraction);
  } else if (integer == 0) {
    return false;
  }
  if (text.empty()) return true;
  if (text.front() != 'e' && text.front() != 'E') return false;
  text.remove_prefix(1);
  if (!text.empty() && IsSign(text.front())) text.remove_prefix(1);
  return !text.empty() && CountDigits(text) == text.size();
}

/// strconv.ParseFloat of decimal text: what is too large is no number, what is too small is zero.
std::optional<double> ParseFloat(std::string_view text) {
  if (text.front() == '+') text.remove_prefix(1);
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc()) return value;
  // from_chars does not tell too large from too small; a negative exponent does.
  const std::size_t exponent = text.find_first_of("eE");
  const bool small = exponent != std::string_view::npos
                         ? text.substr(exponent + 1, 1) == "-"
                         : text.find_first_of("123456789") > text.find('.');
  if (error == std::errc::result_out_of_range && small) return text.front() == '-' ? -0.0 : 0.0;
  return std::nullopt;
}

std::string WithoutUnderscores(std::string_view text) {
  std::string plain(text);
  plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
  return plain;
}

/// strconv.ParseFloat wants each underscore between digits.
bool UnderscoresSeparateDigits(std::string_view text) {
  for (std::size_t i = text.find('_'); i != std::string_view::npos; i = text.find('_', i + 1)) {
    if (i == 0 || i + 1 == text.size() || !IsDigit(text[i - 1]) || !IsDigit(text[i + 1])) {
      return false;
    }
  }
  return true;
}

/// A scalar that starts with a dot and is no word.
Meaning ResolveDotted(std::string_view text) {
  if (!UnderscoresSeparateDigits(text)) return String(text);
  const std::string plain = WithoutUnderscores(text);
  if (!LooksLikeFloat(plain)) return String(text);
  const auto value = ParseFloat(plain);
  return value ? Float(*value) : String(text);
}

/// Reads "2006-1-2" and, behind it, an optional time, as time.Parse does with go-yaml's formats.
class TimestampMatcher {
 public:
  explicit TimestampMatcher(std::string_view text) : text_(text) {}

  bool Match() {
    int year = 0, month = 0, day = 0;
    if (!Number(4, 4, &year) || !Take('-') || !Number(1, 2, &month) || !Take('-') ||
        !Number(1, 2, &day) || !IsDate(year, month, day)) {
      return false;
    }
    if (text_.empty()) return true;
    if (Take(' ')) {
      while (Take(' ')) {
      }
      return Clock() && text_.empty();
    }
    return (Take('T') || Take('t')) && Clock() && Zone() && text_.empty();
  }

 private:
  bool Take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  bool Number(std::size_t least, std::size_t most, int* value) {
    const std::size_t digits = std::min(CountDigits(text_), most);
    if (digits < least) return false;
    std::from_chars(text_.data(), text_.data() + digits, *value);
    text_.remove_prefix(digits);
    return true;
  }

  bool Clock() {
    int hour = 0, minute = 0, second = 0;
    if (!Number(1, 2, &hour) || !Take(':') || !Number(1, 2, &minute) || !Take(':') ||
        !Number(1, 2, &second)) {
      return false;
    }
    if (!text_.empty() && (text_.front() == '.' || text_.front() == ',')) {
      const std::size_t fraction = CountDigits(text_.substr(1));
      if (fraction > 0) text_.remove_prefix(1 + fraction);
    }
    return hour < 24 && minute < 60 && second < 60;
  }

  bool Zone() {
    if (Take('Z')) return true;
    int hour = 0, minute = 0;
    return (Take('+') || Take('-')) && Number(2, 2, &hour) && Take(':') && Number(2, 2, &minute) &&
           hour <= 24 && minute < 60;
  }

  static bool IsDate(int year, int month, int day) {
    constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1) return false;
    const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return day <= kDays[static_cast<std::size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
  }

  std::string_view text_;
};

/// A scalar that starts with a digit or a sign and is no word.
Meaning ResolveNumeric(std::string_view text) {
  const std::string plain = WithoutUnderscores(text);
  if (const auto integer = ParseInteger(plain)) return *integer;
  if (LooksLikeFloat(plain)) {
    if (const auto value = ParseFloat(plain)) return Float(*value);
  }
  return ParseSignedBinary(plain).value_or(String(text));
}

Meaning ResolvePlain(std::string_view text, std::string_view tag) {
  if (text.empty()) return Null();
  const char first = text.front();
  if (IsDigit(first) || IsSign(first)) {
    if (const Word* word = IsSign(first) ? FindWord(text) : nullptr) return MeaningOf(*word);
    if (tag == "timestamp" && TimestampMatcher(text).Match()) {
      return {Type::kTimestamp, false, 0, 0, 0, text};
    }
    return ResolveNumeric(text);
  }
  if (!StartsOther(first)) return String(text);
  if (const Word* word = FindWord(text)) return MeaningOf(*word);
  return first == '.' ? ResolveDotted(text) : String(text);
}

/// The part of a tag behind YAML's own prefix, or nothing for any other tag.
std::string_view ShortTag(std::string_view tag) {
  if (tag.substr(0, kTagPrefix.size()) != kTagPrefix) return {};
  return tag.substr(kTagPrefix.size());
}

std::string Shorten(std::string_view text) {
  return text.size() <= kShownText ? std::string(text)
                                   : std::string(text.substr(0, kShownText)) + "...";
}

Unexpected<Error> WrongTag(std::string_view tag, std::string_view text) {
  return Failure(fmt::format("`{}` is not what its tag !!{} says: remove the tag or mend the value",
                             Shorten(text), tag));
}

/// The meaning of a scalar whose tag is one of those that go-yaml resolves.
Result<Meaning> ResolveTagged(std::string_view text, std::string_view tag) {
  const Meaning meaning = ResolvePlain(text, tag);
  constexpr std::array<std::string_view, 7> kTagOf{"null",  "bool", "int",      "int",
                                                   "float", "str",  "timestamp"};
  if (tag == kTagOf[static_cast<std::size_t>(meaning.type)]) return meaning;
  if (tag == "float" && meaning.type == Type::kInt) {
    return Float(static_cast<double>(meaning.signed_int));
  }
  return WrongTag(tag, text);
}

/// `decoded` holds the text of the meaning where it is not the scalar's own.
Result<Meaning> Resolve(const YamlScalar& scalar, std::string* decoded) {
  if (scalar.tag.empty()) {
    return scalar.implicit ? ResolvePlain(scalar.text, {}) : String(scalar.text);
  }
  const std::string_view tag = ShortTag(scalar.tag);
  if (tag == "binary") {
    auto bytes = DecodeBase64(scalar.text);
    if (!bytes) {
      return Failure("the value of a !!binary is no base64: mend it, or remove the tag");
    }
    *decoded = *std::move(bytes);
    return String(*decoded);
  }
  constexpr std::array<std::string_view, 5> kResolved{"bool", "int", "float", "null", "timestamp"};
  if (std::find(kResolved.begin(), kResolved.end(), tag) != kResolved.end()) {
    return ResolveTagged(scalar.text, tag);
  }
  return String(scalar.text);
}

/// strconv.FormatFloat(value, 'g', -1, 32), with YAML's words for what is no number.
std::string FloatKey(double value) {
  const auto narrow = static_cast<float>(value);
  if (std::isnan(narrow)) return ".nan";
  if (std::isinf(narrow)) return narrow > 0 ? ".inf" : "-.inf";
  const float magnitude = std::fabs(narrow);
  const bool plain = magnitude == 0 || (magnitude >= 1e-4F && magnitude < 1e6F);
  std::array<char, 64> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), narrow,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  return std::string(text.data(), end);
}

/// True if the scalar is a text at first sight: quoted, or plain and starting like no other type,
/// or like a word and being none.
bool IsText(const YamlScalar& scalar) {
  if (!scalar.tag.empty()) return false;
  if (!scalar.implicit) return true;
  if (scalar.text.empty()) return false;
  const char first = scalar.text.front();
  if (!StartsOther(first)) return true;
  const bool letter = (first | 0x20) >= 'a' && (first | 0x20) <= 'z';
  return letter && FindWord(scalar.text) == nullptr;
}

}  // namespace

Result<void> WriteYamlValue(const YamlScalar& scalar, JsonTape* json) {
  if (IsText(scalar)) {
    json->String(scalar.text);
    return {};
  }
  std::string decoded;
  const auto meaning = Resolve(scalar, &decoded);
  if (!meaning) return Unexpected(meaning.error());
  switch (meaning->type) {
    case Type::kNull:
      json->Null();
      break;
    case Type::kBool:
      json->Bool(meaning->boolean);
      break;
    case Type::kInt:
      json->Int(meaning->signed_int);
      break;
    case Type::kUint:
      json->Uint(meaning->unsigned_int);
      break;
    case Type::kFloat:
      if (!std::isfinite(meaning->number)) {
        return Failure(fmt::format("`{}` is no number that JSON can hold: quote it if it is text",
                                   scalar.text));
      }
      json->Number(meaning->number);
      break;
    case Type::kString:
    case Type::kTimestamp:
      json->String(meaning->text);
      break;
  }
  return {};
}

Result<void> WriteYamlKey(const YamlScalar& scalar, JsonTape* json) {
  if (IsText(scalar)) {
    json->String(scalar.text);
    return {};
  }
  std::string decoded;
  const auto meaning = Resolve(scalar, &decoded);
  if (!meaning) return Unexpected(meaning.error());
  switch (meaning->type) {
    case Type::kNull:
      return Failure("a key is missing or null: a key must be a string (quote it)");
    case Type::kUint:
      return Failure(fmt::format("the key {} is too large a number: quote it", scalar.text));
    case Type::kBool:
      json->String(meaning->boolean ? "true" : "false");
      break;
    case Type::kInt:
      json->String(fmt::to_string(meaning->signed_int));
      break;
    case Type::kFloat:
      json->String(FloatKey(meaning->number));
      break;
    case Type::kString:
    case Type::kTimestamp:
      json->String(meaning->text);
      break;
  }
  return {};
}

bool IsMergeKey(const YamlScalar& scalar) {
  constexpr std::string_view kMergeTag = "tag:yaml.org,2002:merge";
  return scalar.text == "<<" && (scalar.implicit || scalar.tag == kMergeTag);
}

}  // namespace mountguard::core

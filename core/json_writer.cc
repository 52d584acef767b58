#include "core/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <optional>
#include <vector>

#include "core/byte_words.h"
#include "core/utf8.h"

namespace mountguard::core {
namespace {

/// Digits with a fraction or an exponent: what is read of them is floating point again.
void AppendDouble(double value, std::string* out) {
  constexpr double kExactIntegers = 9007199254740992.0;
  const double magnitude = std::fabs(value);
  const bool fixed = magnitude == 0 || (magnitude >= 1e-6 && magnitude < kExactIntegers);
  std::array<char, 64> digits;
  char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value,
                                  fixed ? std::chars_format::fixed : std::chars_format::scientific)
                        .ptr;
  out->append(digits.data(), end);
  if (fixed && std::find(digits.data(), end, '.') == end) out->append(".0");
}

template <class T>
void AppendInteger(T value, std::string* out) {
  std::array<char, 24> digits;
  out->append(digits.data(),
              std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void AppendJsonScalar(JsonValue value, std::string* out) {
  switch (value.type()) {
    case JsonType::kNull:
      out->append("null");
      break;
    case JsonType::kBool:
      out->append(value.IsTrue() ? "true" : "false");
      break;
    case JsonType::kInt64:
      AppendInteger(*value.AsInt64(), out);
      break;
    case JsonType::kUint64:
      AppendInteger(*value.AsUint64(), out);
      break;
    case JsonType::kDouble:
      AppendDouble(*value.AsDouble(), out);
      break;
    case JsonType::kString:
      AppendJsonString(value.AsString(), out);
      break;
    default:
      break;
  }
}

/// What JSON asks of a byte inside a string: nothing (0), `\\` and this character, `\\u00` and two
/// digits ('u'), or a look at the UTF-8 that begins there ('8').
constexpr std::array<char, 256> Escapes() {
  std::array<char, 256> escapes{};
  for (std::size_t byte = 0; byte < 0x20; ++byte) escapes[byte] = 'u';
  for (std::size_t byte = 0x80; byte < 256; ++byte) escapes[byte] = '8';
  escapes['\n'] = 'n';
  escapes['\r'] = 'r';
  escapes['\t'] = 't';
  escapes['"'] = '"';
  escapes['\\'] = '\\';
  return escapes;
}
constexpr std::array<char, 256> kEscapes = Escapes();

char EscapeOf(char c) { return kEscapes[static_cast<unsigned char>(c)]; }

/// True if JSON takes all of `text` as it is; may be false of text that it takes, too. Looks at
/// eight bytes at a time, for printable ASCII without the quote and the backslash.
bool IsPlain(std::string_view text) {
  // With this bit turned over, the quote lies behind the control characters and before all others.
  constexpr ByteWord kQuoteBit = kEachByte * 2;
  static_assert(('"' ^ 2) == ' ' && (' ' ^ 2) > ' ' && ('!' ^ 2) > ' ');
  return !AnyWord(text, [](ByteWord word) {
    return BytesAboveAscii(word) | BytesBelow(word ^ kQuoteBit, ' ' + 1) | BytesEqual(word, '\\');
  });
}

/// Appends text of which something must be escaped, by way of a small buffer: a JSON text inside a
/// JSON text has a quote every few bytes, and an append for each stretch between costs more.
void AppendEscaped(std::string_view text, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::size_t kLongest = 6;  // what one byte, or one rune, becomes at most
  std::array<char, 512> buffer;
  std::size_t used = 0;
  for (std::size_t i = 0; i < text.size();) {
    if (used + kLongest > buffer.size()) {
      out->append(buffer.data(), used);
      used = 0;
    }
    const char c = text[i];
    const char escape = EscapeOf(c);
    if (escape == 0) {
      buffer[used++] = c;
      ++i;
    } else if (escape == '8') {
      const Rune rune = DecodeRune(text.substr(i));
      const std::string_view bytes = rune.valid ? text.substr(i, rune.length) : "\xef\xbf\xbd";
      used += bytes.copy(buffer.data() + used, bytes.size());
      i += rune.length;
    } else {
      buffer[used++] = '\\';
      buffer[used++] = escape;
      if (escape == 'u') {
        const auto byte = static_cast<unsigned char>(c);
        for (char digit : {'0', '0', kHex[byte >> 4], kHex[byte & 15]}) buffer[used++] = digit;
      }
      ++i;
    }
  }
  out->append(buffer.data(), used);
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  if (IsPlain(text)) {
    out->append(text);
  } else {
    AppendEscaped(text, out);
  }
  out->push_back('"');
}

void AppendJson(JsonValue value, std::string* out) {
  struct Pending {
    JsonValue value;                      // absent: only `text` is to be written
    std::string_view text;                // before the value
    std::optional<std::string_view> key;  // between the two
  };
  std::vector<Pending> pending{{value, "", std::nullopt}};
  while (!pending.empty()) {
    const Pending next = pending.back();
    pending.pop_back();
    out->append(next.text);
    if (next.key) {
      AppendJsonString(*next.key, out);
      out->push_back(':');
    }
    if (!next.value.IsObject() && !next.value.IsArray()) {
      AppendJsonScalar(next.value, out);
      continue;
    }
    out->push_back(next.value.IsObject() ? '{' : '[');
    pending.push_back({JsonValue(), next.value.IsObject() ? "}" : "]", std::nullopt});
    const std::size_t first = pending.size();
    const auto separator = [&] { return pending.size() == first ? "" : ","; };
    for (const JsonValue::Member& member : next.value.Members()) {
      pending.push_back({member.value, separator(), member.key});
    }
    for (const JsonValue element : next.value.Elements()) {
      pending.push_back({element, separator(), std::nullopt});
    }
    std::reverse(pending.begin() + static_cast<std::ptrdiff_t>(first), pending.end());
  }
}

void JsonWriter::Separate() {
  if (!first_) out_->push_back(',');
  first_ = false;
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  out_->push_back(bracket);
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  out_->push_back(bracket);
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view key) {
  Separate();
  AppendJsonString(key, out_);
  out_->push_back(':');
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view value) {
  Separate();
  AppendJsonString(value, out_);
  return *this;
}

JsonWriter& JsonWriter::Int(std::int64_t value) {
  Separate();
  AppendInteger(value, out_);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool value) {
  Separate();
  out_->append(value ? "true" : "false");
  return *this;
}

JsonWriter& JsonWriter::Null() {
  Separate();
  out_->append("null");
  return *this;
}

}  // namespace mountguard::core

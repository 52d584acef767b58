#include "core/json_tape.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "core/byte_words.h"
#include "core/utf8.h"

namespace mountguard::core {
namespace {

using TextSize = std::uint32_t;

/// simdjson counts no further; who wants to know more counts by itself.
constexpr std::size_t kMostCounted = 0xFFFFFF;
constexpr int kCountShift = 32;

bool IsAscii(std::string_view text) {
  return !AnyWord(text, [](ByteWord word) { return BytesAboveAscii(word); });
}

/// `text` with U+FFFD for each byte that is no UTF-8.
std::string MakeValid(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const Rune rune = DecodeRune(text);
    AppendRune(rune.code_point, &valid);
    text.remove_prefix(rune.length);
  }
  return valid;
}

/// The integer that Go writes for a large one that is floating point: the shortest digits that give
/// it back, filled up with zeros.
std::int64_t ShortestInteger(double value) {
  std::array<char, 32> text;
  char* const end =
      std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::scientific)
          .ptr;
  char* const exponent = std::find(text.data(), end, 'e');
  std::string digits(text.data(), exponent);
  int zeros = 0;
  std::from_chars(exponent + 2, end, zeros);  // behind "e+"
  const std::size_t point = digits.find('.');
  if (point != std::string::npos) {
    zeros -= static_cast<int>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  digits.append(static_cast<std::size_t>(zeros), '0');
  std::int64_t integer = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), integer);
  return integer;
}

}  // namespace

JsonValue JsonTape::root() const {
  return words_.empty() ? JsonValue() : JsonValue(words_.data(), texts_.get(), 0);
}

void JsonTape::Double(double value) {
  std::uint64_t bits = 0;
  static_assert(sizeof bits == sizeof value);
  std::memcpy(&bits, &value, sizeof bits);
  PutNumber('d', bits);
}

void JsonTape::Number(double value) {
  constexpr double kExactIntegers = 9007199254740992.0;
  constexpr double kInt64End = 9223372036854775808.0;
  const double magnitude = std::fabs(value);
  if (magnitude >= kInt64End || std::trunc(value) != value) return Double(value);
  Int(magnitude < kExactIntegers ? static_cast<std::int64_t>(value) : ShortestInteger(value));
}

void JsonTape::String(std::string_view text) {
  if (!IsAscii(text) && !IsValidUtf8(text)) return String(MakeValid(text));
  const auto size = static_cast<TextSize>(text.size());
  const std::size_t end = texts_size_ + sizeof size + text.size();
  if (end > texts_capacity_) {
    texts_capacity_ = std::max(end, texts_capacity_ * 2);
    std::unique_ptr<std::uint8_t[]> grown(new std::uint8_t[texts_capacity_]);
    std::copy_n(texts_.get(), texts_size_, grown.get());
    texts_ = std::move(grown);
  }
  Put('"', texts_size_);
  std::uint8_t* const at = texts_.get() + texts_size_;
  std::memcpy(at, &size, sizeof size);
  text.copy(reinterpret_cast<char*>(at + sizeof size), text.size());
  texts_size_ = end;
}

void JsonTape::Close(Index opened, std::size_t count) {
  const char closing = static_cast<char>(words_[opened] >> kTagShift) == '{' ? '}' : ']';
  Put(closing, opened);
  words_[opened] |=
      static_cast<std::uint64_t>(std::min(count, kMostCounted)) << kCountShift | next();
}

void JsonTape::Repeat(Index first, Index last) {
  const std::size_t size = words_.size() + (last - first);
  if (size > words_.capacity()) words_.reserve(size * 2);  // what is copied must stay where it is
  Append(words_.data() + first, last - first, first);
}

void JsonTape::Reverse(const std::vector<Index>& pieces) {
  const Index start = pieces.front();
  const std::vector<std::uint64_t> list(words_.begin() + static_cast<std::ptrdiff_t>(start),
                                        words_.end());
  Index end = words_.size();
  words_.resize(start);
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    Append(list.data() + (*piece - start), end - *piece, *piece);
    end = *piece;
  }
}

void JsonTape::Append(const std::uint64_t* words, std::size_t count, Index from) {
  const std::uint64_t moved = next() - from;  // modulo 2^64, as the sums below
  constexpr std::uint64_t kPlace = 0xFFFFFFFF;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t word = words[i];
    switch (static_cast<char>(word >> kTagShift)) {
      case '{':
      case '[':
      case '}':
      case ']':
        words_.push_back((word & ~kPlace) | ((word + moved) & kPlace));
        break;
      case 'l':
      case 'u':
      case 'd':
        words_.push_back(word);
        words_.push_back(words[++i]);
        break;
      default:
        words_.push_back(word);
        break;
    }
  }
}

std::string_view JsonTape::TextAt(std::size_t text) const {
  TextSize size = 0;
  std::memcpy(&size, texts_.get() + text, sizeof size);
  return {reinterpret_cast<const char*>(texts_.get() + text + sizeof size), size};
}

}  // namespace mountguard::core

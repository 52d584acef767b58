#ifndef MOUNTGUARD_CORE_BYTE_WORDS_H_
#define MOUNTGUARD_CORE_BYTE_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace mountguard::core {

/// Eight bytes of a text, to be looked at together. What is found in them is marked by high bits:
/// there is one if the result is not 0, but which byte it is, only the lowest mark tells.
using ByteWord = std::uint64_t;

inline constexpr ByteWord kEachByte = 0x0101010101010101;

/// Bytes beyond ASCII.
constexpr ByteWord BytesAboveAscii(ByteWord word) { return word & kEachByte * 0x80; }

/// ASCII bytes below `limit`, which is at most 0x80.
constexpr ByteWord BytesBelow(ByteWord word, char limit) {
  return (word - kEachByte * static_cast<unsigned char>(limit)) & ~word & kEachByte * 0x80;
}

/// Bytes that are `c`.
constexpr ByteWord BytesEqual(ByteWord word, char c) {
  return BytesBelow(word ^ kEachByte * static_cast<unsigned char>(c), 1);
}

/// The eight bytes of `text` that begin at `at`.
inline ByteWord WordAt(std::string_view text, std::size_t at) {
  ByteWord word = 0;
  std::memcpy(&word, text.data() + at, sizeof word);
  return word;
}

/// A word of all bytes of `text`, which has some but less than eight: some stand there twice.
inline ByteWord WordOfShort(std::string_view text) {
  const std::size_t size = text.size();
  if (size >= sizeof(std::uint32_t)) {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::memcpy(&first, text.data(), sizeof first);
    std::memcpy(&last, text.data() + size - sizeof last, sizeof last);
    return ByteWord{first} << 32 | last;
  }
  const auto repeated = [text](std::size_t at) {
    return kEachByte * static_cast<unsigned char>(text[at]);
  };
  return (repeated(0) & 0xFFFFFFFF00000000) | (repeated(size / 2) & 0xFFFF0000) |
         (repeated(size - 1) & 0xFFFF);
}

/// Whether `find` finds something in any word of `text`.
template <class Find>
bool AnyWord(std::string_view text, const Find& find) {
  if (text.empty()) return false;
  if (text.size() < sizeof(ByteWord)) return find(WordOfShort(text)) != 0;
  ByteWord found = find(WordAt(text, text.size() - sizeof(ByteWord)));
  for (std::size_t at = 0; at + sizeof(ByteWord) < text.size(); at += sizeof(ByteWord)) {
    found |= find(WordAt(text, at));
  }
  return found != 0;
}

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_BYTE_WORDS_H_

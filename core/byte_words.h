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

/// Whether `find` finds something in any word of `text`, which has at least eight bytes.
template <class Find>
bool AnyWord(std::string_view text, const Find& find) {
  const auto word_at = [text](std::size_t at) {
    ByteWord word = 0;
    std::memcpy(&word, text.data() + at, sizeof word);
    return word;
  };
  ByteWord found = find(word_at(text.size() - sizeof(ByteWord)));
  for (std::size_t at = 0; at + sizeof(ByteWord) < text.size(); at += sizeof(ByteWord)) {
    found |= find(word_at(at));
  }
  return found != 0;
}

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_BYTE_WORDS_H_

#ifndef MOUNTGUARD_CORE_JSON_TAPE_H_
#define MOUNTGUARD_CORE_JSON_TAPE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "core/json_reader.h"

namespace mountguard::core {

/// A JSON value that is written piece by piece, in the form in which simdjson leaves one that it
/// has parsed (doc/tape.md there): a JsonValue reads both. So what comes from YAML need not become
/// JSON text first.
///
/// Values are written in their order; in a mapping a key, which is a String, comes before each.
/// Keeps its buffers when it is cleared. Not thread-safe.
class JsonTape {
 public:
  /// A place on the tape, in words.
  using Index = std::size_t;

  void Clear() {
    words_.clear();
    texts_size_ = 0;
  }

  /// What was written; absent if that is nothing. All that was opened must be closed. Borrowed: it
  /// is valid until this is changed or gone.
  JsonValue root() const;

  void Null() { Put('n', 0); }
  void Bool(bool value) { Put(value ? 't' : 'f', 0); }
  void Int(std::int64_t value) { PutNumber('l', static_cast<std::uint64_t>(value)); }
  void Uint(std::uint64_t value) { PutNumber('u', value); }
  /// A number that was written with a fraction or an exponent.
  void Double(double value);
  /// A number that Go writes as JSON before it is read: what has no fraction and fits into 64 bits
  /// becomes an integer.
  void Number(double value);
  /// Bytes that are no UTF-8 become U+FFFD, each.
  void String(std::string_view text);

  Index OpenMapping() { return Open('{'); }
  Index OpenSequence() { return Open('['); }
  /// Closes what was opened last, at `opened`, and has that many elements or members.
  void Close(Index opened, std::size_t count);

  /// Where the next value goes.
  Index next() const { return words_.size(); }
  /// Writes once more what lies from `first` to before `last`: whole values.
  void Repeat(Index first, Index last);
  /// Puts pieces that lie one behind the other, the first one at `pieces.front()`, the last one up
  /// to the end, into the opposite order.
  void Reverse(const std::vector<Index>& pieces);

  /// Where the text of the next String goes: what TextAt takes.
  std::size_t next_text() const { return texts_size_; }
  /// The text of a String. Borrowed, as root().
  std::string_view TextAt(std::size_t text) const;

 private:
  static constexpr int kTagShift = 56;

  Index Open(char tag) {
    Put(tag, 0);
    return next() - 1;
  }
  void Put(char tag, std::uint64_t payload) {
    words_.push_back(static_cast<std::uint64_t>(static_cast<unsigned char>(tag)) << kTagShift |
                     payload);
  }
  void PutNumber(char tag, std::uint64_t bits) {
    Put(tag, 0);
    words_.push_back(bits);
  }
  /// Appends words that stood at `from`, in the words of this tape or a copy of them.
  void Append(const std::uint64_t* words, std::size_t count, Index from);

  std::vector<std::uint64_t> words_;
  std::unique_ptr<std::uint8_t[]> texts_;  // each its size in 32 bits, then its bytes
  std::size_t texts_size_ = 0;
  std::size_t texts_capacity_ = 0;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_JSON_TAPE_H_

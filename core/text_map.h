#ifndef MOUNTGUARD_CORE_TEXT_MAP_H_
#define MOUNTGUARD_CORE_TEXT_MAP_H_

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

#include "core/text_hash.h"

namespace mountguard::core {

/// A map from texts to values for lists that are short in nearly every pod and huge in some.
///
/// The first entries lie in place and are searched one by one, which neither allocates nor hashes;
/// beyond them all entries go into one table with open addressing, so that cost stays in proportion
/// to the list. Keys are borrowed. T must be default constructible and cheap to copy. Not
/// thread-safe while being inserted into.
template <class T>
class TextMap {
 public:
  /// The value of `key`, or null. Valid until the next Insert.
  const T* Find(std::string_view key) const {
    if (!table_.empty()) {
      const Slot& slot = table_[Probe(key, HashOf(key))];
      return slot.hash == kEmpty ? nullptr : &slot.value;
    }
    for (std::size_t i = 0; i < count_; ++i) {
      if (in_place_[i].key == key) return &in_place_[i].value;
    }
    return nullptr;
  }
  bool Contains(std::string_view key) const { return Find(key) != nullptr; }

  /// Adds an entry unless `key` has one already; false if it has.
  bool Insert(std::string_view key, T value = {}) {
    if (table_.empty()) {
      if (Contains(key)) return false;
      if (count_ < kInPlace) {
        in_place_[count_++] = {key, value};
        return true;
      }
      Grow();
    }
    const std::size_t hash = HashOf(key);
    Slot& slot = table_[Probe(key, hash)];
    if (slot.hash != kEmpty) return false;
    slot = {hash, key, value};
    if (2 * ++count_ > table_.size()) Grow();
    return true;
  }

 private:
  struct Entry {
    std::string_view key;
    T value;
  };
  struct Slot {
    std::size_t hash = kEmpty;
    std::string_view key;
    T value{};
  };

  static constexpr std::size_t kInPlace = 16;
  static constexpr std::size_t kEmpty = 0;

  /// Never kEmpty.
  static std::size_t HashOf(std::string_view key) { return TextHash()(key) | 1; }

  /// The place of `key` in the table, or the empty one where it belongs.
  std::size_t Probe(std::string_view key, std::size_t hash) const {
    const std::size_t mask = table_.size() - 1;
    std::size_t at = (hash >> 1) & mask;
    while (table_[at].hash != kEmpty && (table_[at].hash != hash || table_[at].key != key)) {
      at = (at + 1) & mask;
    }
    return at;
  }

  /// Makes the table, or doubles it.
  void Grow() {
    std::vector<Slot> old(table_.empty() ? 4 * kInPlace : 2 * table_.size());
    old.swap(table_);
    const auto add = [this](std::size_t hash, std::string_view key, const T& value) {
      table_[Probe(key, hash)] = {hash, key, value};
    };
    for (const Slot& slot : old) {
      if (slot.hash != kEmpty) add(slot.hash, slot.key, slot.value);
    }
    if (!old.empty()) return;
    for (const Entry& entry : in_place_) add(HashOf(entry.key), entry.key, entry.value);
  }

  std::array<Entry, kInPlace> in_place_;
  std::size_t count_ = 0;
  std::vector<Slot> table_;  // a power of two of slots, at most half of them taken; or empty
};

/// The keys of a TextMap alone.
struct NoValue {};
using TextSet = TextMap<NoValue>;

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_TEXT_MAP_H_

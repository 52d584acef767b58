#ifndef MOUNTGUARD_CORE_TEXT_MAP_H_
#define MOUNTGUARD_CORE_TEXT_MAP_H_

#include <array>
#include <cstddef>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/text_hash.h"

namespace mountguard::core {

/// A map from texts to values for lists that are short in nearly every pod and huge in some.
///
/// The first entries lie in place and are searched one by one, which neither allocates nor hashes;
/// beyond them all entries are hashed, so that cost stays in proportion to the list. Keys are
/// borrowed. T must be default constructible and cheap to copy. Not thread-safe.
template <class T>
class TextMap {
 public:
  /// The value of `key`, or null. Valid until the next Insert.
  const T* Find(std::string_view key) const {
    if (!hashed_.empty()) {
      const auto found = hashed_.find(key);
      return found == hashed_.end() ? nullptr : &found->second;
    }
    for (std::size_t i = 0; i < count_; ++i) {
      if (entries_[i].first == key) return &entries_[i].second;
    }
    return nullptr;
  }
  bool Contains(std::string_view key) const { return Find(key) != nullptr; }

  /// Adds an entry unless `key` has one already; false if it has.
  bool Insert(std::string_view key, T value = {}) {
    if (hashed_.empty()) {
      if (Contains(key)) return false;
      if (count_ < kInPlace) {
        entries_[count_++] = {key, value};
        return true;
      }
      hashed_.insert(entries_.begin(), entries_.end());
    }
    return hashed_.emplace(key, value).second;
  }

 private:
  static constexpr std::size_t kInPlace = 32;

  std::array<std::pair<std::string_view, T>, kInPlace> entries_;
  std::size_t count_ = 0;
  std::unordered_map<std::string_view, T, TextHash> hashed_;
};

/// The keys of a TextMap alone.
struct NoValue {};
using TextSet = TextMap<NoValue>;

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_TEXT_MAP_H_

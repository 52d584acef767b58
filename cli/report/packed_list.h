#ifndef MOUNTGUARD_CLI_REPORT_PACKED_LIST_H_
#define MOUNTGUARD_CLI_REPORT_PACKED_LIST_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/scoped_fd.h"

namespace mountguard::cli {

/// What a run found, in its order, however much it is: the first thousand entries as they are, the
/// others packed, and beyond some megabytes in a temporary file without a name, so that memory does
/// not grow with them. Where no such file can be made, all stay in memory.
///
/// T is CheckResult, CheckError or SkippedDocument. What an iterator or operator[] refers to is
/// valid until the next step or call. Not thread-safe, not even for reading.
template <class T>
class PackedList {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = T;
    using difference_type = std::ptrdiff_t;
    using pointer = const T*;
    using reference = const T&;

    Iterator(const PackedList* list, std::size_t at) : list_(list), at_(at) {}
    reference operator*() const { return (*list_)[at_]; }
    pointer operator->() const { return &(*list_)[at_]; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.at_ == b.at_; }
    friend bool operator!=(const Iterator& a, const Iterator& b) { return a.at_ != b.at_; }

   private:
    const PackedList* list_;
    std::size_t at_;
  };

  PackedList() = default;
  PackedList(std::initializer_list<T> entries) : first_(entries) {}
  PackedList(PackedList&&) noexcept = default;
  PackedList& operator=(PackedList&&) noexcept = default;

  void Add(T entry);
  /// Adds what another list has.
  void AddAll(PackedList other);
  std::size_t size() const { return first_.size() + ends_.size(); }
  bool empty() const { return first_.empty(); }
  const T& operator[](std::size_t index) const;
  /// One of the first thousand, to be changed.
  T& operator[](std::size_t index) { return first_.at(index); }
  Iterator begin() const { return {this, 0}; }
  Iterator end() const { return {this, size()}; }

 private:
  void SpillPacked();
  std::string_view PackedEntry(std::size_t packed, std::string* read) const;

  std::vector<T> first_;
  std::vector<std::uint64_t> ends_;  // of each packed entry; the next one begins there
  std::uint64_t spilled_ = 0;        // how many of the packed bytes are in the file
  core::ScopedFd file_;              // gone when it is closed
  bool cannot_spill_ = false;
  std::string packed_;                   // the bytes behind them
  mutable std::unique_ptr<T> unpacked_;  // what operator[] refers to; few lists need one
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_PACKED_LIST_H_

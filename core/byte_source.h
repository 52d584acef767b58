#ifndef MOUNTGUARD_CORE_BYTE_SOURCE_H_
#define MOUNTGUARD_CORE_BYTE_SOURCE_H_

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "core/result.h"

namespace mountguard::core {

/// Bytes that come one after the other: of a file, a pipe, a text. Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// Puts at most `size` bytes (not 0) into `buffer` and says how many; 0 is the end. Fewer than
  /// asked for are no sign of the end.
  virtual Result<std::size_t> Read(char* buffer, std::size_t size) = 0;
};

/// A text that is in memory.
class TextSource final : public ByteSource {
 public:
  explicit TextSource(std::string text) : text_(std::move(text)) {}

  Result<std::size_t> Read(char* buffer, std::size_t size) override {
    const std::size_t count = text_.copy(buffer, size, at_);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_BYTE_SOURCE_H_

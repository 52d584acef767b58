#ifndef MOUNTGUARD_CORE_SOURCE_POS_H_
#define MOUNTGUARD_CORE_SOURCE_POS_H_

#include <compare>

namespace mountguard::core {

/// A place in a text as people and editors count: both from 1, columns in code points (not bytes).
/// Line 0 means "no place".
struct SourcePos {
  int line = 0;
  int column = 0;

  bool known() const { return line > 0; }
  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 sees a 0 in every comparison
  friend auto operator<=>(const SourcePos&, const SourcePos&) = default;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_SOURCE_POS_H_

#ifndef MOUNTGUARD_CORE_CLOCK_H_
#define MOUNTGUARD_CORE_CLOCK_H_

#include <chrono>

namespace mountguard::core {

using WallTime = std::chrono::system_clock::time_point;

/// The wall clock as a seam: expiry of exceptions and certificates is judged against it, so tests
/// and `--at` can say what day it is. Deadlines use std::chrono::steady_clock directly.
/// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Now() const = 0;
};

/// The machine's clock.
class SystemClock final : public Clock {
 public:
  WallTime Now() const override { return std::chrono::system_clock::now(); }
};

/// A clock that stands where it was put.
class FixedClock final : public Clock {
 public:
  explicit FixedClock(WallTime now) : now_(now) {}
  WallTime Now() const override { return now_; }

 private:
  WallTime now_;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_CLOCK_H_

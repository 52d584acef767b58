#ifndef MOUNTGUARD_WEBHOOK_LOG_WRITER_H_
#define MOUNTGUARD_WEBHOOK_LOG_WRITER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace mountguard::webhook {

/// Brings lines to a file descriptor, and never makes the one who logs wait for it.
///
/// A thread writes; what it has not written yet waits in memory. Lines that do not fit there (a
/// pipe that nobody reads) or that cannot be written (a full disk, a pipe without a reader) are
/// lost and counted, and told of as soon as writing works again. A line that was written by half
/// ends there; the next one begins on a line of its own. Where the system gives no thread, lines
/// are written by who logs, if that is possible at once. Thread-safe.
class LogWriter {
 public:
  /// Called on the writer's thread, with how many were lost since the last time and why the last of
  /// them was; may call Write, which then has room in any case.
  using OnLoss = std::function<void(std::uint64_t lines, std::string_view reason)>;

  /// `fd` is borrowed. `room` is how many bytes may wait.
  explicit LogWriter(int fd, OnLoss on_loss = {}, std::size_t room = 4 << 20);
  /// As Flush, for a second; what is not written then is lost.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  /// `line` ends with a newline.
  void Write(std::string_view line);
  /// Waits until all is written or lost; false if that took longer than `patience`.
  bool Flush(std::chrono::milliseconds patience);
  /// Lines lost since the start.
  std::uint64_t lost() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // the thread's, too: it may hang in a write when this goes
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_LOG_WRITER_H_

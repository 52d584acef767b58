#ifndef MOUNTGUARD_WEBHOOK_SIGNALS_H_
#define MOUNTGUARD_WEBHOOK_SIGNALS_H_

#include <signal.h>

#include <chrono>
#include <optional>

namespace mountguard::webhook {

/// SIGTERM, SIGINT, SIGUSR1 and SIGUSR2 as something to wait for. They are blocked in the thread
/// that makes this and in all that it starts from then on; so they are not lost on process 1 of a
/// container, which gets no signal that it has no use for. SIGPIPE is ignored: a client that went
/// away is no event.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Blocks until one comes, and says which.
  int Wait() const;
  /// Nothing if none came within `time`.
  std::optional<int> WaitFor(std::chrono::milliseconds time) const;

 private:
  sigset_t signals_;
  sigset_t before_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_SIGNALS_H_

#ifndef MOUNTGUARD_WEBHOOK_STOP_SIGNALS_H_
#define MOUNTGUARD_WEBHOOK_STOP_SIGNALS_H_

#include <signal.h>

#include <chrono>

namespace mountguard::webhook {

/// SIGTERM and SIGINT as something to wait for. They are blocked in the thread that makes this and
/// in all that it starts from then on; SIGPIPE is ignored: a client that went away is no event.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Blocks until one comes.
  void Wait() const;
  /// True if one came within `time`.
  bool WaitFor(std::chrono::milliseconds time) const;
  /// Lets the next one end the process, as it does by default.
  void Release();

 private:
  sigset_t signals_;
  sigset_t before_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_STOP_SIGNALS_H_

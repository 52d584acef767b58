#include "webhook/stop_signals.h"

#include <cerrno>
#include <ctime>

namespace mountguard::webhook {

StopSignals::StopSignals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  signal(SIGPIPE, SIG_IGN);
}

StopSignals::~StopSignals() { Release(); }

void StopSignals::Wait() const {
  int ignored = 0;
  sigwait(&signals_, &ignored);
}

bool StopSignals::WaitFor(std::chrono::milliseconds time) const {
  const auto until = std::chrono::steady_clock::now() + time;
  while (true) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left.count() < 0) return false;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const std::chrono::nanoseconds rest = left - seconds;
    const timespec timeout{seconds.count(), rest.count()};
    if (sigtimedwait(&signals_, nullptr, &timeout) > 0) return true;
    if (errno != EINTR) return false;
  }
}

void StopSignals::Release() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

}  // namespace mountguard::webhook

#include "webhook/signals.h"

#include <cerrno>
#include <ctime>

namespace mountguard::webhook {

Signals::Signals() {
  sigemptyset(&signals_);
  for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) sigaddset(&signals_, number);
  pthread_sigmask(SIG_BLOCK, &signals_, &before_);
  signal(SIGPIPE, SIG_IGN);
}

Signals::~Signals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int Signals::Wait() const {
  int number = 0;
  while (sigwait(&signals_, &number) != 0) {
  }
  return number;
}

std::optional<int> Signals::WaitFor(std::chrono::milliseconds time) const {
  const auto until = std::chrono::steady_clock::now() + time;
  while (true) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left.count() < 0) return std::nullopt;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const std::chrono::nanoseconds rest = left - seconds;
    const timespec timeout{seconds.count(), rest.count()};
    if (const int number = sigtimedwait(&signals_, nullptr, &timeout); number > 0) return number;
    if (errno != EINTR) return std::nullopt;
  }
}

}  // namespace mountguard::webhook

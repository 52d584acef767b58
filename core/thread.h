#ifndef MOUNTGUARD_CORE_THREAD_H_
#define MOUNTGUARD_CORE_THREAD_H_

#include <sys/eventfd.h>

#include <functional>
#include <thread>

#include "core/result.h"
#include "core/scoped_fd.h"

namespace mountguard::core {

/// Starts a thread that takes no signals: those are for the main thread, and SIGPIPE is for nobody.
/// Fails in words where the system gives no thread. `name` (15 bytes at most) is what tools show.
Result<std::thread> StartThread(const char* name, std::function<void()> run);

/// Wakes one thread that sleeps in poll or epoll. Any thread may call Wake.
class Waker {
 public:
  Waker() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  bool ok() const { return fd_.valid(); }
  int fd() const { return fd_.get(); }
  void Wake() const { ::eventfd_write(fd_.get(), 1); }
  void Clear() const {
    eventfd_t count = 0;
    ::eventfd_read(fd_.get(), &count);
  }

 private:
  ScopedFd fd_;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_THREAD_H_

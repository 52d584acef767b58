#ifndef MOUNTGUARD_CORE_SCOPED_FD_H_
#define MOUNTGUARD_CORE_SCOPED_FD_H_

#include <unistd.h>

#include <utility>

namespace mountguard::core {

/// Owns a file descriptor, or nothing (-1), and closes it when it goes out of scope.
class ScopedFd {
 public:
  ScopedFd() = default;
  explicit ScopedFd(int fd) : fd_(fd) {}
  ~ScopedFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  ScopedFd(ScopedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ScopedFd& operator=(ScopedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  /// Gives the descriptor away; the caller closes it.
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_SCOPED_FD_H_

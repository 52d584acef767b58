#include "node/mount_monitor.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace mountguard::node {
namespace {

constexpr int kMostTries = 10;  // where mounts never rest, what was read last is told

core::Unexpected<core::Error> SystemFailure(const std::string& path) {
  return core::Failure(path + ": " + std::generic_category().message(errno));
}

/// True if mounts have changed since the last time that this was asked.
bool HasChanged(int file) {
  pollfd one = {file, POLLPRI, 0};
  return ::poll(&one, 1, 0) > 0 && (one.revents & POLLPRI) != 0;
}

}  // namespace

core::Result<MountMonitor> MountMonitor::Open(const std::string& path) {
  core::ScopedFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return SystemFailure(path);
  return MountMonitor(path, std::move(file));
}

core::Result<MountTable> MountMonitor::Read() {
  std::string text;
  for (int tries = 0; tries == 0 || (tries < kMostTries && HasChanged(fd())); ++tries) {
    if (tries == 0) HasChanged(fd());  // what is read below is newer
    text.clear();
    if (::lseek(fd(), 0, SEEK_SET) != 0) return SystemFailure(path_);
    std::array<char, 64 * 1024> buffer;
    while (true) {
      const ssize_t count = ::read(fd(), buffer.data(), buffer.size());
      if (count == 0) break;
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return SystemFailure(path_);
      text.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
  auto table = ParseMountInfo(std::move(text));
  if (!table) return core::Failure(path_ + ": " + table.error().message);
  return table;
}

}  // namespace mountguard::node

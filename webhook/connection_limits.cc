#include "webhook/connection_limits.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>

#include "webhook/process_stats.h"

namespace mountguard::webhook {
namespace {

/// A Prometheus or two, and somebody with curl.
constexpr std::size_t kMetrics = 16;
/// Both servers' own sockets, epoll sets and wakers, and the files that are open at one time.
constexpr std::size_t kOthers = 48;
constexpr std::size_t kLeast = 4;

}  // namespace

core::Result<ConnectionLimits> ShareOut(std::optional<std::size_t> free_descriptors,
                                        std::size_t wanted) {
  if (!free_descriptors) return ConnectionLimits{wanted, kMetrics};
  // Where there are few, the ports get half of them.
  const std::size_t others = std::min(kOthers, *free_descriptors / 2);
  const std::size_t ports = *free_descriptors - others;
  const std::size_t metrics = std::min(kMetrics, ports / 4);
  if (metrics < kLeast) {
    return core::Failure(
        fmt::format("the limit on open files leaves {} descriptors, too few to serve with; raise "
                    "it (ulimit -n), at least by {}",
                    *free_descriptors, 8 * kLeast - *free_descriptors));
  }
  return ConnectionLimits{std::min(wanted, ports - metrics), metrics};
}

std::optional<std::size_t> FreeDescriptors() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur == RLIM_INFINITY) {
    return std::nullopt;
  }
  const auto open = static_cast<rlim_t>(ReadProcessStats().open_fds);
  return files.rlim_cur - std::min(open, files.rlim_cur);
}

}  // namespace mountguard::webhook

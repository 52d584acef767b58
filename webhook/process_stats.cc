#include "webhook/process_stats.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <sstream>
#include <string>

#include "core/file_reader.h"

namespace mountguard::webhook {
namespace {

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// Field `number` of /proc/self/stat as proc(5) counts them, the ones behind the command's name.
double StatField(const std::string& stat, int number) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  for (int i = 3; i <= number; ++i) fields >> field;
  return fields ? std::strtod(field.c_str(), nullptr) : 0;
}

/// When the machine started: the line "btime N" of /proc/stat.
double BootTime(const std::string& stat) {
  const std::size_t found = stat.find("\nbtime ");
  return found == std::string::npos ? 0 : std::strtod(stat.c_str() + found + 7, nullptr);
}

}  // namespace

ProcessStats ReadProcessStats() {
  ProcessStats stats;
  const core::SystemFileReader files;
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    stats.cpu_seconds = Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) stats.max_fds = static_cast<double>(limit.rlim_cur);
  if (const auto fds = files.List("/proc/self/fd")) {
    stats.open_fds = static_cast<double>(fds->size());
  }
  if (const auto stat = files.Read("/proc/self/stat")) {
    stats.virtual_bytes = StatField(*stat, 23);
    stats.resident_bytes = StatField(*stat, 24) * static_cast<double>(sysconf(_SC_PAGESIZE));
    if (const auto machine = files.Read("/proc/stat")) {
      stats.start_time_seconds =
          BootTime(*machine) + StatField(*stat, 22) / static_cast<double>(sysconf(_SC_CLK_TCK));
    }
  }
  return stats;
}

}  // namespace mountguard::webhook

#ifndef MOUNTGUARD_WEBHOOK_PROCESS_STATS_H_
#define MOUNTGUARD_WEBHOOK_PROCESS_STATS_H_

namespace mountguard::webhook {

/// What the kernel says of this process, in the units of Prometheus' process metrics.
struct ProcessStats {
  double cpu_seconds = 0;
  double open_fds = 0;
  double max_fds = 0;
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double start_time_seconds = 0;
};

/// Reads /proc/self; what cannot be read stays 0. Thread-safe.
ProcessStats ReadProcessStats();

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_PROCESS_STATS_H_

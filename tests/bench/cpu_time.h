#ifndef MOUNTGUARD_TESTS_BENCH_CPU_TIME_H_
#define MOUNTGUARD_TESTS_BENCH_CPU_TIME_H_

#include <ctime>

namespace mountguard::bench {

/// CPU time of this thread, in seconds: others on the machine do not count.
inline double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// What `run()` takes of it.
template <class F>
double Seconds(const F& run) {
  const double start = CpuSeconds();
  run();
  return CpuSeconds() - start;
}

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_CPU_TIME_H_

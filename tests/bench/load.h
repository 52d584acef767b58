#ifndef MOUNTGUARD_TESTS_BENCH_LOAD_H_
#define MOUNTGUARD_TESTS_BENCH_LOAD_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace mountguard::bench {

/// How a server on 127.0.0.1 is loaded: every connection sends a request, waits for the whole
/// answer, and sends the next. Sessions are never resumed, as the API server's client never does.
struct LoadOptions {
  std::uint16_t port = 0;
  int connections = 1;
  std::chrono::milliseconds duration{3000};
  std::string path = "/validate";
  std::string body;
  bool new_connection_each = false;  // connect, full handshake, one request, close
  bool tls = true;
  std::function<void()> on_start;  // every connection has had an answer: from here on it counts
};

struct LoadResult {
  std::uint64_t requests = 0;
  std::uint64_t failures = 0;  // answers other than 200, broken connections
  double seconds = 0;
  std::vector<double> latencies_us;  // of every request, unsorted

  double PerSecond() const { return static_cast<double>(requests) / seconds; }
  /// In microseconds; `quantile` from 0 to 1. Reorders the latencies.
  double Latency(double quantile);
};

/// Runs the load on this thread and returns when the time is over. Bounded by `duration`.
LoadResult Load(const LoadOptions& options);

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_LOAD_H_

#ifndef MOUNTGUARD_TESTS_BENCH_CROWD_H_
#define MOUNTGUARD_TESTS_BENCH_CROWD_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "tests/webhook/client.h"

namespace mountguard::bench {

struct CrowdSize {
  int idle = 0;  // connections that have had an answer and ask for nothing more
  int dripping =
      0;  // that send one byte of a request a second, and come back when they are cut off
};

/// Connections over TLS that want nothing of a server on 127.0.0.1 but its attention, for as long
/// as this lives.
class Crowd {
 public:
  /// Returns when all of them are there. Throws std::runtime_error if the server takes one away.
  Crowd(std::uint16_t port, CrowdSize size);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

 private:
  void Drip();

  const std::uint16_t port_;
  std::vector<std::unique_ptr<tests::Client>> idle_;
  std::vector<std::unique_ptr<tests::Client>> dripping_;
  std::atomic<bool> stop_{false};
  std::thread dripper_;
};

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_CROWD_H_

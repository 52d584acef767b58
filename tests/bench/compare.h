#ifndef MOUNTGUARD_TESTS_BENCH_COMPARE_H_
#define MOUNTGUARD_TESTS_BENCH_COMPARE_H_

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "tests/bench/crowd.h"
#include "tests/bench/load.h"

namespace mountguard::bench {

/// What one load did to one server.
struct Sample {
  double cpu_us = 0;  // a request
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  double resident_mb = 0;
};

/// A server under a load.
struct Case {
  std::string name;
  std::vector<std::string> command;  // starts the server: see Child
  LoadOptions load;                  // its port is filled in
  CrowdSize crowd{};                 // what else is connected meanwhile
};

/// Loads the server of each case in turn, `rounds` times over, all servers running meanwhile; the
/// medians by name. Throws std::runtime_error if a server does not start or a request fails.
std::map<std::string, Sample> Compare(const std::vector<Case>& cases, int rounds);

/// From before the fork that starts a server to its first answer, in milliseconds: the median of
/// `rounds` starts. Throws as Compare does.
double StartToAnswerMilliseconds(const Case& one, int rounds);

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_COMPARE_H_

#ifndef MOUNTGUARD_TESTS_BENCH_COMPARE_H_
#define MOUNTGUARD_TESTS_BENCH_COMPARE_H_

#include <map>
#include <string>
#include <vector>

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

/// A server to be started: see Child.
struct Target {
  std::string name;
  std::vector<std::string> command;
};

/// Runs one load against each target in turn, `rounds` times over, all servers running meanwhile;
/// the medians by name. Throws std::runtime_error if a server does not start or a request fails.
std::map<std::string, Sample> Compare(const std::vector<Target>& targets, int rounds,
                                      LoadOptions options);

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_COMPARE_H_

#ifndef MOUNTGUARD_TESTS_BENCH_RUN_PROGRAM_H_
#define MOUNTGUARD_TESTS_BENCH_RUN_PROGRAM_H_

#include <limits>
#include <string>
#include <vector>

namespace mountguard::bench {

/// What a run took; at first more than any.
struct Usage {
  double seconds = std::numeric_limits<double>::infinity();
  double cpu_seconds = std::numeric_limits<double>::infinity();
  double megabytes = std::numeric_limits<double>::infinity();  // resident, at most

  void TakeBest(const Usage& other);
};

/// Runs a program with its output thrown away; `input` becomes its standard input. Where it does
/// not run, or exits with more than `most`, this process says so and ends.
Usage Run(const std::vector<std::string>& words, const std::string& input = "/dev/null",
          int most = 1);

/// Runs a program twice at the same time: the slower of the two.
Usage RunTwice(const std::vector<std::string>& words);

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_RUN_PROGRAM_H_

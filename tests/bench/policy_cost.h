#ifndef MOUNTGUARD_TESTS_BENCH_POLICY_COST_H_
#define MOUNTGUARD_TESTS_BENCH_POLICY_COST_H_

namespace mountguard::bench {

/// What `rules` rules (PolicyText) cost within this process, in CPU time; the best of the rounds.
struct PolicyCost {
  double few_us = 0;      // one evaluation of the engine with few rules
  double many_us = 0;     // with many
  double megabytes = 0;   // of the many rules' text
  double bare_ms = 0;     // yaml-cpp's LoadAll of it, into nodes with which nothing is done
  double load_ms = 0;     // loading it
  double compile_ms = 0;  // linting it and building the engine's index
};

/// Throws std::runtime_error if the policy does not load.
PolicyCost MeasurePolicies(int few, int many, int rounds);

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_POLICY_COST_H_

#ifndef MOUNTGUARD_TESTS_BENCH_LIMIT_TABLE_H_
#define MOUNTGUARD_TESTS_BENCH_LIMIT_TABLE_H_

#include <string>
#include <vector>

namespace mountguard::bench {

/// What was asked for and what was reached, a row each.
class LimitTable {
 public:
  /// `value` against `base`: their ratio is to be at most `limit`; 0: for information.
  void AtMost(const std::string& what, double base, double value, const char* unit, double limit);
  /// The ratio is to be at least `limit`.
  void AtLeast(const std::string& what, double base, double value, const char* unit, double limit);
  /// `value` itself is to be at most `limit`.
  void AtMost(const std::string& what, double value, const char* unit, double limit);
  /// It could not be measured here.
  void Skip(const std::string& what, const std::string& why);

  void Print() const;

 private:
  void Add(const std::string& what, const std::string& base, const std::string& value,
           double figure, const std::string& limit, bool missed);

  std::vector<std::string> lines_;
};

}  // namespace mountguard::bench

#endif  // MOUNTGUARD_TESTS_BENCH_LIMIT_TABLE_H_

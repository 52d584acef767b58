#ifndef MOUNTGUARD_CLI_COVERAGE_H_
#define MOUNTGUARD_CLI_COVERAGE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/report/reporter.h"
#include "cli/report/test_report.h"
#include "policy/policy_set.h"

namespace mountguard::cli {

/// Counts what cases try of policies: by file, whatever sets the files were loaded in.
class Coverage {
 public:
  /// Makes the set's rules and exceptions known: what no case tries is told as well.
  void Add(const policy::PolicySet& policies);
  /// Counts a case that was judged by a profile of a set that was added.
  void Count(const policy::PolicySet& policies, std::string_view profile,
             const CheckReport& report);

  /// In the order in which files were added.
  std::vector<PolicyCoverage> Result() const;

 private:
  using Places = std::unordered_map<std::string, std::size_t>;
  struct File {
    PolicyCoverage coverage;
    Places rules, exceptions;  // by name, into the lists of `coverage`
  };

  File& FileOf(const policy::MountPolicy& policy);

  std::vector<File> files_;
  Places by_name_;
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_COVERAGE_H_

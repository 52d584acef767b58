#ifndef MOUNTGUARD_CLI_REPORT_FINGERPRINT_H_
#define MOUNTGUARD_CLI_REPORT_FINGERPRINT_H_

#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "cli/report/reporter.h"

namespace mountguard::cli {

/// Names results so that a CI system knows one again in the next run: 64 hexadecimal digits over
/// the rule, the file, the object, and the container, mount or device by its name. Lines, indices
/// and the words of messages do not change it, so neither does what is added above it or before it.
///
/// Asked in the order of the report: of results that nothing else tells apart the second, third and
/// so on get fingerprints of their own. One for each report that is written; not thread-safe.
class Fingerprinter {
 public:
  std::string Of(const CheckResult& result);
  std::string Of(const CheckError& error);

 private:
  std::string Numbered(const std::string& identity);
  bool IsSeen(std::uint64_t hash) const;
  void Remember(std::uint64_t hash);

  // By hashes, as there may be very many; where two things share one, the numbers of the second
  // begin later, and are its own all the same.
  std::deque<std::uint64_t> seen_;                   // sorted
  std::unordered_set<std::uint64_t> recently_seen_;  // what is not yet among these
  std::unordered_map<std::uint64_t, int> repeats_;   // of what was seen more than once
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_FINGERPRINT_H_

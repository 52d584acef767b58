#ifndef MOUNTGUARD_CLI_REPORT_FINGERPRINT_H_
#define MOUNTGUARD_CLI_REPORT_FINGERPRINT_H_

#include <cstdint>
#include <string>
#include <unordered_map>

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

  /// How often something of that hash was seen; where two share one, the numbers of the second
  /// begin later, and are its own all the same.
  std::unordered_map<std::uint64_t, int> seen_;
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_FINGERPRINT_H_

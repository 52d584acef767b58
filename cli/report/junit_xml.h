#ifndef MOUNTGUARD_CLI_REPORT_JUNIT_XML_H_
#define MOUNTGUARD_CLI_REPORT_JUNIT_XML_H_

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mountguard::cli {

/// The words of JUnit's XML that CI systems agree on, as the schema of Jenkins' xUnit plugin
/// (junit-10.xsd) has them: a report holds suites, a suite properties and cases, a case what went
/// wrong in it. Pure text: what a suite or a case stands for is its user's choice.
///
/// Times and host names are left out: the same input gives the same bytes. Texts may hold anything;
/// what XML 1.0 cannot carry (control characters, bytes that are no UTF-8) becomes U+FFFD.

/// One thing that went wrong in a case.
struct JUnitProblem {
  enum class Kind {
    kFailure,  // what was tested is not as it should be
    kError,    // it could not be tested
    kSkipped,  // it was left out
  };
  Kind kind = Kind::kFailure;
  std::string type;     // short, the same for alike problems: a rule's id
  std::string message;  // one line
  std::string text;     // all there is to say, several lines; "" for nothing more
};

struct JUnitCase {
  std::string name;
  std::string class_name;              // CI systems group cases by it
  std::vector<JUnitProblem> problems;  // none: the case passed
  std::string system_out;              // what else is to be told; "" for nothing
};

/// Gives the cases of a suite one by one to what it is called with; every time the same ones. So
/// they need not all be in memory.
using JUnitCases = std::function<void(const std::function<void(const JUnitCase&)>&)>;

/// Cases that are.
JUnitCases ListOf(std::vector<JUnitCase> cases);

struct JUnitSuite {
  std::string name;
  std::string file;  // what it was made from; "" for no file
  std::vector<std::pair<std::string, std::string>> properties;  // in this order
  JUnitCases cases;
  std::string system_out;  // as of a case
};

/// Writes a whole document: the suites, and their sums; goes through the cases twice. A case counts
/// once, under the first of its problems that is an error, else a failure, else skipped.
void WriteJUnitXml(std::string_view name, const std::vector<JUnitSuite>& suites, std::ostream& out);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REPORT_JUNIT_XML_H_

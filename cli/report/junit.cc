#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/report/junit_xml.h"
#include "cli/report/reporter.h"
#include "cli/report/wording.h"
#include "core/code_frame.h"

// A suite a file; a case for every entry of the report, and one for a file without any. A result is
// a failure if the run fails for it (--fail-on), else its case passes and says it in its output.

namespace mountguard::cli {
namespace {

using Kind = JUnitProblem::Kind;

constexpr std::string_view kUnread = "could-not-be-read";

/// `rule: DaemonSet storage/agent, spec.template, container "agent", volume "h" at "/m"`: the same
/// in the next run, and another for every mount.
std::string NameOf(const CheckResult& result) {
  const std::string object = ObjectText(result);
  std::string name = fmt::format("{}: {}", result.rule, object.empty() ? result.field : object);
  if (result.container) {
    name += fmt::format(", {} \"{}\"", *result.container_type, *result.container);
  }
  if (result.volume) name += fmt::format(", volume \"{}\"", *result.volume);
  if (result.mount_path) name += fmt::format(" at \"{}\"", *result.mount_path);
  return name;
}

/// What the text report says of a result, without colour.
std::string DetailsOf(const CheckReport& report, const CheckResult& result) {
  std::string text =
      fmt::format("{}: {}: {}\n{}", core::PrintableText(PlaceText(result.file, result.position)),
                  ToString(StandingOf(result)), core::PrintableText(result.message),
                  core::ToText(result.frame));
  for (const ReportNote& note : NotesOf(report, result)) {
    text += fmt::format("  {}: {}\n", note.label(), core::PrintableText(note.text));
  }
  return text;
}

JUnitCase CaseOf(const CheckReport& report, const CheckResult& result) {
  JUnitCase one = {NameOf(result), result.file, {}, ""};
  std::string details = DetailsOf(report, result);
  if (!result.stands()) {
    one.problems.push_back({Kind::kSkipped, result.rule, "excepted by " + *result.exception, ""});
    one.system_out = std::move(details);
  } else if (report.Fails(result)) {
    one.problems.push_back(
        {Kind::kFailure, result.rule, core::PrintableText(result.message), std::move(details)});
  } else {
    one.system_out = std::move(details);
  }
  return one;
}

JUnitCase CaseOf(const CheckError& error) {
  return {
      fmt::format("{}: document {}", kUnread, error.document),
      error.file,
      {{Kind::kError, std::string(kUnread), core::PrintableText(error.message),
        fmt::format("{}: error: {}\n{}", core::PrintableText(PlaceText(error.file, error.position)),
                    core::PrintableText(error.message), core::ToText(error.frame))}},
      ""};
}

JUnitCase CaseOf(const SkippedDocument& skipped) {
  return {fmt::format("document {}", skipped.document),
          skipped.file,
          {{Kind::kSkipped, "skipped", skipped.reason, ""}},
          ""};
}

/// The suites by file, in the order in which files are first named.
class Suites {
 public:
  JUnitSuite& Of(const std::string& file) {
    const auto [known, is_new] = index_.emplace(file, suites_.size());
    if (is_new) suites_.push_back({file, file, {}, {}, ""});
    return suites_[known->second];
  }

  std::vector<JUnitSuite> Take() && { return std::move(suites_); }

 private:
  std::vector<JUnitSuite> suites_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

void WriteJUnitReport(const CheckReport& report, const Terminal&, std::ostream& out) {
  Suites by_file;
  for (const std::string& file : report.files) by_file.Of(file);
  for (const CheckResult& result : report.results) {
    by_file.Of(result.file).cases.push_back(CaseOf(report, result));
  }
  for (const CheckError& error : report.errors) {
    by_file.Of(error.file).cases.push_back(CaseOf(error));
  }
  for (const SkippedDocument& skipped : report.skipped) {
    by_file.Of(skipped.file).cases.push_back(CaseOf(skipped));
  }
  std::vector<JUnitSuite> suites = std::move(by_file).Take();
  for (JUnitSuite& suite : suites) {
    if (suite.cases.empty()) suite.cases.push_back({"nothing found", suite.name, {}, ""});
  }
  WriteJUnitXml("mountguard check", suites, out);
}

}  // namespace mountguard::cli

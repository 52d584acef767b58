#include <fmt/format.h>

#include <cstddef>
#include <functional>
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

/// What the report says of a file: places in its lists.
struct SuiteEntries {
  std::vector<std::size_t> results;
  std::vector<std::size_t> errors;
  std::vector<std::size_t> skipped;
};

/// The files with their entries, in the order in which files are first named.
class Files {
 public:
  explicit Files(const CheckReport& report) : report_(report) {
    for (const std::string& file : report.files) Of(file);
    std::size_t place = 0;
    for (const CheckResult& result : report.results) Of(result.file).results.push_back(place++);
    place = 0;
    for (const CheckError& error : report.errors) Of(error.file).errors.push_back(place++);
    place = 0;
    for (const SkippedDocument& one : report.skipped) Of(one.file).skipped.push_back(place++);
  }

  /// A suite a file. They borrow this.
  std::vector<JUnitSuite> Suites() const {
    std::vector<JUnitSuite> suites;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      suites.push_back(
          {names_[i], names_[i], {}, [this, i](const auto& take) { ForEachCase(i, take); }, ""});
    }
    return suites;
  }

 private:
  SuiteEntries& Of(const std::string& file) {
    const auto [known, is_new] = index_.emplace(file, names_.size());
    if (is_new) {
      names_.push_back(file);
      entries_.emplace_back();
    }
    return entries_[known->second];
  }

  void ForEachCase(std::size_t file, const std::function<void(const JUnitCase&)>& take) const {
    const SuiteEntries& entries = entries_[file];
    for (const std::size_t place : entries.results) take(CaseOf(report_, report_.results[place]));
    for (const std::size_t place : entries.errors) take(CaseOf(report_.errors[place]));
    for (const std::size_t place : entries.skipped) take(CaseOf(report_.skipped[place]));
    if (entries.results.empty() && entries.errors.empty() && entries.skipped.empty()) {
      take({"nothing found", names_[file], {}, ""});
    }
  }

  const CheckReport& report_;
  std::vector<std::string> names_;
  std::vector<SuiteEntries> entries_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

void WriteJUnitReport(const CheckReport& report, const Terminal&, std::ostream& out) {
  const Files files(report);
  WriteJUnitXml("mountguard check", files.Suites(), out);
}

}  // namespace mountguard::cli

#include "cli/report/wording.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>

#include "cli/counted.h"

namespace mountguard::cli {
namespace {

using policy::Action;

/// A fact on which a verdict may hang in CI, and the flag that settles it.
struct FactFlag {
  std::string_view fact;
  std::string_view advice;
};

constexpr std::array<FactFlag, 5> kFactFlags = {{
    {"namespace", "depends on the namespace: give --namespace"},
    {"user", "depends on the user: give --user"},
    {"groups", "depends on the user's groups: give --group"},
    {"dryRun", "depends on whether it is a dry run: give --dry-run"},
    {"name", "depends on the name, which the API server will make from generateName"},
}};

std::string AdviceFor(std::string_view fact) {
  for (const FactFlag& known : kFactFlags) {
    if (known.fact == fact) return std::string(known.advice);
  }
  return fmt::format("depends on what is not known here: {}", fact);
}

}  // namespace

Standing StandingOf(const CheckResult& result) {
  if (!result.stands()) return Standing::kExcepted;
  switch (result.action()) {
    case Action::kDeny:
      return Standing::kDeny;
    case Action::kWarn:
      return Standing::kWarn;
    case Action::kAudit:
    case Action::kOff:
      break;
  }
  return Standing::kAudit;
}

std::string_view ToString(Standing standing) {
  switch (standing) {
    case Standing::kError:
      return "error";
    case Standing::kDeny:
      return "deny";
    case Standing::kWarn:
      return "warn";
    case Standing::kAudit:
      return "audit";
    case Standing::kExcepted:
      return "excepted";
    case Standing::kSkipped:
      break;
  }
  return "skipped";
}

std::string PlaceText(const std::string& file, core::SourcePos position) {
  if (!position.known()) return file;
  return fmt::format("{}:{}:{}", file, position.line, position.column);
}

std::string FileText(const std::string& file) { return file == "-" ? "standard input" : file; }

std::string PathText(const std::string& file) {
  return std::filesystem::path(file).lexically_normal().string();
}

std::string ObjectText(const CheckResult& result) {
  if (result.kind.empty()) return "";
  std::string text = result.kind;
  if (!result.name.empty()) {
    text += fmt::format(" {}{}{}", result.namespace_name, result.namespace_name.empty() ? "" : "/",
                        result.name);
  }
  if (!result.template_path.empty()) text += ", " + result.template_path;
  if (result.source) text += ", from " + *result.source;
  return text;
}

std::string_view ReportNote::label() const {
  switch (kind) {
    case Kind::kObject:
      return "in";
    case Kind::kDefinition:
      return "defined at";
    case Kind::kException:
      return "excepted by";
    case Kind::kReason:
      return "why";
    case Kind::kRemedy:
      return "remedy";
    case Kind::kUndetermined:
      break;
  }
  return "undetermined";
}

std::vector<ReportNote> NotesOf(const CheckReport& report, const CheckResult& result) {
  using Kind = ReportNote::Kind;
  std::vector<ReportNote> notes;
  if (std::string object = ObjectText(result); !object.empty()) {
    notes.push_back({Kind::kObject, std::move(object)});
  }
  if (result.definition.known()) {
    notes.push_back({Kind::kDefinition, PlaceText(result.file, result.definition)});
  }
  if (result.exception) {
    const ReportException* exception = report.basis.FindException(*result.exception);
    const bool reasoned = exception != nullptr && !exception->reason.empty();
    notes.push_back({Kind::kException,
                     *result.exception + (reasoned ? ": " + exception->reason : std::string())});
  } else if (const ReportRule* rule = report.basis.FindRule(result.rule); rule != nullptr) {
    const bool written_by_user = rule->origin == policy::Origin::kPolicy;
    if (written_by_user && !rule->summary.empty()) notes.push_back({Kind::kReason, rule->summary});
    if (!rule->remedy.empty()) notes.push_back({Kind::kRemedy, rule->remedy});
  }
  for (const std::string& fact : result.undetermined) {
    notes.push_back({Kind::kUndetermined, AdviceFor(fact)});
  }
  return notes;
}

std::string ScopeText(const CheckSummary& summary) {
  return fmt::format("{}, {}, {}", Counted(summary.files, "file"),
                     Counted(summary.objects, "object"), Counted(summary.mounts, "mount"));
}

std::vector<ReportCount> CountsOf(const CheckReport& report) {
  const CheckSummary& summary = report.summary;
  std::vector<ReportCount> counts;
  for (const ReportCount& count : {
           ReportCount{Standing::kDeny, summary.deny, "denied"},
           ReportCount{Standing::kWarn, summary.warn, "warned"},
           ReportCount{Standing::kAudit, summary.audit, "audited"},
           ReportCount{Standing::kAudit, summary.undetermined, "of them undetermined"},
           ReportCount{Standing::kExcepted, summary.excepted, "excepted"},
           ReportCount{Standing::kError, static_cast<int>(report.errors.size()),
                       "could not be read"},
           ReportCount{Standing::kSkipped, static_cast<int>(report.skipped.size()), "skipped"},
       }) {
    if (count.count > 0) counts.push_back(count);
  }
  return counts;
}

std::string SummaryText(const CheckReport& report) {
  std::string text = ScopeText(report.summary) + ": ";
  if (report.results.empty() && report.errors.empty()) {
    text += report.skipped.empty() ? "nothing found" : "nothing found, ";
  }
  std::string_view separator;
  for (const ReportCount& count : CountsOf(report)) {
    text += fmt::format("{}{} {}", separator, count.count, count.word);
    separator = ", ";
  }
  return text;
}

}  // namespace mountguard::cli

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <array>
#include <utility>

#include "cli/report/reporter.h"
#include "cli/terminal.h"
#include "policy/all_rules.h"

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

/// How a result is announced.
struct Heading {
  std::string_view word;
  Style style;
};

Heading HeadingOf(const CheckResult& result) {
  if (!result.stands()) return {"excepted", Style::kFaint};
  switch (result.actions.Strongest()) {
    case Action::kDeny:
      return {"deny", Style::kDeny};
    case Action::kWarn:
      return {"warn", Style::kWarn};
    case Action::kAudit:
    case Action::kOff:
      break;
  }
  return {"audit", Style::kAudit};
}

/// `deploy/x.yaml:14:27`, as editors and terminals make it a link; the file alone where there is no
/// place in it.
std::string PlaceOf(const std::string& file, core::SourcePos position) {
  if (!position.known()) return file;
  return fmt::format("{}:{}:{}", file, position.line, position.column);
}

/// "DaemonSet kube-system/agent, spec.template"; "" for what is said of a whole document.
std::string ObjectOf(const CheckResult& result) {
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

/// Prints reports to one terminal.
class TextPrinter {
 public:
  TextPrinter(const Terminal& terminal, std::ostream& out) : terminal_(terminal), out_(out) {}

  void Print(const CheckResult& result) {
    const Heading heading = HeadingOf(result);
    Announce(result.file, result.position, heading, result.message,
             fmt::format(" [{}]", result.rule));
    PrintFrame(result.frame, heading.style);
    Note("in", ObjectOf(result));
    if (result.definition.known()) {
      Note("defined at", PlaceOf(result.file, result.definition));
    }
    if (result.exception) {
      Note("excepted by", *result.exception);
    } else if (const policy::RuleInfo* rule = policy::AllRules::Find(result.rule)) {
      Note("remedy", rule->remedy, Style::kRemedy);
    }
    for (const std::string& fact : result.undetermined) Note("undetermined", AdviceFor(fact));
    fmt::print(out_, "\n");
  }

  void Print(const CheckError& error) {
    constexpr Heading kError = {"error", Style::kDeny};
    Announce(error.file, error.position, kError, error.message, "");
    PrintFrame(error.frame, kError.style);
    fmt::print(out_, "\n");
  }

  void Print(const SkippedDocument& skipped) {
    Announce(skipped.file, skipped.position, {"skipped", Style::kFaint}, skipped.reason, "");
  }

  void PrintSummary(const CheckReport& report) {
    const CheckSummary& summary = report.summary;
    fmt::print(out_, "{}, {}, {}: ", Count(summary.files, "file"), Count(summary.objects, "object"),
               Count(summary.mounts, "mount"));
    const std::array<std::pair<int, std::string_view>, 7> counts = {{
        {summary.deny, "denied"},
        {summary.warn, "warned"},
        {summary.audit, "audited"},
        {summary.undetermined, "undetermined"},
        {summary.excepted, "excepted"},
        {static_cast<int>(report.errors.size()), "could not be read"},
        {static_cast<int>(report.skipped.size()), "skipped"},
    }};
    const std::array<Style, 7> styles = {Style::kDeny,   Style::kWarn, Style::kAudit, Style::kAudit,
                                         Style::kStrong, Style::kDeny, Style::kStrong};
    std::string text;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      const auto& [count, word] = counts[i];
      if (count == 0) continue;
      if (!text.empty()) text += ", ";
      text += Styled(terminal_, styles[i], fmt::format("{} {}", count, word));
    }
    if (report.results.empty() && report.errors.empty()) {
      const std::string clean = Styled(terminal_, Style::kGood, "nothing found");
      text = text.empty() ? clean : fmt::format("{}, {}", clean, text);
    }
    fmt::print(out_, "{}\n", text);
  }

 private:
  static std::string Count(int count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
  }

  void Announce(const std::string& file, core::SourcePos position, Heading heading,
                std::string_view message, std::string_view suffix) {
    fmt::print(out_, "{}: {} {}{}\n",
               Styled(terminal_, Style::kStrong, PlaceOf(core::PrintableText(file), position)),
               Styled(terminal_, heading.style, fmt::format("{}:", heading.word)),
               core::PrintableText(message), Styled(terminal_, Style::kFaint, suffix));
  }

  void PrintFrame(const core::CodeFrame& frame, Style caret) {
    out_ << core::ToText(frame, {StartOf(terminal_, Style::kFaint), StartOf(terminal_, caret),
                                 EndOfStyle(terminal_)});
  }

  void Note(std::string_view label, std::string_view text, Style style = Style::kFaint) {
    if (text.empty()) return;
    fmt::print(out_, "  {} {}\n", Styled(terminal_, style, fmt::format("{}:", label)),
               core::PrintableText(text));
  }

  const Terminal& terminal_;
  std::ostream& out_;
};

}  // namespace

void WriteTextReport(const CheckReport& report, const Terminal& terminal, std::ostream& out) {
  TextPrinter printer(terminal, out);
  for (const CheckResult& result : report.results) printer.Print(result);
  for (const CheckError& error : report.errors) printer.Print(error);
  for (const SkippedDocument& skipped : report.skipped) printer.Print(skipped);
  if (!report.skipped.empty()) fmt::print(out, "\n");
  printer.PrintSummary(report);
}

}  // namespace mountguard::cli

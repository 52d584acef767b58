#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "cli/report/reporter.h"
#include "cli/report/wording.h"
#include "cli/terminal.h"
#include "core/code_frame.h"
#include "core/display_width.h"
#include "core/rfc3339.h"

namespace mountguard::cli {
namespace {

constexpr std::size_t kManyResults = 10;  // beyond these the summary lists the rules

Style StyleOf(Standing standing) {
  switch (standing) {
    case Standing::kError:
    case Standing::kDeny:
      return Style::kDeny;
    case Standing::kWarn:
      return Style::kWarn;
    case Standing::kAudit:
      return Style::kAudit;
    case Standing::kExcepted:
    case Standing::kSkipped:
      break;
  }
  return Style::kFaint;
}

/// Prints reports to one terminal.
class TextPrinter {
 public:
  TextPrinter(const CheckReport& report, const Terminal& terminal, std::ostream& out)
      : report_(report), terminal_(terminal), out_(out) {}

  void Print(const CheckResult& result) {
    const Standing standing = StandingOf(result);
    Announce(PlaceText(result.file, result.position), ToString(standing), StyleOf(standing),
             result.message, fmt::format("[{}]", core::PrintableText(result.rule)));
    PrintFrame(result.frame, standing);
    for (const ReportNote& note : NotesOf(report_, result)) PrintNote(note);
    fmt::print(out_, "\n");
  }

  void Print(const CheckError& error) {
    Announce(PlaceText(error.file, error.position), ToString(Standing::kError), Style::kDeny,
             error.message, "");
    PrintFrame(error.frame, Standing::kError);
    fmt::print(out_, "\n");
  }

  void Print(const SkippedDocument& skipped) {
    Announce(PlaceText(skipped.file, skipped.position), ToString(Standing::kSkipped), Style::kFaint,
             skipped.reason, "");
  }

  /// What may have spared a result until lately, and does not any more.
  void PrintExpired(const ReportException& exception) {
    Announce(PlaceText(exception.file, exception.position), "note", Style::kFaint,
             fmt::format("the exception \"{}\" has expired: since {} it spares nothing",
                         exception.name, core::FormatRfc3339(*exception.expires)),
             "");
  }

  void PrintSummary() {
    if (report_.results.size() > kManyResults) PrintRules();
    std::string text;
    if (report_.results.empty() && report_.errors.empty()) {
      text = Styled(terminal_, Style::kGood, "nothing found");
    }
    for (const ReportCount& count : CountsOf(report_)) {
      if (!text.empty()) text += ", ";
      const bool quiet = StyleOf(count.standing) == Style::kFaint;
      text += Styled(terminal_, quiet ? Style::kStrong : StyleOf(count.standing),
                     fmt::format("{} {}", count.count, count.word));
    }
    fmt::print(out_, "{}: {}\n", ScopeText(report_.summary), text);
  }

 private:
  void Announce(const std::string& place, std::string_view label, Style style,
                std::string_view message, const std::string& rule) {
    constexpr int kIndent = 4;
    const std::string where = core::PrintableText(place);
    const std::string word = fmt::format("{}:", label);
    std::string text = core::PrintableText(message);
    if (!rule.empty()) text += " " + rule;
    const int column = core::DisplayWidth(where + ": " + word + " ");
    text = Wrapped(terminal_, text, column, kIndent);
    text.resize(text.size() - rule.size());  // it has no space, so it is whole at the end
    fmt::print(out_, "{}: {} {}{}\n", Styled(terminal_, Style::kStrong, where),
               Styled(terminal_, style, word), text, Styled(terminal_, Style::kFaint, rule));
  }

  void PrintFrame(const core::CodeFrame& frame, Standing standing) {
    out_ << core::ToText(frame, {StartOf(terminal_, Style::kFaint),
                                 StartOf(terminal_, StyleOf(standing)), EndOfStyle(terminal_)});
  }

  void PrintNote(const ReportNote& note) {
    constexpr int kIndent = 4;
    const Style style = note.kind == ReportNote::Kind::kRemedy ? Style::kRemedy : Style::kFaint;
    const std::string label = fmt::format("{}:", note.label());
    const int column = 2 + core::DisplayWidth(label + " ");
    fmt::print(out_, "  {} {}\n", Styled(terminal_, style, label),
               Wrapped(terminal_, core::PrintableText(note.text), column, kIndent));
  }

  /// How often each rule spoke, the most frequent first: what to begin with where there is much.
  void PrintRules() {
    std::map<std::string, std::pair<int, Standing>> by_rule;
    for (const CheckResult& result : report_.results) {
      auto& [count, strongest] =
          by_rule.emplace(result.rule, std::pair(0, Standing::kSkipped)).first->second;
      ++count;
      strongest = std::min(strongest, StandingOf(result));
    }
    std::vector<std::pair<std::string, std::pair<int, Standing>>> rules(by_rule.begin(),
                                                                        by_rule.end());
    std::stable_sort(rules.begin(), rules.end(),
                     [](const auto& a, const auto& b) { return a.second.first > b.second.first; });
    const std::size_t digits = fmt::formatted_size("{}", rules.front().second.first);
    for (const auto& [rule, spoken] : rules) {
      const auto& [count, strongest] = spoken;
      fmt::print(out_, "{:>{}} {} {}\n", count, digits,
                 Styled(terminal_, StyleOf(strongest), fmt::format("{:<8}", ToString(strongest))),
                 core::PrintableText(rule));
    }
    fmt::print(out_, "\n");
  }

  const CheckReport& report_;
  const Terminal& terminal_;
  std::ostream& out_;
};

}  // namespace

void WriteTextReport(const CheckReport& report, const Terminal& terminal, std::ostream& out) {
  TextPrinter printer(report, terminal, out);
  for (const CheckResult& result : report.results) printer.Print(result);
  for (const CheckError& error : report.errors) printer.Print(error);
  for (const SkippedDocument& skipped : report.skipped) printer.Print(skipped);
  bool listed = !report.skipped.empty();
  for (const ReportException& exception : report.basis.exceptions) {
    if (!exception.expired) continue;
    printer.PrintExpired(exception);
    listed = true;
  }
  if (listed) fmt::print(out, "\n");
  printer.PrintSummary();
}

}  // namespace mountguard::cli

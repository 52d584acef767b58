#include <fmt/format.h>
#include <fmt/ostream.h>

#include "cli/counted.h"
#include "cli/report/test_report.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "core/code_frame.h"

namespace mountguard::cli {
namespace {

using Outcome = TestCaseResult::Outcome;

/// How an outcome is announced: a mark where colour tells the rest, else a word.
struct Heading {
  std::string_view mark;
  std::string_view word;
  Style style;
};

Heading HeadingOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kPassed:
      return {"✓", "pass ", Style::kGood};
    case Outcome::kFailed:
      return {"✗", "FAIL ", Style::kDeny};
    case Outcome::kError:
      break;
  }
  return {"✗", "ERROR", Style::kDeny};
}

/// What the cases leave untried, or "".
std::string_view GapOf(const RuleCoverage& rule) {
  if (rule.fired == 0 && rule.spared == 0) return "no case is judged by it";
  if (rule.fired == 0) return "no case makes it fire";
  return rule.spared == 0 ? "no case makes it spare" : "";
}

class TestPrinter {
 public:
  TestPrinter(const Terminal& terminal, std::ostream& out) : terminal_(terminal), out_(out) {}

  void Print(const TestSuiteResult& suite) {
    fmt::print(out_, "{}: {}\n", Styled(terminal_, Style::kStrong, core::PrintableText(suite.file)),
               core::PrintableText(suite.name));
    for (const TestCaseResult& one : suite.cases) Print(suite, one);
    fmt::print(out_, "\n");
  }

  void Print(const PolicyCoverage& policy) {
    fmt::print(out_, "{}\n", Styled(terminal_, Style::kStrong, core::PrintableText(policy.file)));
    Table rules({"RULE", "FIRES", "SPARES", "UNTRIED"});
    for (const RuleCoverage& rule : policy.rules) {
      rules.Add({rule.rule, std::to_string(rule.fired), std::to_string(rule.spared),
                 std::string(GapOf(rule))});
    }
    if (!policy.rules.empty()) rules.Write("  ", terminal_, out_);
    Table exceptions({"EXCEPTION", "USED", "UNTRIED"});
    for (const ExceptionCoverage& exception : policy.exceptions) {
      exceptions.Add({exception.exception, std::to_string(exception.used),
                      exception.used == 0 ? "no case uses it" : ""});
    }
    if (!policy.exceptions.empty()) exceptions.Write("  ", terminal_, out_);
    fmt::print(out_, "\n");
  }

  void PrintSummary(const TestReport& report) {
    std::string counts =
        Styled(terminal_, Style::kGood, fmt::format("{} passed", report.Count(Outcome::kPassed)));
    const auto add = [&](int count, std::string_view word) {
      if (count == 0) return;
      counts += ", " + Styled(terminal_, Style::kDeny, fmt::format("{} {}", count, word));
    };
    add(report.Count(Outcome::kFailed), "failed");
    add(report.Count(Outcome::kError), "could not be judged");
    const auto errors = static_cast<int>(report.errors.size());
    add(errors, errors == 1 ? "error in suites and policies" : "errors in suites and policies");
    fmt::print(out_, "{}, {}: {}\n", Counted(report.suites.size(), "suite"),
               Counted(report.cases(), "case"), counts);
  }

 private:
  void Print(const TestSuiteResult& suite, const TestCaseResult& one) {
    const Heading heading = HeadingOf(one.outcome());
    fmt::print(out_, "  {} {}\n",
               Styled(terminal_, heading.style, terminal_.colour ? heading.mark : heading.word),
               core::PrintableText(one.name));
    if (one.outcome() == Outcome::kPassed) return;
    Detail(fmt::format("at {}:{}:{}", suite.file, one.position.line, one.position.column),
           Style::kFaint);
    for (const std::string& error : one.errors) Detail(error, Style::kDeny);
    for (const std::string& line : DescribeDifferences(one.differences)) {
      const std::string_view sign = std::string_view(line).substr(0, 4);
      Detail(line, sign == "  - " ? Style::kDeny : sign == "  + " ? Style::kGood : Style::kStrong);
    }
  }

  void Detail(std::string_view text, Style style) {
    const std::string indent(terminal_.colour ? 4 : 8, ' ');
    fmt::print(out_, "{}{}\n", indent, Styled(terminal_, style, core::PrintableText(text)));
  }

  const Terminal& terminal_;
  std::ostream& out_;
};

}  // namespace

void WriteTestText(const TestReport& report, const Terminal& terminal, std::ostream& out) {
  TestPrinter printer(terminal, out);
  for (const TestSuiteResult& suite : report.suites) printer.Print(suite);
  for (const PolicyCoverage& policy : report.coverage) printer.Print(policy);
  printer.PrintSummary(report);
}

}  // namespace mountguard::cli

#include "cli/report/junit_xml.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <optional>
#include <ostream>

#include "core/utf8.h"

namespace mountguard::cli {
namespace {

using Kind = JUnitProblem::Kind;

/// XML 1.0's production Char, of which valid UTF-8 lacks nothing but these.
bool IsXmlChar(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c != 0xFFFE && c != 0xFFFF;
}

/// Where a text stands: in an attribute, a parser would make spaces of line ends and tabs.
enum class XmlPlace { kAttribute, kContent };

std::string XmlEscaped(std::string_view text, XmlPlace place) {
  constexpr char32_t kReplacement = 0xFFFD;
  std::string out;
  while (!text.empty()) {
    const core::Rune rune = core::DecodeRune(text);
    text.remove_prefix(rune.length);
    const char32_t c = rune.valid && IsXmlChar(rune.code_point) ? rune.code_point : kReplacement;
    const bool blank = c == '\r' || (place == XmlPlace::kAttribute && (c == '\n' || c == '\t'));
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"' && place == XmlPlace::kAttribute) {
      out += "&quot;";
    } else if (blank) {
      out += fmt::format("&#{};", static_cast<unsigned>(c));
    } else {
      core::AppendRune(c, &out);
    }
  }
  return out;
}

/// ` name="value"`
std::string Attribute(std::string_view name, std::string_view value) {
  return fmt::format(" {}=\"{}\"", name, XmlEscaped(value, XmlPlace::kAttribute));
}

std::string AttributeIfAny(std::string_view name, std::string_view value) {
  return value.empty() ? "" : Attribute(name, value);
}

constexpr std::string_view ElementOf(Kind kind) {
  switch (kind) {
    case Kind::kFailure:
      return "failure";
    case Kind::kError:
      return "error";
    case Kind::kSkipped:
      break;
  }
  return "skipped";
}

/// What a case counts as; nothing: passed.
std::optional<Kind> OutcomeOf(const JUnitCase& one) {
  for (Kind kind : {Kind::kError, Kind::kFailure, Kind::kSkipped}) {
    if (std::any_of(one.problems.begin(), one.problems.end(),
                    [kind](const JUnitProblem& problem) { return problem.kind == kind; })) {
      return kind;
    }
  }
  return std::nullopt;
}

struct Counts {
  int tests = 0, failures = 0, errors = 0, skipped = 0;

  void Add(const JUnitCase& one) {
    const std::optional<Kind> outcome = OutcomeOf(one);
    ++tests;
    failures += outcome == Kind::kFailure ? 1 : 0;
    errors += outcome == Kind::kError ? 1 : 0;
    skipped += outcome == Kind::kSkipped ? 1 : 0;
  }
  void Add(const Counts& other) {
    tests += other.tests;
    failures += other.failures;
    errors += other.errors;
    skipped += other.skipped;
  }
};

class Writer {
 public:
  explicit Writer(std::ostream& out) : out_(out) {}

  void Report(std::string_view name, const std::vector<JUnitSuite>& suites) {
    Counts all;
    std::vector<Counts> counts;
    for (const JUnitSuite& suite : suites) {
      Counts& own = counts.emplace_back();
      suite.cases([&own](const JUnitCase& one) { own.Add(one); });
      all.Add(own);
    }
    fmt::print(out_, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    fmt::print(out_, "<testsuites{} tests=\"{}\" failures=\"{}\" errors=\"{}\">\n",
               Attribute("name", name), all.tests, all.failures, all.errors);
    for (std::size_t i = 0; i < suites.size(); ++i) Suite(suites[i], counts[i]);
    fmt::print(out_, "</testsuites>\n");
  }

 private:
  void Suite(const JUnitSuite& suite, const Counts& counts) {
    fmt::print(out_,
               "  <testsuite{}{} tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
               Attribute("name", suite.name), AttributeIfAny("file", suite.file), counts.tests,
               counts.failures, counts.errors, counts.skipped);
    if (!suite.properties.empty()) {
      fmt::print(out_, "    <properties>\n");
      for (const auto& [name, value] : suite.properties) {
        fmt::print(out_, "      <property{}{}/>\n", Attribute("name", name),
                   Attribute("value", value));
      }
      fmt::print(out_, "    </properties>\n");
    }
    suite.cases([this](const JUnitCase& one) { Case(one); });
    SystemOut(suite.system_out, "    ");
    fmt::print(out_, "  </testsuite>\n");
  }

  void Case(const JUnitCase& one) {
    const bool empty = one.problems.empty() && one.system_out.empty();
    fmt::print(out_, "    <testcase{}{}{}>\n", Attribute("name", one.name),
               AttributeIfAny("classname", one.class_name), empty ? "/" : "");
    if (empty) return;
    for (const JUnitProblem& problem : one.problems) Problem(problem);
    SystemOut(one.system_out, "      ");
    fmt::print(out_, "    </testcase>\n");
  }

  void Problem(const JUnitProblem& problem) {
    const std::string_view element = ElementOf(problem.kind);
    fmt::print(out_, "      <{}{}{}", element, AttributeIfAny("type", problem.type),
               Attribute("message", problem.message));
    if (problem.text.empty()) {
      fmt::print(out_, "/>\n");
    } else {
      fmt::print(out_, ">{}</{}>\n", XmlEscaped(problem.text, XmlPlace::kContent), element);
    }
  }

  void SystemOut(std::string_view text, std::string_view indent) {
    if (text.empty()) return;
    fmt::print(out_, "{}<system-out>{}</system-out>\n", indent,
               XmlEscaped(text, XmlPlace::kContent));
  }

  std::ostream& out_;
};

}  // namespace

JUnitCases ListOf(std::vector<JUnitCase> cases) {
  return [cases = std::move(cases)](const std::function<void(const JUnitCase&)>& take) {
    std::for_each(cases.begin(), cases.end(), take);
  };
}

void WriteJUnitXml(std::string_view name, const std::vector<JUnitSuite>& suites,
                   std::ostream& out) {
  Writer(out).Report(name, suites);
}

}  // namespace mountguard::cli

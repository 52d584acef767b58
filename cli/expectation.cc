#include "cli/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>

#include "core/json_writer.h"
#include "policy/verdict.h"

namespace mountguard::cli {
namespace {

using policy::ExpectedFinding;
using policy::PlacedText;

/// A text as it may stand in `{a: here, b: ...}`.
std::string FlowText(std::string_view text) {
  const auto harmless = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '-' || c == '_' || c == '.';
  };
  const bool has_letter = std::any_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  const bool word = text == "true" || text == "false" || text == "null" || text.front() == '-';
  if (has_letter && !word && std::all_of(text.begin(), text.end(), harmless)) {
    return std::string(text);
  }
  std::string quoted;
  core::AppendJsonString(text, &quoted);
  return quoted;
}

/// One field of a finding as suites write it. Whether it is expected, and what there is.
struct FindingField {
  std::string_view name;
  /// "" where nothing is expected of it.
  std::string (*expected)(const ExpectedFinding& finding);
  /// "" where the finding has no such thing.
  std::string (*got)(const CheckResult& result);
  bool always = false;  // told of a finding even if nothing is expected of it
};

std::string FlowOf(const PlacedText& text) { return text.given() ? FlowText(text.text) : ""; }
std::string FlowOf(const std::optional<std::string>& text) {
  return text && !text->empty() ? FlowText(*text) : "";
}
std::string FlowOf(const std::optional<int>& number) {
  return number ? std::to_string(*number) : "";
}
std::string FlowList(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  return texts.empty() ? "" : fmt::format("[{}]", fmt::join(texts, ", "));
}
std::string FlowOf(const std::vector<PlacedText>& list) {
  std::vector<std::string> texts;
  for (const PlacedText& one : list) texts.push_back(one.text);
  return FlowList(std::move(texts));
}

using E = ExpectedFinding;
using R = CheckResult;

/// All but `message`, of which a part is expected.
constexpr std::array<FindingField, 12> kFields = {{
    {"rule", [](const E& e) { return FlowOf(e.rule); },
     [](const R& r) { return FlowOf(std::optional(r.rule)); }, true},
    {"action", [](const E& e) { return FlowOf(e.action); },
     [](const R& r) { return std::string(ToString(r.actions.Strongest())); }, true},
    {"kind", [](const E& e) { return FlowOf(e.kind); },
     [](const R& r) { return FlowOf(std::optional(r.kind)); }},
    {"name", [](const E& e) { return FlowOf(e.name); },
     [](const R& r) { return FlowOf(std::optional(r.name)); }},
    {"container", [](const E& e) { return FlowOf(e.container); },
     [](const R& r) { return FlowOf(r.container); }, true},
    {"containerType", [](const E& e) { return FlowOf(e.container_type); },
     [](const R& r) { return FlowOf(r.container_type); }},
    {"mount", [](const E& e) { return FlowOf(e.mount); },
     [](const R& r) { return FlowOf(r.mount); }, true},
    {"device", [](const E& e) { return FlowOf(e.device); },
     [](const R& r) { return FlowOf(r.device); }, true},
    {"volume", [](const E& e) { return FlowOf(e.volume); },
     [](const R& r) { return FlowOf(r.volume); }},
    {"mountPath", [](const E& e) { return FlowOf(e.mount_path); },
     [](const R& r) { return FlowOf(r.mount_path); }},
    {"exception", [](const E& e) { return FlowOf(e.exception); },
     [](const R& r) { return FlowOf(r.exception); }, true},
    {"undetermined", [](const E& e) { return FlowOf(e.undetermined); },
     [](const R& r) { return FlowList(r.undetermined); }, true},
}};

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool Matches(const ExpectedFinding& expected, const CheckResult& result) {
  const bool message = !expected.message.given() || Contains(result.message, expected.message.text);
  return message && std::all_of(kFields.begin(), kFields.end(), [&](const FindingField& field) {
           const std::string wanted = field.expected(expected);
           return wanted.empty() || wanted == field.got(result);
         });
}

/// Gives each expected finding one of its own, so that two that are alike need two.
class Assignment {
 public:
  Assignment(const std::vector<ExpectedFinding>& expected, const PackedList<CheckResult>& results)
      : expected_(expected), results_(results), taken_by_(results.size()), given_(expected.size()) {
    for (std::size_t i = 0; i < expected_.size(); ++i) {
      std::vector<bool> tried(results_.size());
      given_[i] = Give(i, &tried);
    }
  }

  /// Whether the expected finding has got one.
  bool given(std::size_t expected) const { return given_[expected]; }
  /// Whether the result is one that was expected.
  bool taken(std::size_t result) const { return taken_by_[result].has_value(); }

 private:
  /// The augmenting path of a bipartite matching: whoever holds a fitting result may get another.
  bool Give(std::size_t expected, std::vector<bool>* tried) {
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if ((*tried)[i] || !Matches(expected_[expected], results_[i])) continue;
      (*tried)[i] = true;
      if (taken_by_[i] && !Give(*taken_by_[i], tried)) continue;
      taken_by_[i] = expected;
      return true;
    }
    return false;
  }

  const std::vector<ExpectedFinding>& expected_;
  const PackedList<CheckResult>& results_;
  std::vector<std::optional<std::size_t>> taken_by_;
  std::vector<bool> given_;
};

/// `{rule: r, container: c}`
std::string InFlow(const std::vector<std::pair<std::string_view, std::string>>& fields) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : fields) {
    if (!value.empty()) texts.push_back(fmt::format("{}: {}", name, value));
  }
  return fmt::format("{{{}}}", fmt::join(texts, ", "));
}

std::string Describe(const ExpectedFinding& expected) {
  std::vector<std::pair<std::string_view, std::string>> fields;
  for (const FindingField& field : kFields)
    fields.emplace_back(field.name, field.expected(expected));
  fields.emplace_back("message", FlowOf(expected.message));
  return InFlow(fields);
}

/// What there is, in the fields that were asked for, and in those that tell findings apart; behind
/// it, as a comment, where it is and what it says.
std::string Describe(const CheckResult& result, const std::vector<ExpectedFinding>& expected) {
  const auto asked = [&expected](const auto& of) {
    return std::any_of(expected.begin(), expected.end(), of);
  };
  std::vector<std::pair<std::string_view, std::string>> fields;
  for (const FindingField& field : kFields) {
    const bool tell =
        field.always || asked([&field](const E& e) { return !field.expected(e).empty(); });
    if (tell) fields.emplace_back(field.name, field.got(result));
  }
  return fmt::format("{} # {}:{}:{}: {}", InFlow(fields), result.file, result.position.line,
                     result.position.column, result.message);
}

void CompareFindings(const policy::Expectation& expect, const CheckReport& report,
                     std::vector<TestDifference>* differences) {
  const bool no_others = expect.no_other_findings.value_or(false);
  if (expect.findings.empty() && !no_others) return;
  const Assignment assignment(expect.findings, report.results);
  TestDifference difference{"findings", {}, {}};
  for (std::size_t i = 0; i < expect.findings.size(); ++i) {
    if (!assignment.given(i)) difference.expected.push_back(Describe(expect.findings[i]));
  }
  for (std::size_t i = 0; i < report.results.size(); ++i) {
    if (assignment.taken(i) || (difference.expected.empty() && !no_others)) continue;
    difference.got.push_back(Describe(report.results[i], expect.findings));
  }
  if (difference.expected.empty() && difference.got.empty()) return;
  if (difference.got.empty()) difference.got.push_back("no other finding");
  if (difference.expected.empty()) difference.expected.push_back("no other finding");
  differences->push_back(std::move(difference));
}

void CompareMessages(const policy::Expectation& expect, const CheckReport& report,
                     std::vector<TestDifference>* differences) {
  TestDifference difference{"messages", {}, {}};
  for (const PlacedText& wanted : expect.messages) {
    const bool said =
        std::any_of(report.results.begin(), report.results.end(), [&](const CheckResult& result) {
          return result.stands() && Contains(result.message, wanted.text);
        });
    if (!said) difference.expected.push_back(FlowText(wanted.text));
  }
  if (difference.expected.empty()) return;
  for (const CheckResult& result : report.results) {
    if (result.stands()) difference.got.push_back(FlowText(result.message));
  }
  if (difference.got.empty()) difference.got.push_back("no message");
  differences->push_back(std::move(difference));
}

void CompareExceptions(const policy::Expectation& expect, const CheckReport& report,
                       std::vector<TestDifference>* differences) {
  std::vector<std::string> used;
  for (const CheckResult& result : report.results) {
    if (result.exception) used.push_back(*result.exception);
  }
  std::sort(used.begin(), used.end());
  used.erase(std::unique(used.begin(), used.end()), used.end());
  TestDifference difference{"exceptions", {}, used};
  for (const PlacedText& wanted : expect.exceptions) {
    if (!std::binary_search(used.begin(), used.end(), wanted.text)) {
      difference.expected.push_back(wanted.text);
    }
  }
  if (difference.expected.empty()) return;
  if (used.empty()) difference.got.push_back("no exception");
  differences->push_back(std::move(difference));
}

}  // namespace

std::string_view DecisionOf(const CheckReport& report) {
  policy::Action strongest = policy::Action::kOff;
  for (const CheckResult& result : report.results) {
    if (!result.stands() || !result.undetermined.empty()) continue;
    if (result.origin == policy::Origin::kInput) continue;
    strongest = std::max(strongest, result.actions.Strongest());
  }
  return policy::DecisionWord(strongest);
}

std::vector<TestDifference> Compare(const policy::Expectation& expect, const CheckReport& report) {
  std::vector<TestDifference> differences;
  const std::string_view decision = DecisionOf(report);
  if (expect.decision.given() && expect.decision.text != decision) {
    differences.push_back({"decision", {expect.decision.text}, {std::string(decision)}});
  }
  CompareFindings(expect, report, &differences);
  CompareMessages(expect, report, &differences);
  CompareExceptions(expect, report, &differences);
  // A wrong decision explains itself by what was found.
  if (differences.size() == 1 && differences[0].field == "decision" && !report.results.empty()) {
    TestDifference found{"findings", {}, {}};
    for (const CheckResult& result : report.results) {
      found.got.push_back(Describe(result, expect.findings));
    }
    differences.push_back(std::move(found));
  }
  return differences;
}

}  // namespace mountguard::cli

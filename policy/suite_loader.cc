#include "policy/suite_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>
#include <utility>
#include <variant>

#include "core/code_frame.h"
#include "core/did_you_mean.h"
#include "core/rfc3339.h"
#include "core/text_hash.h"
#include "policy/all_rules.h"
#include "policy/source_text.h"
#include "policy/suite_fields.h"
#include "policy/yaml_decoder.h"

namespace mountguard::policy {
namespace {

/// Reads the suites of one file. How a field is read goes by the type of its target.
class SuiteReader : private YamlDecoder {
 public:
  /// All must outlive this.
  SuiteReader(const PolicyFile& file, LoadedSuites* loaded,
              std::vector<YamlTree::Problem>* problems)
      : YamlDecoder(problems), file_(file), loaded_(*loaded) {}

  void Run() {
    const std::string_view text = WithoutByteOrderMark(file_.content);
    if (const auto unreadable = FindUnreadable(text, "a suite")) {
      return Error(unreadable->position, unreadable->message);
    }
    const core::LineIndex lines(text);
    const auto problems = YamlTree::ReadAll(text, lines, [this](YamlNode root) { Document(root); });
    for (const YamlTree::Problem& problem : problems) Error(problem.position, problem.message);
    if (documents_ == 0 && problems.empty()) {
      Error(core::SourcePos{1, 1}, "the file holds no MountPolicyTest: it is empty or was cut off");
    }
  }

 private:
  friend class YamlDecoder;

  void Document(YamlNode root) {
    static constexpr YamlReaders<SuiteReader, TestSuite, 4> kReaders = {
        &SuiteReader::Ignore, &SuiteReader::Ignore, &SuiteReader::Metadata, &SuiteReader::Spec};
    TestSuite suite;
    suite.file = file_.name;
    suite.number = documents_++;
    if (const YamlNode kind = MemberOf(root, "kind"); kind.text() == kPolicyKind) {
      return Error(kind, "a MountPolicy is no suite: name its file in spec.policies of one");
    }
    if (!Header(root, kTestKind)) return;
    Map(root, "a MountPolicyTest", kDocumentFields, kReaders, &suite);
    loaded_.suites.push_back(std::move(suite));
  }

  void Ignore(YamlNode, TestSuite*) {}
  void IgnoreMap(YamlNode node, TestSuite*) { FreeMap(node, "labels and annotations"); }
  void Name(YamlNode node, TestSuite* suite) { Value({"name"}, node, &suite->name); }

  void Metadata(YamlNode node, TestSuite* suite) {
    static constexpr YamlReaders<SuiteReader, TestSuite, 4> kReaders = {
        &SuiteReader::Name, &SuiteReader::Ignore, &SuiteReader::IgnoreMap, &SuiteReader::IgnoreMap};
    Map(node, "metadata", kMetadataFields, kReaders, suite);
  }

  void Spec(YamlNode node, TestSuite* suite) { Fields(node, "spec", kSuiteSpecFields, suite); }

  /// What of a field matters for reading its value.
  struct FieldName {
    std::string_view name;
    std::string_view words = "";
  };

  template <class T, std::size_t N>
  void Fields(YamlNode node, std::string_view what, const std::array<SuiteField<T>, N>& fields,
              T* out) {
    KnownMap(node, what, fields, [this, out](const SuiteField<T>& field, YamlNode value) {
      std::visit(
          [&](auto target) {
            Value({field.name, field.words}, value, &(out->*target));
          },
          field.target);
    });
  }

  void Value(FieldName field, YamlNode node, PlacedText* out) {
    out->position = node.position();
    if (!Text(node, field.name, &out->text) || field.words.empty()) return;
    const Words known = SplitWords(field.words);
    if (std::find(known.begin(), known.end(), out->text) == known.end()) {
      Error(node, Unknown("value", out->text, fmt::format(" of {}", field.name), known));
    }
  }

  void Value(FieldName field, YamlNode node, std::vector<PlacedText>* out) {
    for (YamlNode element : List(node, field.name)) {
      Value(field, element, &out->emplace_back());
    }
  }

  void Value(FieldName, YamlNode node, std::optional<bool>* out) {
    if (bool value = false; Bool(node, &value)) *out = value;
  }

  void Value(FieldName field, YamlNode node, std::optional<int>* out) {
    const std::string_view text = node.text();
    int number = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (node.plain() && error == std::errc() && end == text.data() + text.size() && number >= 0) {
      *out = number;
    } else {
      Error(node, fmt::format("expected a whole number for \"{}\", counted from 0, found {}",
                              field.name, Describe(node)));
    }
  }

  void Value(FieldName field, YamlNode node, std::optional<core::WallTime>* out) {
    *out = core::ParseDateOrTime(node.text());
    if (out->has_value()) return;
    Error(node, fmt::format("expected a date such as 2027-01-31 (its first moment in UTC) or a "
                            "time such as 2027-01-31T12:00:00Z for \"{}\", found {}",
                            field.name, Describe(node)));
  }

  void Value(FieldName field, YamlNode node, ObjectSource* out) {
    out->position = node.position();
    if (node.type() == YamlType::kMap && node.size() > 0) return;
    if (node.type() == YamlType::kMap) {
      Error(node, fmt::format("\"{}\" is empty", field.name));
    } else if (node.type() == YamlType::kSequence) {
      Error(node, fmt::format("expected a path or an object for \"{}\", found a list: several "
                              "objects go into a file, or into one of kind List",
                              field.name));
    } else {
      Text(node, field.name, &out->path);
    }
  }

  void Value(FieldName, YamlNode node, TestRequest* out) {
    Fields(node, "a request", kSuiteRequestFields, out);
    if (out->old_object.given() && out->operation.text == "CREATE") {
      Error(out->operation.position, "a CREATE has no oldObject; expected operation: UPDATE");
    }
    if (out->sub_resource.text == kEphemeralContainers && !out->old_object.given()) {
      Error(out->sub_resource.position,
            "ephemeralcontainers are judged by what is new in them: give the oldObject");
    }
  }

  void Value(FieldName field, YamlNode node, Expectation* out) {
    if (node.type() == YamlType::kMap && node.size() == 0) {
      Error(node,
            fmt::format("\"{}\" is empty; the case would hold whatever is found", field.name));
    }
    Fields(node, "expect", kSuiteExpectFields, out);
  }

  void Value(FieldName field, YamlNode node, std::vector<TestCase>* out) {
    std::unordered_map<std::string, core::SourcePos, core::TextHash> names;
    for (YamlNode element : List(node, field.name)) {
      TestCase& one = out->emplace_back();
      one.position = element.position();
      Fields(element, "a case", kSuiteCaseFields, &one);
      const auto [first, is_new] = names.emplace(one.name.text, one.name.position);
      if (is_new || !one.name.given()) continue;
      Error(one.name.position,
            fmt::format("duplicate case name {}; previously defined at line {}, column {}",
                        Quoted(one.name.text), first->second.line, first->second.column));
    }
  }

  void Value(FieldName field, YamlNode node, std::vector<ExpectedFinding>* out) {
    if (node.type() == YamlType::kSequence && node.size() == 0) {
      Error(node, fmt::format("the list \"{}\" is empty; that there is no finding is said by "
                              "noOtherFindings: true",
                              field.name));
      return;
    }
    for (YamlNode element : List(node, field.name)) {
      ExpectedFinding& finding = out->emplace_back();
      finding.position = element.position();
      Fields(element, "an expected finding", kSuiteFindingFields, &finding);
    }
  }

  const PolicyFile& file_;
  LoadedSuites& loaded_;
  int documents_ = 0;
};

PolicyProblem ErrorAt(const std::string& file, core::SourcePos position, std::string message) {
  return {PolicyProblem::Severity::kError, file, position, std::move(message)};
}

/// Tells names of a suite that are no names of what is loaded.
class NameCheck {
 public:
  NameCheck(const TestSuite& suite, const PolicySet& policies)
      : suite_(suite), profiles_(policies.profiles().begin(), policies.profiles().end()) {
    for (const MountPolicy& policy : policies.policies()) {
      for (const PolicyRule& rule : policy.rules) rules_.push_back(rule.name);
      for (const PolicyException& exception : policy.exceptions) {
        exceptions_.push_back(exception.name);
      }
    }
    for (const RuleInfo& rule : AllRules()) rules_.push_back(rule.id);
  }

  std::vector<PolicyProblem> Run() {
    for (const TestCase& one : suite_.cases) {
      Check("profile", one.request.profile, profiles_);
      for (const ExpectedFinding& finding : one.expect.findings) {
        Check("rule", finding.rule, rules_);
        Check("exception", finding.exception, exceptions_);
      }
      for (const PlacedText& exception : one.expect.exceptions) {
        Check("exception", exception, exceptions_);
      }
    }
    return std::move(problems_);
  }

 private:
  void Check(std::string_view what, const PlacedText& name, const Words& known) {
    if (!name.given() || std::find(known.begin(), known.end(), name.text) != known.end()) return;
    problems_.push_back(
        ErrorAt(suite_.file, name.position,
                fmt::format("no {} of the suite's policies is called {}{}", what, Quoted(name.text),
                            core::DidYouMean(name.text, known))));
  }

  const TestSuite& suite_;
  Words profiles_, rules_, exceptions_;
  std::vector<PolicyProblem> problems_;
};

/// `text` without what may stand between a key and its value, and around both.
std::string_view WithoutTrailing(std::string_view text, std::string_view characters) {
  const std::size_t last = text.find_last_not_of(characters);
  return last == std::string_view::npos ? "" : text.substr(0, last + 1);
}

}  // namespace

std::vector<std::string_view> SplitWords(std::string_view words) {
  std::vector<std::string_view> split;
  for (std::size_t bar = words.find('|'); bar != words.npos; bar = words.find('|')) {
    split.push_back(words.substr(0, bar));
    words.remove_prefix(bar + 1);
  }
  split.push_back(words);
  return split;
}

LoadedSuites LoadSuites(const PolicyFile& file) {
  LoadedSuites loaded;
  std::vector<YamlTree::Problem> problems;
  SuiteReader(file, &loaded, &problems).Run();
  std::stable_sort(problems.begin(), problems.end(),
                   [](const auto& a, const auto& b) { return a.position < b.position; });
  for (YamlTree::Problem& problem : problems) {
    loaded.problems.push_back(ErrorAt(file.name, problem.position, std::move(problem.message)));
  }
  if (!problems.empty()) loaded.suites.clear();
  return loaded;
}

std::vector<PolicyProblem> FindUnknownNames(const TestSuite& suite, const PolicySet& policies) {
  return NameCheck(suite, policies).Run();
}

bool LooksLikeSuite(std::string_view text) {
  for (std::size_t at = text.find(kTestKind); at != std::string_view::npos;
       at = text.find(kTestKind, at + 1)) {
    const std::size_t line = text.rfind('\n', at) + 1;  // 0 where there is none
    std::string_view before = WithoutTrailing(text.substr(line, at - line), " \t\"'");
    if (!before.ends_with(":")) continue;
    before = WithoutTrailing(before, ": \t\"'");
    if (before.ends_with("kind") && before.find('#') == std::string_view::npos) return true;
  }
  return false;
}

}  // namespace mountguard::policy

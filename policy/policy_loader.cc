#include "policy/policy_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/code_frame.h"
#include "core/did_you_mean.h"
#include "core/names.h"
#include "core/path.h"
#include "core/rfc3339.h"
#include "core/utf8.h"
#include "core/workload.h"
#include "policy/all_rules.h"
#include "policy/baseline_yaml.h"
#include "policy/image_name.h"
#include "policy/message.h"
#include "policy/policy_yaml.h"

namespace mountguard::policy {
namespace {

constexpr std::string_view kApiVersion = "mountguard.io/v1";
constexpr std::string_view kPolicyKind = "MountPolicy";
constexpr std::string_view kTestKind = "MountPolicyTest";
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

/// Up to so many words are all told as what was expected, even where one of them is near.
constexpr std::size_t kFewWords = 8;

/// Among more rules than these nobody is helped to find the one that was meant.
constexpr std::size_t kManyRules = 1'000;

/// More errors than these are counted, not told.
constexpr std::size_t kMaxErrors = 1'000;

using Words = std::vector<std::string_view>;

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return text;
}

/// YAML 1.2's core schema: what a plain scalar is if it is no text.
enum class PlainKind { kText, kBool, kNumber };
PlainKind KindOfPlain(std::string_view text) {
  for (std::string_view word : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    if (text == word) return PlainKind::kBool;
  }
  std::string_view digits = text;
  if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) digits.remove_prefix(1);
  const bool starts = !digits.empty() && digits.front() >= '0' && digits.front() <= '9';
  const bool only_numeric = digits.find_first_not_of("0123456789.") == std::string_view::npos &&
                            std::count(digits.begin(), digits.end(), '.') <= 1;
  return starts && only_numeric ? PlainKind::kNumber : PlainKind::kText;
}

/// A text of the file for a message: short, and harmless on a terminal.
std::string Quoted(std::string_view text) {
  constexpr std::size_t kMaxRunes = 80;
  std::size_t bytes = 0;
  for (std::size_t runes = 0; bytes < text.size() && runes < kMaxRunes; ++runes) {
    bytes += core::DecodeRune(text.substr(bytes)).length;
  }
  return fmt::format("\"{}{}\"", core::PrintableText(text.substr(0, bytes)),
                     bytes < text.size() ? "…" : "");
}

/// What a person would call the value: `a list`, `the number "12"`.
std::string Describe(YamlNode node) {
  switch (node.type()) {
    case YamlType::kNull:
      return "nothing";
    case YamlType::kSequence:
      return "a list";
    case YamlType::kMap:
      return "a map";
    case YamlType::kScalar:
      break;
  }
  const PlainKind kind = node.plain() ? KindOfPlain(node.text()) : PlainKind::kText;
  constexpr std::array<std::string_view, 3> kNames = {"the text", "the boolean", "the number"};
  return fmt::format("{} {}", kNames[static_cast<std::size_t>(kind)], Quoted(node.text()));
}

std::string Join(const Words& words) { return fmt::format("{}", fmt::join(words, ", ")); }

/// `unknown <what> "<word>"<where>` with what was expected and what was likely meant.
std::string Unknown(std::string_view what, std::string_view word, std::string_view where,
                    const Words& known) {
  const std::string near = core::DidYouMean(word, known);
  const std::string expected =
      near.empty() || known.size() <= kFewWords ? "; expected one of " + Join(known) : "";
  return fmt::format("unknown {} {}{}{}{}", what, Quoted(word), where, expected, near);
}

Words AllActions() { return {"Deny", "Warn", "Audit", "Off"}; }
Words ValidationActions() { return {"Deny", "Warn", "Audit"}; }

Words AdviceIds() {
  Words ids;
  for (const RuleInfo& rule : AllRules()) {
    if (rule.origin == Origin::kAdvice) ids.push_back(rule.id);
  }
  return ids;
}

bool IsIdentifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

/// The words in braces in a text: "{namespace}" is "namespace". Other braces are just text.
Words PlaceholdersIn(std::string_view text) {
  Words found;
  for (std::size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) break;
    const std::string_view word = text.substr(open + 1, close - open - 1);
    if (IsIdentifier(word)) found.push_back(word);
  }
  return found;
}

bool IsRuleName(std::string_view text) {
  constexpr std::size_t kMaxLength = 253;
  return !text.empty() && text.size() <= kMaxLength &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

/// A place in one of the files, for checks across all of them.
struct Place {
  std::size_t file;
  core::SourcePos position;
};

/// A name that may stand only once in the whole set, or one that must be known there.
struct NameAt {
  std::string name;
  Place place;
};

/// What is gathered from all files.
struct Load {
  const std::vector<PolicyFile>& files;
  std::vector<MountPolicy> policies;
  std::vector<std::pair<Place, std::string>> errors;
  std::vector<NameAt> rule_names;
  std::vector<NameAt> exception_names;
  std::vector<NameAt> excepted_rules;
};

/// One file on its way into the set.
///
/// There is one way to read a key: a table of Fields for each struct, read by Map().
class FileLoader {
 public:
  FileLoader(Load* load, std::size_t file);

  void Run();

 private:
  /// A key of a map and how its value is read into a T.
  template <class T>
  struct Field {
    std::string_view name;
    void (FileLoader::*read)(YamlNode value, T* out);
    bool required = false;
  };

  /// A MountPolicy with what it says about itself.
  struct Header {
    std::string api_version, kind;
    bool has_spec = false;
  };

  void Error(core::SourcePos position, std::string message);
  void Error(YamlNode node, std::string message) { Error(node.position(), std::move(message)); }
  Place PlaceOf(YamlNode node) const { return {file_, node.position()}; }

  bool CheckText();
  void Document(YamlNode root);
  bool CheckHeader(YamlNode root);

  /// Reads every member of a map through the table; tells unknown, repeated and missing keys.
  template <class T, std::size_t N>
  void Map(YamlNode node, std::string_view what, const std::array<Field<T>, N>& fields, T* out);
  /// The members of a map whose keys are free; repeated ones are told and left out.
  std::vector<YamlNode::Member> FreeMap(YamlNode node, std::string_view what);
  /// The elements of a list that must have one.
  std::vector<YamlNode> List(YamlNode node, std::string_view what);
  /// A text that is not empty. False, and told, if it is none.
  bool Text(YamlNode node, std::string_view what, std::string* out);
  bool Bool(YamlNode node, bool* out);
  bool ActionWord(YamlNode node, std::string_view what, const Words& known, Action* out);
  std::vector<std::string> Texts(YamlNode node, std::string_view what);

  // MountPolicy
  void IgnoreHeader(YamlNode, MountPolicy*) {}
  void Metadata(YamlNode node, MountPolicy* policy);
  void PolicyName(YamlNode node, MountPolicy* policy);
  void IgnoreMap(YamlNode node, MountPolicy* policy);
  void Spec(YamlNode node, MountPolicy* policy);
  void Profiles(YamlNode node, MountPolicy* policy);
  void KubernetesRules(YamlNode node, MountPolicy* policy);
  void Advice(YamlNode node, MountPolicy* policy);
  void PodTemplates(YamlNode node, MountPolicy* policy);
  void Rules(YamlNode node, MountPolicy* policy);
  void Exceptions(YamlNode node, MountPolicy* policy);
  // CustomKind
  void KindGroup(YamlNode node, CustomKind* kind) { Text(node, "group", &kind->group); }
  void KindName(YamlNode node, CustomKind* kind) { Text(node, "kind", &kind->kind); }
  void KindPaths(YamlNode node, CustomKind* kind) { kind->paths = Texts(node, "paths"); }
  // PolicyRule
  void RuleName(YamlNode node, PolicyRule* rule);
  void RuleDescription(YamlNode node, PolicyRule* rule);
  void RuleMatch(YamlNode node, PolicyRule* rule) { rule->match = Blocks(node, "match"); }
  void RuleExclude(YamlNode node, PolicyRule* rule) { rule->exclude = Blocks(node, "exclude"); }
  void RuleRequire(YamlNode node, PolicyRule* rule) { rule->require = Blocks(node, "require"); }
  void RuleActions(YamlNode node, PolicyRule* rule);
  void RuleMessage(YamlNode node, PolicyRule* rule);
  // PolicyException
  void ExceptionName(YamlNode node, PolicyException* exception);
  void ExceptionRules(YamlNode node, PolicyException* exception);
  void ExceptionMatch(YamlNode node, PolicyException* exception);
  void ExceptionReason(YamlNode node, PolicyException* exception);
  void ExceptionExpires(YamlNode node, PolicyException* exception);
  // Blocks
  std::vector<Block> Blocks(YamlNode node, std::string_view what);
  Block OneBlock(YamlNode node, std::string_view what);
  bool ReadCondition(const BlockFieldInfo& info, YamlNode node, Condition* out);
  WordSet WordList(const BlockFieldInfo& info, YamlNode node);
  bool Pattern(YamlNode node, std::string_view what, std::string* out);
  Patterns PatternList(const BlockFieldInfo& info, YamlNode node);
  ImagePatterns ImageList(const BlockFieldInfo& info, YamlNode node);
  std::vector<KindPattern> KindList(const BlockFieldInfo& info, YamlNode node);
  std::vector<std::string> CapabilityList(const BlockFieldInfo& info, YamlNode node);
  void PathIs(YamlNode node, PathCondition* path) { path->is = PathList(node, "is"); }
  void PathUnder(YamlNode node, PathCondition* path) { path->under = PathList(node, "under"); }
  void PathCovers(YamlNode node, PathCondition* path) { path->covers = PathList(node, "covers"); }
  std::vector<std::string> PathList(YamlNode node, std::string_view what);
  PathCondition ReadPath(const BlockFieldInfo& info, YamlNode node);
  // LabelSelector
  void MatchLabels(YamlNode node, LabelSelector* selector);
  void MatchExpressions(YamlNode node, LabelSelector* selector);
  void RequirementKey(YamlNode node, LabelSelector::Requirement* requirement);
  void RequirementOperator(YamlNode node, LabelSelector::Requirement* requirement);
  void RequirementValues(YamlNode node, LabelSelector::Requirement* requirement);
  LabelSelector Selector(const BlockFieldInfo& info, YamlNode node);

  Load& load_;
  const std::size_t file_;
  const std::string_view text_;
  const core::LineIndex lines_;
  core::WorkloadTable workloads_;  // to try podTemplates on
  std::size_t documents_ = 0;
};

FileLoader::FileLoader(Load* load, std::size_t file)
    : load_(*load),
      file_(file),
      text_(WithoutByteOrderMark(load->files[file].content)),
      lines_(text_) {}

void FileLoader::Error(core::SourcePos position, std::string message) {
  load_.errors.push_back({{file_, position}, std::move(message)});
}

void FileLoader::Run() {
  if (!CheckText()) return;
  const auto problems = YamlTree::ReadAll(text_, lines_, [this](YamlNode root) { Document(root); });
  for (const YamlTree::Problem& problem : problems) Error(problem.position, problem.message);
  if (documents_ == 0 && problems.empty()) {
    Error(core::SourcePos{1, 1}, "the file holds no MountPolicy: it is empty or was cut off");
  }
}

/// yaml-cpp takes some control characters for the end of the text, and mends broken UTF-8.
bool FileLoader::CheckText() {
  if (text_.size() > kMaxPolicyFileSize) {
    Error(core::SourcePos{1, 1},
          fmt::format("the file has {} bytes; a policy file may have {}: split it", text_.size(),
                      kMaxPolicyFileSize));
    return false;
  }
  core::SourcePos position{1, 1};
  for (std::string_view rest = text_; !rest.empty();) {
    const auto byte = static_cast<unsigned char>(rest.front());
    const core::Rune rune = byte < 0x80 ? core::Rune{byte, 1, true} : core::DecodeRune(rest);
    const bool control =
        (byte < 0x20 && byte != '\t' && byte != '\n' && byte != '\r') || byte == 0x7F;
    if (!rune.valid || control) {
      Error(position, rune.valid ? fmt::format("the control character U+{:04X} may not stand in a "
                                               "policy",
                                               byte)
                                 : "the file is not encoded in UTF-8");
      return false;
    }
    position = byte == '\n' ? core::SourcePos{position.line + 1, 1}
                            : core::SourcePos{position.line, position.column + 1};
    rest.remove_prefix(rune.length);
  }
  return true;
}

std::vector<YamlNode::Member> FileLoader::FreeMap(YamlNode node, std::string_view what) {
  std::vector<YamlNode::Member> members;
  if (node.type() != YamlType::kMap) {
    Error(node, fmt::format("expected a map for {}, found {}", what, Describe(node)));
    return members;
  }
  std::unordered_map<std::string_view, YamlNode> seen;
  for (const YamlNode::Member& member : node.Members()) {
    const YamlNode key = member.key;
    if (key.type() != YamlType::kScalar) {
      Error(key, fmt::format("expected a text as key in {}, found {}", what, Describe(key)));
    } else if (key.plain() && key.text() == "<<") {
      Error(key,
            "merge keys (<<) are not read in policies: write the fields out, or use an alias "
            "for a whole value");
    } else if (const auto [first, is_new] = seen.emplace(key.text(), key); !is_new) {
      const core::SourcePos at = first->second.position();
      Error(key, fmt::format("{} is given twice in {}; previously defined at line {}, column {}",
                             Quoted(key.text()), what, at.line, at.column));
    } else {
      members.push_back(member);
    }
  }
  return members;
}

template <class T, std::size_t N>
void FileLoader::Map(YamlNode node, std::string_view what, const std::array<Field<T>, N>& fields,
                     T* out) {
  std::array<bool, N> given{};
  const auto members = FreeMap(node, what);
  for (const auto& [key, value] : members) {
    const std::string_view name = key.text();
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [name](const Field<T>& known) { return known.name == name; });
    if (field == fields.end()) {
      Words names;
      for (const Field<T>& known : fields) names.push_back(known.name);
      Error(key, Unknown("field", name, fmt::format(" in {}", what), names));
      continue;
    }
    given[static_cast<std::size_t>(field - fields.begin())] = true;
    (this->*field->read)(value, out);
  }
  if (node.type() != YamlType::kMap) return;
  for (std::size_t i = 0; i < N; ++i) {
    if (fields[i].required && !given[i]) {
      Error(node, fmt::format("{} needs the field \"{}\"", what, fields[i].name));
    }
  }
}

std::vector<YamlNode> FileLoader::List(YamlNode node, std::string_view what) {
  if (node.type() != YamlType::kSequence) {
    const std::string_view remedy =
        node.type() == YamlType::kScalar ? ": put it in [brackets]" : "";
    Error(node,
          fmt::format("expected a list for \"{}\", found {}{}", what, Describe(node), remedy));
    return {};
  }
  if (node.size() == 0) {
    Error(node, fmt::format("the list \"{}\" is empty; leave the field out, or name what it shall "
                            "hold",
                            what));
  }
  return node.Elements();
}

bool FileLoader::Text(YamlNode node, std::string_view what, std::string* out) {
  const bool scalar = node.type() == YamlType::kScalar;
  if (!scalar || (node.plain() && KindOfPlain(node.text()) != PlainKind::kText)) {
    Error(node, fmt::format("expected a text for \"{}\", found {}{}", what, Describe(node),
                            scalar ? ": put it in quotes" : ""));
    return false;
  }
  if (node.text().empty()) {
    Error(node, fmt::format("\"{}\" is empty; leave it out, or say what it shall be", what));
    return false;
  }
  out->assign(node.text());
  return true;
}

bool FileLoader::Bool(YamlNode node, bool* out) {
  const bool boolean = node.type() == YamlType::kScalar && node.plain() &&
                       KindOfPlain(node.text()) == PlainKind::kBool;
  if (boolean) {
    *out = node.text().front() == 't' || node.text().front() == 'T';
  } else {
    Error(node, fmt::format("expected true or false, found {}", Describe(node)));
  }
  return boolean;
}

bool FileLoader::ActionWord(YamlNode node, std::string_view what, const Words& known, Action* out) {
  std::string word;
  if (!Text(node, what, &word)) return false;
  const std::optional<Action> action = ActionFromText(word);
  if (!action || std::find(known.begin(), known.end(), word) == known.end()) {
    Error(node, Unknown("action", word, "", known));
    return false;
  }
  *out = *action;
  return true;
}

std::vector<std::string> FileLoader::Texts(YamlNode node, std::string_view what) {
  std::vector<std::string> texts;
  for (YamlNode element : List(node, what)) {
    if (std::string text; Text(element, what, &text)) texts.push_back(std::move(text));
  }
  return texts;
}

// MountPolicy

bool FileLoader::CheckHeader(YamlNode root) {
  if (root.type() != YamlType::kMap) {
    Error(root, fmt::format("expected a MountPolicy, found {}", Describe(root)));
    return false;
  }
  YamlNode api_version = root, kind = root;
  for (const YamlNode::Member& member : root.Members()) {
    if (member.key.text() == "apiVersion") api_version = member.value;
    if (member.key.text() == "kind") kind = member.value;
  }
  if (kind.text() == kTestKind) {
    Error(kind,
          "a MountPolicyTest is no policy: keep it in a folder of its own, and run it with "
          "mountguard test");
    return false;
  }
  if (kind.text() != kPolicyKind) {
    Error(kind, fmt::format("expected kind: {}, found {}", kPolicyKind,
                            kind.type() == YamlType::kMap ? "none" : Describe(kind)));
    return false;
  }
  if (api_version.text() != kApiVersion) {
    Error(api_version,
          fmt::format("expected apiVersion: {}, found {}", kApiVersion,
                      api_version.type() == YamlType::kMap ? "none" : Describe(api_version)));
    return false;
  }
  return true;
}

void FileLoader::Document(YamlNode root) {
  ++documents_;
  if (!CheckHeader(root)) return;
  static constexpr std::array<Field<MountPolicy>, 4> kFields = {{
      {"apiVersion", &FileLoader::IgnoreHeader},  // CheckHeader has read it
      {"kind", &FileLoader::IgnoreHeader},
      {"metadata", &FileLoader::Metadata, true},
      {"spec", &FileLoader::Spec, true},
  }};
  MountPolicy policy;
  policy.file = load_.files[file_].name;
  Map(root, "a MountPolicy", kFields, &policy);
  load_.policies.push_back(std::move(policy));
}

void FileLoader::Metadata(YamlNode node, MountPolicy* policy) {
  static constexpr std::array<Field<MountPolicy>, 4> kFields = {{
      {"name", &FileLoader::PolicyName, true},
      {"namespace", &FileLoader::IgnoreHeader},
      {"labels", &FileLoader::IgnoreMap},
      {"annotations", &FileLoader::IgnoreMap},
  }};
  Map(node, "metadata", kFields, policy);
}

void FileLoader::PolicyName(YamlNode node, MountPolicy* policy) {
  Text(node, "name", &policy->name);
}

void FileLoader::IgnoreMap(YamlNode node, MountPolicy*) { FreeMap(node, "labels and annotations"); }

void FileLoader::Spec(YamlNode node, MountPolicy* policy) {
  static constexpr std::array<Field<MountPolicy>, 6> kFields = {{
      {"profiles", &FileLoader::Profiles},
      {"kubernetesRules", &FileLoader::KubernetesRules},
      {"advice", &FileLoader::Advice},
      {"podTemplates", &FileLoader::PodTemplates},
      {"rules", &FileLoader::Rules},
      {"exceptions", &FileLoader::Exceptions},
  }};
  Map(node, "spec", kFields, policy);
}

void FileLoader::Profiles(YamlNode node, MountPolicy* policy) {
  for (YamlNode element : List(node, "profiles")) {
    std::string name;
    if (!Text(element, "profiles", &name)) continue;
    if (core::IsDns1123Subdomain(name)) {
      policy->profiles.push_back(std::move(name));
    } else {
      Error(element, fmt::format("{} is no name of a profile, which stands in a URL: expected "
                                 "lowercase letters, digits, - and .",
                                 Quoted(name)));
    }
  }
  std::sort(policy->profiles.begin(), policy->profiles.end());
}

void FileLoader::KubernetesRules(YamlNode node, MountPolicy* policy) {
  if (Action action; ActionWord(node, "kubernetesRules", AllActions(), &action)) {
    policy->kubernetes_rules = action;
  }
}

void FileLoader::Advice(YamlNode node, MountPolicy* policy) {
  for (const auto& [key, value] : FreeMap(node, "advice")) {
    const RuleInfo* rule = AllRules::Find(key.text());
    if (rule == nullptr || rule->origin != Origin::kAdvice) {
      Error(key, Unknown("advice rule", key.text(), "", AdviceIds()));
    } else if (Action action; ActionWord(value, rule->id, AllActions(), &action)) {
      policy->advice.emplace_back(rule->id, action);
    }
  }
  std::sort(policy->advice.begin(), policy->advice.end());
}

void FileLoader::PodTemplates(YamlNode node, MountPolicy* policy) {
  static constexpr std::array<Field<CustomKind>, 3> kFields = {{
      {"group", &FileLoader::KindGroup, true},
      {"kind", &FileLoader::KindName, true},
      {"paths", &FileLoader::KindPaths, true},
  }};
  for (YamlNode element : List(node, "podTemplates")) {
    CustomKind kind;
    Map(element, "an entry of podTemplates", kFields, &kind);
    const core::Result<void> added = workloads_.Add(kind.group, kind.kind, kind.paths);
    if (!added) Error(element, added.error().message);
    policy->pod_templates.push_back(std::move(kind));
  }
}

void FileLoader::Rules(YamlNode node, MountPolicy* policy) {
  static constexpr std::array<Field<PolicyRule>, 7> kFields = {{
      {"name", &FileLoader::RuleName, true},
      {"description", &FileLoader::RuleDescription},
      {"match", &FileLoader::RuleMatch, true},
      {"exclude", &FileLoader::RuleExclude},
      {"require", &FileLoader::RuleRequire},
      {"validationActions", &FileLoader::RuleActions},
      {"message", &FileLoader::RuleMessage},
  }};
  for (YamlNode element : List(node, "rules")) {
    PolicyRule& rule = policy->rules.emplace_back();
    rule.position = element.position();
    Map(element, "a rule", kFields, &rule);
  }
}

void FileLoader::Exceptions(YamlNode node, MountPolicy* policy) {
  static constexpr std::array<Field<PolicyException>, 5> kFields = {{
      {"name", &FileLoader::ExceptionName, true},
      {"rules", &FileLoader::ExceptionRules, true},
      {"match", &FileLoader::ExceptionMatch, true},
      {"reason", &FileLoader::ExceptionReason, true},
      {"expires", &FileLoader::ExceptionExpires},
  }};
  for (YamlNode element : List(node, "exceptions")) {
    PolicyException& exception = policy->exceptions.emplace_back();
    exception.position = element.position();
    Map(element, "an exception", kFields, &exception);
  }
}

// PolicyRule

void FileLoader::RuleName(YamlNode node, PolicyRule* rule) {
  if (!Text(node, "name", &rule->name)) return;
  load_.rule_names.push_back({rule->name, PlaceOf(node)});
  if (!IsRuleName(rule->name)) {
    Error(node, fmt::format("{} is no name of a rule: expected letters, digits, -, _ and .",
                            Quoted(rule->name)));
  }
}

void FileLoader::RuleDescription(YamlNode node, PolicyRule* rule) {
  Text(node, "description", &rule->description);
}

void FileLoader::RuleActions(YamlNode node, PolicyRule* rule) {
  ActionSet actions;
  for (YamlNode element : List(node, "validationActions")) {
    Action action;
    if (!ActionWord(element, "validationActions", ValidationActions(), &action)) continue;
    if (actions.Has(action)) {
      Error(element, fmt::format("the action {} is given twice", ToString(action)));
    }
    actions.Add(action);
  }
  if (actions.Has(Action::kDeny) && actions.Has(Action::kWarn)) {
    Error(node,
          "Deny and Warn exclude each other, as in a ValidatingAdmissionPolicyBinding: a "
          "denial carries the message already");
  }
  rule->actions = actions;
}

void FileLoader::RuleMessage(YamlNode node, PolicyRule* rule) {
  if (!Text(node, "message", &rule->message)) return;
  for (std::string_view word : PlaceholdersIn(rule->message)) {
    const Words& known = MessagePlaceholders();
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      Error(node, Unknown("placeholder", word, " in a message", known));
    }
  }
}

// PolicyException

void FileLoader::ExceptionName(YamlNode node, PolicyException* exception) {
  if (!Text(node, "name", &exception->name)) return;
  load_.exception_names.push_back({exception->name, PlaceOf(node)});
  if (!IsRuleName(exception->name)) {
    Error(node, fmt::format("{} is no name of an exception: expected letters, digits, -, _ and .",
                            Quoted(exception->name)));
  }
}

void FileLoader::ExceptionRules(YamlNode node, PolicyException* exception) {
  for (YamlNode element : List(node, "rules")) {
    std::string name;
    if (!Text(element, "rules", &name)) continue;
    load_.excepted_rules.push_back({name, PlaceOf(element)});
    exception->rules.push_back(std::move(name));
  }
  std::sort(exception->rules.begin(), exception->rules.end());
}

void FileLoader::ExceptionMatch(YamlNode node, PolicyException* exception) {
  exception->match = Blocks(node, "match");
}

void FileLoader::ExceptionReason(YamlNode node, PolicyException* exception) {
  Text(node, "reason", &exception->reason);
}

void FileLoader::ExceptionExpires(YamlNode node, PolicyException* exception) {
  constexpr std::chrono::hours kDay(24);  // a date ends with its day
  const std::optional<core::WallTime> day = core::ParseDate(node.text());
  const std::optional<core::WallTime> moment = core::ParseRfc3339(node.text());
  if (day) {
    exception->expires = *day + kDay;
  } else if (moment) {
    exception->expires = moment;
  } else {
    Error(node, fmt::format("expected a date such as 2027-01-31 (in UTC, its day included) or a "
                            "time such as 2027-01-31T12:00:00Z, found {}",
                            Describe(node)));
  }
}

// Blocks

std::vector<Block> FileLoader::Blocks(YamlNode node, std::string_view what) {
  std::vector<Block> blocks;
  for (YamlNode element : List(node, what)) blocks.push_back(OneBlock(element, what));
  return blocks;
}

Block FileLoader::OneBlock(YamlNode node, std::string_view what) {
  Block block;
  block.position = node.position();
  const std::string description = fmt::format("a block of \"{}\"", what);
  const auto members = FreeMap(node, description);
  if (members.empty() && node.type() == YamlType::kMap) {
    Error(node, fmt::format("{} is empty; it would hold for every mount", description));
  }
  block.conditions.reserve(members.size());
  for (const auto& [key, value] : members) {
    const BlockFieldInfo* info = FindBlockField(key.text());
    if (info == nullptr) {
      Error(key, Unknown("field", key.text(), " in " + description, BlockFieldNames()));
      continue;
    }
    Condition condition{info->field, {}};
    if (ReadCondition(*info, value, &condition)) block.conditions.push_back(std::move(condition));
  }
  std::sort(block.conditions.begin(), block.conditions.end(),
            [](const Condition& a, const Condition& b) { return a.field < b.field; });
  return block;
}

bool FileLoader::ReadCondition(const BlockFieldInfo& info, YamlNode node, Condition* out) {
  switch (info.type) {
    case ValueType::kWords:
      out->value = WordList(info, node);
      return true;
    case ValueType::kBool: {
      bool value = false;
      const bool read = Bool(node, &value);
      out->value = value;
      return read;
    }
    case ValueType::kPatterns:
      out->value = PatternList(info, node);
      return true;
    case ValueType::kImages:
      out->value = ImageList(info, node);
      return true;
    case ValueType::kKinds:
      out->value = KindList(info, node);
      return true;
    case ValueType::kCapabilities:
      out->value = CapabilityList(info, node);
      return true;
    case ValueType::kSelector:
      out->value = Selector(info, node);
      return true;
    case ValueType::kPath:
      out->value = ReadPath(info, node);
      return true;
  }
  return false;
}

WordSet FileLoader::WordList(const BlockFieldInfo& info, YamlNode node) {
  WordSet words;
  const Words& known = WordsOf(info.field);
  for (YamlNode element : List(node, info.name)) {
    std::string word;
    if (!Text(element, info.name, &word)) continue;
    const auto found = std::find(known.begin(), known.end(), word);
    if (found == known.end()) {
      Error(element, Unknown("value", word, fmt::format(" of {}", info.name), known));
    } else {
      words.Add(static_cast<std::size_t>(found - known.begin()));
    }
  }
  return words;
}

bool FileLoader::Pattern(YamlNode node, std::string_view what, std::string* out) {
  if (!Text(node, what, out)) return false;
  if (*out == "!") {
    Error(node, fmt::format("nothing stands behind the ! in \"{}\"", what));
    return false;
  }
  if (out->size() > kMaxGlobLength) {
    Error(node, fmt::format("a pattern in \"{}\" has {} bytes; it may have {}", what, out->size(),
                            kMaxGlobLength));
    return false;
  }
  for (std::string_view word : PlaceholdersIn(*out)) {
    const Words known = {"namespace", "serviceAccount"};
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      Error(node, Unknown("placeholder", word, fmt::format(" in \"{}\"", what), known));
      return false;
    }
  }
  return true;
}

Patterns FileLoader::PatternList(const BlockFieldInfo& info, YamlNode node) {
  Patterns patterns;
  for (YamlNode element : List(node, info.name)) {
    if (std::string text; Pattern(element, info.name, &text)) patterns.Add(text);
  }
  patterns.Sort();
  return patterns;
}

ImagePatterns FileLoader::ImageList(const BlockFieldInfo& info, YamlNode node) {
  ImagePatterns images;
  for (YamlNode element : List(node, info.name)) {
    std::string text;
    if (!Pattern(element, info.name, &text)) continue;
    std::string_view pattern = text;
    const bool negated = pattern.front() == '!';
    if (negated) pattern.remove_prefix(1);
    const ImageName name = ParseImagePattern(pattern);
    (negated ? images.negated : images.plain)
        .push_back({name.repository, std::string(name.tag), std::string(name.digest)});
  }
  std::sort(images.plain.begin(), images.plain.end());
  std::sort(images.negated.begin(), images.negated.end());
  return images;
}

std::vector<KindPattern> FileLoader::KindList(const BlockFieldInfo& info, YamlNode node) {
  constexpr std::string_view kCoreGroup = "core";
  std::vector<KindPattern> kinds;
  for (YamlNode element : List(node, info.name)) {
    std::string text;
    if (!Text(element, info.name, &text)) continue;
    const std::size_t dot = text.find('.');
    KindPattern pattern{text.substr(0, dot), std::nullopt};
    bool group_ok = true;
    if (dot != std::string::npos) {
      const std::string group = text.substr(dot + 1);
      pattern.group = group == kCoreGroup ? "" : group;
      group_ok = core::IsDns1123Subdomain(group);
    }
    const bool capital = text.front() >= 'A' && text.front() <= 'Z';
    if (!capital || !group_ok || text.find('/') != std::string::npos) {
      Words known;
      for (const core::Workload& workload : workloads_.all()) known.push_back(workload.kind);
      Error(element, fmt::format("{} is no kind: expected such as DaemonSet, DaemonSet.apps or "
                                 "Pod.core{}",
                                 Quoted(text), core::DidYouMean(text, known)));
      continue;
    }
    kinds.push_back(std::move(pattern));
  }
  std::sort(kinds.begin(), kinds.end());
  return kinds;
}

std::vector<std::string> FileLoader::CapabilityList(const BlockFieldInfo& info, YamlNode node) {
  constexpr std::string_view kPrefix = "CAP_";
  std::vector<std::string> capabilities;
  for (YamlNode element : List(node, info.name)) {
    std::string name;
    if (!Text(element, info.name, &name)) continue;
    if (name.rfind(kPrefix, 0) == 0) name.erase(0, kPrefix.size());
    const bool valid = !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    });
    if (!valid) {
      Error(element, fmt::format("{} is no capability: expected such as SYS_ADMIN or ALL",
                                 Quoted(element.text())));
      continue;
    }
    capabilities.push_back(std::move(name));
  }
  std::sort(capabilities.begin(), capabilities.end());
  return capabilities;
}

std::vector<std::string> FileLoader::PathList(YamlNode node, std::string_view what) {
  std::vector<std::string> paths;
  for (YamlNode element : List(node, what)) {
    std::string path;
    if (!Pattern(element, what, &path)) continue;
    if (path.front() != '/') {
      Error(element,
            fmt::format("{} is no absolute path: expected such as /var/lib/kubelet", Quoted(path)));
    } else if (path.find_first_of("*?") != std::string::npos) {
      Error(element, fmt::format("{} holds a wildcard, which paths do not take: give the folder "
                                 "above it to \"under\"",
                                 Quoted(path)));
    } else {
      paths.push_back(core::CleanPath(path));
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

PathCondition FileLoader::ReadPath(const BlockFieldInfo& info, YamlNode node) {
  static constexpr std::array<Field<PathCondition>, 3> kFields = {{
      {"is", &FileLoader::PathIs},
      {"under", &FileLoader::PathUnder},
      {"covers", &FileLoader::PathCovers},
  }};
  PathCondition path;
  if (node.type() != YamlType::kMap) {
    Error(node, fmt::format("expected {{is: [...]}}, {{under: [...]}} or {{covers: [...]}} for "
                            "\"{}\", found {}",
                            info.name, Describe(node)));
    return path;
  }
  if (node.size() == 0) Error(node, fmt::format("\"{}\" is empty", info.name));
  Map(node, info.name, kFields, &path);
  return path;
}

// LabelSelector

LabelSelector FileLoader::Selector(const BlockFieldInfo& info, YamlNode node) {
  static constexpr std::array<Field<LabelSelector>, 2> kFields = {{
      {"matchLabels", &FileLoader::MatchLabels},
      {"matchExpressions", &FileLoader::MatchExpressions},
  }};
  LabelSelector selector;
  if (node.type() == YamlType::kMap && node.size() == 0) {
    Error(node, fmt::format("\"{}\" is empty; it would hold for every pod", info.name));
  }
  Map(node, info.name, kFields, &selector);
  std::sort(selector.requirements.begin(), selector.requirements.end());
  return selector;
}

void FileLoader::MatchLabels(YamlNode node, LabelSelector* selector) {
  for (const auto& [key, value] : FreeMap(node, "matchLabels")) {
    LabelSelector::Requirement requirement;
    RequirementKey(key, &requirement);
    requirement.op = LabelSelector::Operator::kIn;
    // The one text that may be empty: a label without a value is one.
    std::string text;
    const bool empty = value.type() == YamlType::kScalar && !value.plain() && value.text().empty();
    if (!empty && !Text(value, "matchLabels", &text)) continue;
    requirement.values.push_back(std::move(text));
    selector->requirements.push_back(std::move(requirement));
  }
}

void FileLoader::MatchExpressions(YamlNode node, LabelSelector* selector) {
  static constexpr std::array<Field<LabelSelector::Requirement>, 3> kFields = {{
      {"key", &FileLoader::RequirementKey, true},
      {"operator", &FileLoader::RequirementOperator, true},
      {"values", &FileLoader::RequirementValues},
  }};
  for (YamlNode element : List(node, "matchExpressions")) {
    LabelSelector::Requirement requirement;
    const std::size_t errors = load_.errors.size();
    Map(element, "an entry of matchExpressions", kFields, &requirement);
    if (load_.errors.size() != errors) continue;
    const bool takes_values = requirement.op == LabelSelector::Operator::kIn ||
                              requirement.op == LabelSelector::Operator::kNotIn;
    if (takes_values == requirement.values.empty()) {
      Error(element, takes_values ? "the operators In and NotIn need \"values\""
                                  : "the operators Exists and DoesNotExist take no \"values\"");
    }
    selector->requirements.push_back(std::move(requirement));
  }
}

void FileLoader::RequirementKey(YamlNode node, LabelSelector::Requirement* requirement) {
  if (!Text(node, "key", &requirement->key)) return;
  if (!core::IsQualifiedName(requirement->key)) {
    Error(node, fmt::format("{} is no key of a label: expected such as app or example.com/app",
                            Quoted(requirement->key)));
  }
}

void FileLoader::RequirementOperator(YamlNode node, LabelSelector::Requirement* requirement) {
  const Words known = {"In", "NotIn", "Exists", "DoesNotExist"};  // as LabelSelector::Operator
  std::string word;
  if (!Text(node, "operator", &word)) return;
  const auto found = std::find(known.begin(), known.end(), word);
  if (found == known.end()) {
    Error(node, Unknown("operator", word, "", known));
  } else {
    requirement->op = static_cast<LabelSelector::Operator>(found - known.begin());
  }
}

void FileLoader::RequirementValues(YamlNode node, LabelSelector::Requirement* requirement) {
  requirement->values = Texts(node, "values");
  std::sort(requirement->values.begin(), requirement->values.end());
}

// The set as a whole

std::string Where(const Load& load, const Place& place) {
  return fmt::format("{}:{}:{}", load.files[place.file].name, place.position.line,
                     place.position.column);
}

/// True for what an exception can spare: what the reader of a manifest says of its text is no
/// matter of policy.
bool CanBeExcepted(const RuleInfo* rule) {
  return rule != nullptr && rule->origin != Origin::kInput;
}

/// Tells names that are taken; what remains is the place of every name.
std::unordered_map<std::string_view, Place> CheckUnique(const std::vector<NameAt>& names,
                                                        std::string_view what, Load* load) {
  std::unordered_map<std::string_view, Place> first_of;
  for (const NameAt& at : names) {
    if (AllRules::Find(at.name) != nullptr) {
      load->errors.push_back({at.place, fmt::format("the {} name \"{}\" is the id of a built-in "
                                                    "rule; choose another",
                                                    what, at.name)});
    }
    const auto [first, is_new] = first_of.emplace(at.name, at.place);
    if (!is_new) {
      load->errors.push_back(
          {at.place, fmt::format("duplicate {} name {}; previously defined at {}", what,
                                 Quoted(at.name), Where(*load, first->second))});
    }
  }
  return first_of;
}

void CheckExceptedRules(const std::unordered_map<std::string_view, Place>& rules, Load* load) {
  for (const NameAt& at : load->excepted_rules) {
    if (rules.count(at.name) != 0 || CanBeExcepted(AllRules::Find(at.name))) continue;
    Words known;
    if (rules.size() <= kManyRules) {
      for (const auto& [name, place] : rules) known.push_back(name);
      std::sort(known.begin(), known.end());
    }
    for (const RuleInfo& rule : AllRules()) {
      if (CanBeExcepted(&rule)) known.push_back(rule.id);
    }
    load->errors.push_back({at.place, fmt::format("no rule is called {}{}", Quoted(at.name),
                                                  core::DidYouMean(at.name, known))});
  }
}

std::vector<PolicyProblem> SortedProblems(const Load& load) {
  auto errors = load.errors;
  std::stable_sort(errors.begin(), errors.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first.file, a.first.position) < std::tie(b.first.file, b.first.position);
  });
  if (errors.size() > kMaxErrors) {
    errors[kMaxErrors].second = fmt::format("and {} more errors", errors.size() - kMaxErrors);
    errors.resize(kMaxErrors + 1);
  }
  std::vector<PolicyProblem> problems;
  for (auto& [place, message] : errors) {
    problems.push_back({PolicyProblem::Severity::kError, load.files[place.file].name,
                        place.position, std::move(message)});
  }
  return problems;
}

bool IsPolicyFileName(std::string_view name) {
  const auto ends_with = [name](std::string_view ending) {
    return name.size() > ending.size() && name.substr(name.size() - ending.size()) == ending;
  };
  return name.front() != '.' && (ends_with(".yaml") || ends_with(".yml"));
}

}  // namespace

LoadedPolicies LoadPolicies(const std::vector<PolicyFile>& files) {
  Load load{files, {}, {}, {}, {}, {}};
  for (std::size_t file = 0; file < files.size(); ++file) FileLoader(&load, file).Run();
  const auto rules = CheckUnique(load.rule_names, "rule", &load);
  CheckUnique(load.exception_names, "exception", &load);
  CheckExceptedRules(rules, &load);

  LoadedPolicies loaded;
  if (load.errors.empty()) {
    loaded.policies = std::make_shared<const PolicySet>(std::move(load.policies));
  }
  loaded.problems = SortedProblems(load);
  return loaded;
}

std::shared_ptr<const PolicySet> Baseline() {
  static const std::shared_ptr<const PolicySet> baseline =
      LoadPolicies({{"baseline.yaml", std::string(kBaselineYaml)}}).policies;
  return baseline;
}

core::Result<std::vector<PolicyFile>> ReadPolicyFiles(const std::vector<std::string>& paths,
                                                      const core::FileReader& reader) {
  std::vector<PolicyFile> files;
  const auto read = [&](const std::string& path) -> core::Result<void> {
    core::Result<std::string> content = reader.Read(path);
    if (!content) return core::Unexpected<core::Error>(content.error());
    files.push_back({path, *std::move(content)});
    return {};
  };
  for (const std::string& path : paths) {
    if (!reader.IsDirectory(path)) {
      if (const auto done = read(path); !done) return core::Failure(done.error().message);
      continue;
    }
    const core::Result<std::vector<std::string>> names = reader.List(path);
    if (!names) return core::Failure(names.error().message);
    const std::size_t before = files.size();
    for (const std::string& name : *names) {
      if (!IsPolicyFileName(name)) continue;
      const std::string full = path + (path.back() == '/' ? "" : "/") + name;
      if (const auto done = read(full); !done) return core::Failure(done.error().message);
    }
    if (files.size() == before) {
      return core::Failure(path +
                           ": the directory holds no policy: expected a file whose name ends "
                           "in .yaml or .yml");
    }
  }
  return files;
}

std::string Render(const PolicyProblem& problem, const std::vector<PolicyFile>& files) {
  constexpr int kFrameWidth = 100;
  const bool error = problem.severity == PolicyProblem::Severity::kError;
  std::string place = problem.file;
  if (problem.position.known()) {
    place += fmt::format(":{}:{}", problem.position.line, problem.position.column);
  }
  std::string text =
      fmt::format("{}: {}: {}\n", place, error ? "error" : "warning", problem.message);
  for (const PolicyFile& file : files) {
    if (file.name != problem.file) continue;
    const core::LineIndex lines(WithoutByteOrderMark(file.content));
    text += core::ToText(core::MakeCodeFrame(lines, problem.position, kFrameWidth));
    break;
  }
  return text;
}

}  // namespace mountguard::policy

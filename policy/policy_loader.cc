#include "policy/policy_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/code_frame.h"
#include "core/did_you_mean.h"
#include "core/names.h"
#include "core/rfc3339.h"
#include "core/workload.h"
#include "policy/all_rules.h"
#include "policy/baseline_yaml.h"
#include "policy/block_decoder.h"
#include "policy/message.h"
#include "policy/policy_fields.h"
#include "policy/policy_yaml.h"
#include "policy/source_text.h"
#include "policy/suite_loader.h"
#include "policy/yaml_decoder.h"

namespace mountguard::policy {
namespace {

/// Among more rules than these nobody is helped to find the one that was meant.
constexpr std::size_t kManyRules = 1'000;

/// More errors than these are counted, not told.
constexpr std::size_t kMaxErrors = 1'000;

Words AllActions() { return {kActionWords.begin(), kActionWords.end()}; }
Words ValidationActions() { return {kActionWords.begin(), kActionWords.end() - 1}; }

Words AdviceIds() {
  Words ids;
  for (const RuleInfo& rule : AllRules()) {
    if (rule.origin == Origin::kAdvice) ids.push_back(rule.id);
  }
  return ids;
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

/// The names in a list, and where each stands in the file.
using PlacedNames = std::vector<std::pair<std::string, core::SourcePos>>;

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

/// Reads one file into the set.
class FileLoader : private YamlDecoder {
 public:
  /// All must outlive this.
  FileLoader(Load* load, std::size_t file, std::vector<YamlTree::Problem>* problems);

  void Run();

 private:
  friend class YamlDecoder;
  template <class T, std::size_t N>
  using Readers = YamlReaders<FileLoader, T, N>;

  Place PlaceOf(YamlNode node) const { return {file_, node.position()}; }

  void Document(YamlNode root);
  bool CheckHeader(YamlNode root);

  bool ActionWord(YamlNode node, std::string_view what, const Words& known, Action* out);
  /// Sorts the names and leaves each there once; repeated ones are told. `what` is one of them.
  void SortUnique(std::string_view what, PlacedNames* names);

  // MountPolicy
  void Ignore(YamlNode, MountPolicy*) {}
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
  void RuleMatch(YamlNode node, PolicyRule* rule) { rule->match = blocks_.Blocks(node, "match"); }
  void RuleExclude(YamlNode node, PolicyRule* rule) {
    rule->exclude = blocks_.Blocks(node, "exclude");
  }
  void RuleRequire(YamlNode node, PolicyRule* rule) {
    rule->require = blocks_.Blocks(node, "require");
  }
  void RuleActions(YamlNode node, PolicyRule* rule);
  void RuleMessage(YamlNode node, PolicyRule* rule);
  // PolicyException
  void ExceptionName(YamlNode node, PolicyException* exception);
  void ExceptionRules(YamlNode node, PolicyException* exception);
  void ExceptionMatch(YamlNode node, PolicyException* exception);
  void ExceptionReason(YamlNode node, PolicyException* exception);
  void ExceptionExpires(YamlNode node, PolicyException* exception);

  Load& load_;
  const std::size_t file_;
  const std::string_view text_;
  const core::LineIndex lines_;
  BlockDecoder blocks_;
  core::WorkloadTable workloads_;  // to try podTemplates on
  std::size_t documents_ = 0;
};

FileLoader::FileLoader(Load* load, std::size_t file, std::vector<YamlTree::Problem>* problems)
    : YamlDecoder(problems),
      load_(*load),
      file_(file),
      text_(WithoutByteOrderMark(load->files[file].content)),
      lines_(text_),
      blocks_(problems) {}

void FileLoader::Run() {
  if (const auto unreadable = FindUnreadable(text_, "a policy")) {
    return Error(unreadable->position, unreadable->message);
  }
  const auto problems = YamlTree::ReadAll(text_, lines_, [this](YamlNode root) { Document(root); });
  for (const YamlTree::Problem& problem : problems) Error(problem.position, problem.message);
  if (documents_ == 0 && problems.empty()) {
    Error(core::SourcePos{1, 1}, "the file holds no MountPolicy: it is empty or was cut off");
  }
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

void FileLoader::SortUnique(std::string_view what, PlacedNames* names) {
  std::sort(names->begin(), names->end());
  const auto again = [&](const auto& first, const auto& second) {
    if (first.first != second.first) return false;
    Error(second.second, fmt::format("the {} {} is given twice", what, Quoted(second.first)));
    return true;
  };
  names->erase(std::unique(names->begin(), names->end(), again), names->end());
}

// MountPolicy

bool FileLoader::CheckHeader(YamlNode root) {
  const YamlNode kind = MemberOf(root, "kind");
  if (kind.text() == kTestKind) {
    Error(kind,
          "a MountPolicyTest is no policy: keep it in a folder of its own, and run it with "
          "mountguard test");
    return false;
  }
  return Header(root, kPolicyKind);
}

void FileLoader::Document(YamlNode root) {
  ++documents_;
  if (!CheckHeader(root)) return;
  static constexpr Readers<MountPolicy, 4> kReaders = {&FileLoader::Ignore, &FileLoader::Ignore,
                                                       &FileLoader::Metadata, &FileLoader::Spec};
  MountPolicy policy;
  policy.file = load_.files[file_].name;
  Map(root, "a MountPolicy", kDocumentFields, kReaders, &policy);
  load_.policies.push_back(std::move(policy));
}

void FileLoader::Metadata(YamlNode node, MountPolicy* policy) {
  static constexpr Readers<MountPolicy, 4> kReaders = {
      &FileLoader::PolicyName, &FileLoader::Ignore, &FileLoader::IgnoreMap, &FileLoader::IgnoreMap};
  Map(node, "metadata", kMetadataFields, kReaders, policy);
}

void FileLoader::PolicyName(YamlNode node, MountPolicy* policy) {
  Text(node, "name", &policy->name);
}

void FileLoader::IgnoreMap(YamlNode node, MountPolicy*) { FreeMap(node, "labels and annotations"); }

void FileLoader::Spec(YamlNode node, MountPolicy* policy) {
  static constexpr Readers<MountPolicy, 6> kReaders = {
      &FileLoader::Profiles,     &FileLoader::KubernetesRules, &FileLoader::Advice,
      &FileLoader::PodTemplates, &FileLoader::Rules,           &FileLoader::Exceptions};
  Map(node, "spec", kSpecFields, kReaders, policy);
}

void FileLoader::Profiles(YamlNode node, MountPolicy* policy) {
  PlacedNames names;
  for (YamlNode element : List(node, "profiles")) {
    std::string name;
    if (!Text(element, "profiles", &name)) continue;
    if (!core::IsDns1123Subdomain(name)) {
      Error(element, fmt::format("{} is no name of a profile, which stands in a URL: expected "
                                 "lowercase letters, digits, - and .",
                                 Quoted(name)));
    } else {
      names.emplace_back(std::move(name), element.position());
    }
  }
  SortUnique("profile", &names);
  for (auto& [name, position] : names) policy->profiles.push_back(std::move(name));
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
  static constexpr Readers<CustomKind, 3> kReaders = {&FileLoader::KindGroup, &FileLoader::KindName,
                                                      &FileLoader::KindPaths};
  for (YamlNode element : List(node, "podTemplates")) {
    CustomKind kind;
    Map(element, "an entry of podTemplates", kPodTemplateFields, kReaders, &kind);
    const core::Result<void> added = workloads_.Add(kind.group, kind.kind, kind.paths);
    if (!added) Error(element, added.error().message);
    policy->pod_templates.push_back(std::move(kind));
  }
}

void FileLoader::Rules(YamlNode node, MountPolicy* policy) {
  static constexpr Readers<PolicyRule, 7> kReaders = {
      &FileLoader::RuleName,    &FileLoader::RuleDescription, &FileLoader::RuleMatch,
      &FileLoader::RuleExclude, &FileLoader::RuleRequire,     &FileLoader::RuleActions,
      &FileLoader::RuleMessage};
  for (YamlNode element : List(node, "rules")) {
    PolicyRule& rule = policy->rules.emplace_back();
    rule.position = element.position();
    Map(element, "a rule", kRuleFields, kReaders, &rule);
  }
}

void FileLoader::Exceptions(YamlNode node, MountPolicy* policy) {
  static constexpr Readers<PolicyException, 5> kReaders = {
      &FileLoader::ExceptionName, &FileLoader::ExceptionRules, &FileLoader::ExceptionMatch,
      &FileLoader::ExceptionReason, &FileLoader::ExceptionExpires};
  for (YamlNode element : List(node, "exceptions")) {
    PolicyException& exception = policy->exceptions.emplace_back();
    exception.position = element.position();
    Map(element, "an exception", kExceptionFields, kReaders, &exception);
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
  PlacedNames rules;
  for (YamlNode element : List(node, "rules")) {
    std::string name;
    if (!Text(element, "rules", &name)) continue;
    load_.excepted_rules.push_back({name, PlaceOf(element)});
    rules.emplace_back(std::move(name), element.position());
  }
  SortUnique("rule", &rules);
  for (auto& [name, position] : rules) {
    exception->rules.push_back(std::move(name));
    exception->rule_positions.push_back(position);
  }
}

void FileLoader::ExceptionMatch(YamlNode node, PolicyException* exception) {
  exception->match = blocks_.Blocks(node, "match");
}

void FileLoader::ExceptionReason(YamlNode node, PolicyException* exception) {
  Text(node, "reason", &exception->reason);
}

void FileLoader::ExceptionExpires(YamlNode node, PolicyException* exception) {
  constexpr std::chrono::hours kDay(24);  // a date ends with its day
  const std::optional<core::WallTime> day = core::ParseDate(node.text());
  const std::optional<core::WallTime> moment = core::ParseRfc3339(node.text());
  exception->expires_position = node.position();
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

// The set as a whole

std::string Where(const Load& load, const Place& place) {
  return fmt::format("{}:{}:{}", load.files[place.file].name, place.position.line,
                     place.position.column);
}

/// True for what an exception can spare: what the reader of a manifest says of its text is no
/// matter of policy.
bool CanBeExcepted(const RuleInfo& rule) { return rule.origin != Origin::kInput; }

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
    const RuleInfo* built_in = AllRules::Find(at.name);
    if (rules.count(at.name) != 0 || (built_in != nullptr && CanBeExcepted(*built_in))) continue;
    Words known;
    if (rules.size() <= kManyRules) {
      for (const auto& [name, place] : rules) known.push_back(name);
      std::sort(known.begin(), known.end());
    }
    for (const RuleInfo& rule : AllRules()) {
      if (CanBeExcepted(rule)) known.push_back(rule.id);
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

}  // namespace

LoadedPolicies LoadPolicies(const std::vector<PolicyFile>& files) {
  Load load{files, {}, {}, {}, {}, {}};
  for (std::size_t file = 0; file < files.size(); ++file) {
    std::vector<YamlTree::Problem> problems;
    FileLoader(&load, file, &problems).Run();
    for (YamlTree::Problem& problem : problems) {
      load.errors.emplace_back(Place{file, problem.position}, std::move(problem.message));
    }
  }
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

bool IsPolicyFileName(std::string_view name) {
  const auto ends_with = [name](std::string_view ending) {
    return name.size() > ending.size() && name.substr(name.size() - ending.size()) == ending;
  };
  return !name.empty() && name.front() != '.' && (ends_with(".yaml") || ends_with(".yml"));
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
      const std::string_view slash = path.back() == '/' ? "" : "/";
      if (const auto done = read(fmt::format("{}{}{}", path, slash, name)); !done)
        return core::Failure(done.error().message);
    }
    if (files.size() == before) {
      return core::Failure(path +
                           ": the directory holds no policy: expected a file whose name ends "
                           "in .yaml or .yml");
    }
  }
  return files;
}

core::CodeFrame FrameOf(const PolicyProblem& problem, const std::vector<PolicyFile>& files,
                        int width) {
  for (const PolicyFile& file : files) {
    if (file.name != problem.file) continue;
    const core::LineIndex lines(WithoutByteOrderMark(file.content));
    return core::MakeCodeFrame(lines, problem.position, width);
  }
  return {};
}

std::string Render(const PolicyProblem& problem, const std::vector<PolicyFile>& files) {
  constexpr int kFrameWidth = 100;
  const bool error = problem.severity == PolicyProblem::Severity::kError;
  std::string place = problem.file;
  if (problem.position.known()) {
    place += fmt::format(":{}:{}", problem.position.line, problem.position.column);
  }
  const std::string id = problem.id.empty() ? "" : fmt::format(" [{}]", problem.id);
  std::string text =
      fmt::format("{}: {}: {}{}\n", place, error ? "error" : "warning", problem.message, id);
  text += core::ToText(FrameOf(problem, files, kFrameWidth));
  if (!problem.remedy.empty()) text += fmt::format("  remedy: {}\n", problem.remedy);
  return text;
}

}  // namespace mountguard::policy

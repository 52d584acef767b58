#include "policy/policy_lint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>

#include "core/did_you_mean.h"
#include "core/rfc3339.h"
#include "core/workload.h"
#include "policy/all_rules.h"
#include "policy/block.h"
#include "policy/block_doubts.h"
#include "policy/block_logic.h"
#include "policy/kubernetes/rule_ids.h"
#include "policy/lint_table.h"
#include "policy/settings.h"
#include "policy/yaml_decoder.h"

namespace mountguard::policy {
namespace {

/// More warnings than these are counted, not told.
constexpr std::size_t kMaxWarnings = 1'000;

/// `labels`, `labels and names`, `labels, names and containers`.
std::string Enumerate(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " and " : ", ";
    text += words[i];
  }
  return text;
}

/// What a finding of a built-in rule is about: an exception that asks more of it cannot hold.
Scope ScopeOf(std::string_view rule) {
  if (rule == kUndecodable) return Scope::kRequest;
  return rule.rfind("device-", 0) == 0 ? Scope::kContainer : Scope::kMount;
}

std::string Text(const KindPattern& pattern) {
  if (!pattern.group) return pattern.kind;
  return pattern.kind + "." + (pattern.group->empty() ? "core" : *pattern.group);
}

/// Goes through the policies and notes what it finds.
class Linter {
 public:
  Linter(const PolicySet& set, core::WallTime now);

  std::vector<PolicyProblem> Run();

 private:
  struct Profile {
    std::string_view name;
    std::map<std::string_view, Action> built_in;  // by id
  };
  struct RuleAt {
    const MountPolicy* policy;
    const PolicyRule* rule;
  };
  struct Warning {
    std::size_t file;
    PolicyProblem problem;
  };

  void Warn(Lint lint, core::SourcePos position, std::string message);

  /// Blocks that do not contradict themselves.
  using Possible = std::vector<const Block*>;
  /// Those of `blocks`; the others are told. `owner` is such as `the rule "r"`.
  Possible LintPossible(const std::vector<Block>& blocks, std::string_view field,
                        const std::string& owner);
  void LintRepetition(const Possible& match);
  void LintEffect(Lint covers, std::string_view field, const std::vector<Block>& blocks,
                  const PolicyRule& rule, const Possible& match);

  void LintPolicy(const MountPolicy& policy);
  void LintRule(const PolicyRule& rule);
  void LintException(const PolicyException& exception);
  void LintExceptedRules(const PolicyException& exception);
  void LintReach(const PolicyException& exception, std::size_t rule, const Possible& blocks);
  void LintConfinement(const Block& block, const PolicyException& exception);
  void LintKinds(const Block& block, const core::WorkloadTable& workloads);
  /// `spares`: the block takes findings away, instead of saying what is looked at.
  void LintUsers(const Block& block, bool spares);
  template <class Visit>
  void ForEachBlock(const Visit& visit) const;

  bool SharesProfile(const MountPolicy& other) const;
  /// Whether a built-in rule speaks in any profile in which the policy acts.
  bool Speaks(const RuleInfo& rule) const;
  core::WorkloadTable Workloads() const;

  const PolicySet& set_;
  const core::WallTime now_;
  std::vector<Profile> profiles_;
  std::unordered_map<std::string_view, RuleAt> rules_;
  const MountPolicy* policy_ = nullptr;  // the one that is looked at
  std::size_t file_ = 0;                 // the place of its file
  BlockLogic logic_;
  std::vector<Warning> warnings_;
};

Linter::Linter(const PolicySet& set, core::WallTime now) : set_(set), now_(now) {
  std::vector<std::string_view> names = {""};
  names.insert(names.end(), set.profiles().begin(), set.profiles().end());
  for (std::string_view name : names) {
    Profile& profile = profiles_.emplace_back();
    profile.name = name;
    const Policies policies = PoliciesOf(set, name);
    for (const RuleInfo& rule : AllRules()) {
      if (rule.origin == Origin::kInput) continue;
      profile.built_in[rule.id] = rule.origin == Origin::kAdvice ? AdviceAction(policies, rule)
                                                                 : KubernetesAction(policies);
    }
  }
  for (const MountPolicy& policy : set.policies()) {
    for (const PolicyRule& rule : policy.rules) rules_.emplace(rule.name, RuleAt{&policy, &rule});
  }
}

std::vector<PolicyProblem> Linter::Run() {
  for (const MountPolicy& policy : set_.policies()) {
    if (policy_ != nullptr && policy.file != policy_->file) ++file_;
    policy_ = &policy;
    LintPolicy(policy);
  }
  std::stable_sort(warnings_.begin(), warnings_.end(), [](const Warning& a, const Warning& b) {
    return std::tie(a.file, a.problem.position) < std::tie(b.file, b.problem.position);
  });
  if (warnings_.size() > kMaxWarnings) {
    PolicyProblem& last = warnings_[kMaxWarnings].problem;
    last.message = fmt::format("and {} more warnings", warnings_.size() - kMaxWarnings);
    last.id = last.remedy = {};
    warnings_.resize(kMaxWarnings + 1);
  }
  std::vector<PolicyProblem> problems;
  problems.reserve(warnings_.size());
  for (Warning& warning : warnings_) problems.push_back(std::move(warning.problem));
  return problems;
}

void Linter::Warn(Lint lint, core::SourcePos position, std::string message) {
  const LintInfo& info = AllLints()[lint];
  warnings_.push_back({file_,
                       {PolicyProblem::Severity::kWarning, policy_->file, position,
                        std::move(message), info.id, info.remedy}});
}

void Linter::LintPolicy(const MountPolicy& policy) {
  for (const PolicyRule& rule : policy.rules) LintRule(rule);
  for (const PolicyException& exception : policy.exceptions) LintException(exception);
  bool asks_kinds = false;
  ForEachBlock([&](const Block& block) {
    asks_kinds = asks_kinds || FindCondition(block, BlockField::kKinds) != nullptr;
  });
  if (!asks_kinds) return;
  const core::WorkloadTable workloads = Workloads();
  ForEachBlock([&](const Block& block) { LintKinds(block, workloads); });
}

template <class Visit>
void Linter::ForEachBlock(const Visit& visit) const {
  for (const PolicyRule& rule : policy_->rules) {
    for (const auto* blocks : {&rule.match, &rule.exclude, &rule.require}) {
      for (const Block& block : *blocks) visit(block);
    }
  }
  for (const PolicyException& exception : policy_->exceptions) {
    for (const Block& block : exception.match) visit(block);
  }
}

void Linter::LintRule(const PolicyRule& rule) {
  const std::string owner = fmt::format("the rule {}", Quoted(rule.name));
  const Possible match = LintPossible(rule.match, "match", owner);
  LintRepetition(match);
  LintEffect(kExcludeCoversMatch, "exclude", rule.exclude, rule, match);
  LintEffect(kRequireCoversMatch, "require", rule.require, rule, match);
  for (const Block& block : rule.match) LintUsers(block, false);
  for (const auto* blocks : {&rule.exclude, &rule.require}) {
    for (const Block& block : *blocks) LintUsers(block, true);
  }
}

Linter::Possible Linter::LintPossible(const std::vector<Block>& blocks, std::string_view field,
                                      const std::string& owner) {
  Possible possible;
  for (const Block& block : blocks) {
    if (const auto clash = logic_.WhyImpossible(block)) {
      Warn(kMatchesNothing, clash->position,
           fmt::format("this block of {} of {} can hold for no mount: {}", field, owner,
                       clash->reason));
    } else {
      possible.push_back(&block);
    }
  }
  return possible;
}

void Linter::LintRepetition(const Possible& match) {
  for (const Refusal& refusal : Refusals()) {
    const bool denied =
        std::all_of(profiles_.begin(), profiles_.end(), [&](const Profile& profile) {
          return !policy_->IsIn(profile.name) || profile.built_in.at(refusal.rule) == Action::kDeny;
        });
    if (!denied) continue;
    for (const Block* block : match) {
      if (!logic_.Implies(*block, refusal.block)) continue;
      Warn(kRepeatsKubernetesRule, block->position,
           fmt::format("whatever this block matches is denied by Kubernetes' own rule {} already",
                       Quoted(refusal.rule)));
    }
  }
}

/// Warns of blocks of exclude or require that hold for nothing in the rule's match, or for all.
void Linter::LintEffect(Lint covers, std::string_view field, const std::vector<Block>& blocks,
                        const PolicyRule& rule, const Possible& match) {
  const std::string owner = fmt::format("the rule {}", Quoted(rule.name));
  for (const Block* block : LintPossible(blocks, field, owner)) {
    if (match.empty()) return;  // told already
    std::optional<BlockLogic::Clash> first;
    bool meets = false;
    std::vector<int> covered;
    for (const Block* matched : match) {
      const auto clash = logic_.WhyDisjoint(*matched, *block);
      meets = meets || !clash;
      if (!first) first = clash;
      if (!clash && logic_.Implies(*matched, *block)) covered.push_back(matched->position.line);
    }
    if (!meets) {
      Warn(kBlockWithoutEffect, first->position,
           fmt::format("this block of {} of {} holds for no mount that the rule looks at: {}",
                       field, owner, first->reason));
    } else if (covered.size() == match.size()) {
      Warn(covers, block->position,
           fmt::format("{} can never speak: this block of {} holds wherever its match does", owner,
                       field));
    } else if (!covered.empty()) {
      Warn(covers, block->position,
           fmt::format("this block of {} of {} holds wherever the block of match at line {} does, "
                       "which therefore finds nothing",
                       field, owner, fmt::join(covered, ", ")));
    }
  }
}

void Linter::LintException(const PolicyException& exception) {
  if (exception.ExpiredAt(now_)) {
    Warn(kExpiredException, exception.expires_position,
         fmt::format("the exception {} has expired: since {} it spares nothing",
                     Quoted(exception.name), core::FormatRfc3339(*exception.expires)));
  }
  LintExceptedRules(exception);
  const Possible blocks = LintPossible(exception.match, "match",
                                       fmt::format("the exception {}", Quoted(exception.name)));
  for (std::size_t i = 0; i < exception.rules.size(); ++i) LintReach(exception, i, blocks);
  for (const Block& block : exception.match) {
    LintConfinement(block, exception);
    LintUsers(block, true);
  }
}

void Linter::LintExceptedRules(const PolicyException& exception) {
  for (std::size_t i = 0; i < exception.rules.size(); ++i) {
    const std::string& name = exception.rules[i];
    if (const RuleInfo* built_in = AllRules::Find(name)) {
      if (Speaks(*built_in)) continue;
      Warn(kExceptionForSilentRule, exception.rule_positions[i],
           fmt::format("the exception {} spares the rule {}, which is Off in every profile of "
                       "this policy",
                       Quoted(exception.name), Quoted(name)));
      continue;
    }
    const RuleAt& at = rules_.at(name);
    if (SharesProfile(*at.policy)) continue;
    Warn(
        kExceptionForSilentRule, exception.rule_positions[i],
        fmt::format("the exception {} spares the rule {} of the policy {}, which shares no profile "
                    "with this one",
                    Quoted(exception.name), Quoted(name), Quoted(at.policy->name)));
  }
}

/// Warns where the exception holds for nothing that its `rule`th rule can speak of.
void Linter::LintReach(const PolicyException& exception, std::size_t rule, const Possible& blocks) {
  const std::string& name = exception.rules[rule];
  if (blocks.empty()) return;  // told already
  std::string reason;
  if (AllRules::Find(name) != nullptr) {
    const Scope scope = ScopeOf(name);
    for (const Block* block : blocks) {
      const Condition* beyond = ConditionBeyond(*block, scope);
      if (beyond == nullptr) return;
      reason = fmt::format("the rule speaks of {}, which have no {}",
                           scope == Scope::kContainer ? "devices" : "whole objects",
                           InfoOf(beyond->field).name);
    }
  } else {
    for (const Block& match : rules_.at(name).rule->match) {
      for (const Block* block : blocks) {
        const auto clash = logic_.WhyDisjoint(match, *block);
        if (!clash) return;
        if (reason.empty()) reason = clash->reason;
      }
    }
  }
  Warn(kExceptionMissesRule, exception.rule_positions[rule],
       fmt::format("the exception {} holds for nothing that the rule {} can speak of: {}",
                   Quoted(exception.name), Quoted(name), reason));
}

void Linter::LintConfinement(const Block& block, const PolicyException& exception) {
  std::vector<std::string_view> chosen;
  core::SourcePos position;
  for (const Condition& condition : block.conditions) {
    if (Confines(condition)) return;
    if (InfoOf(condition.field).choice != Choice::kAuthor) continue;
    if (chosen.empty()) position = condition.position;
    chosen.push_back(InfoOf(condition.field).name);
  }
  if (chosen.empty()) return;
  Warn(kExceptionOnAuthorControlledFacts, position,
       fmt::format("the exception {} goes by {} alone, which whoever writes a pod chooses: anyone "
                   "can help themselves to it",
                   Quoted(exception.name), Enumerate(chosen)));
}

void Linter::LintUsers(const Block& block, bool spares) {
  if (!spares && !CanBePod(block)) return;
  for (BlockField field : {BlockField::kUsers, BlockField::kGroups}) {
    const Condition* condition = FindCondition(block, field);
    if (condition == nullptr || NamesControllers(*condition)) continue;
    const std::string_view name = InfoOf(field).name;
    Warn(kUsersOnControllerPods, condition->position,
         fmt::format("this block asks for {}; the pods of a DaemonSet or Deployment are created by "
                     "a controller and judged with its user, not with that of who made the "
                     "workload: {}",
                     name, spares ? "they are not spared" : "they are not looked at"));
  }
}

void Linter::LintKinds(const Block& block, const core::WorkloadTable& workloads) {
  const Condition* condition = FindCondition(block, BlockField::kKinds);
  if (condition == nullptr) return;
  for (const KindPattern& pattern : std::get<std::vector<KindPattern>>(condition->value)) {
    std::vector<std::string> same_kind;
    std::vector<std::string_view> known;
    bool found = false;
    for (const core::Workload& workload : workloads.all()) {
      known.push_back(workload.kind);
      if (workload.kind != pattern.kind) continue;
      found = found || !pattern.group || *pattern.group == workload.group;
      same_kind.push_back(Text(KindPattern{workload.kind, workload.group}));
    }
    if (found) continue;
    Warn(kKindWithoutPods, condition->position,
         fmt::format("no kind {} is known to hold pod templates, so nothing of that kind is "
                     "judged{}",
                     Quoted(Text(pattern)),
                     same_kind.empty() ? core::DidYouMean(pattern.kind, known)
                                       : fmt::format("; there is {}", fmt::join(same_kind, ", "))));
  }
}

bool Linter::SharesProfile(const MountPolicy& other) const {
  if (policy_->profiles.empty() || other.profiles.empty()) return true;
  return std::any_of(other.profiles.begin(), other.profiles.end(),
                     [this](const std::string& profile) { return policy_->IsIn(profile); });
}

bool Linter::Speaks(const RuleInfo& rule) const {
  if (rule.id == kUndecodable) return true;  // it is audited even where Kubernetes' rules are off
  return std::any_of(profiles_.begin(), profiles_.end(), [&](const Profile& profile) {
    return policy_->IsIn(profile.name) && profile.built_in.at(rule.id) != Action::kOff;
  });
}

/// The kinds of all profiles in which the policy acts.
core::WorkloadTable Linter::Workloads() const {
  Policies sharing;
  for (const MountPolicy& other : set_.policies()) {
    if (!other.pod_templates.empty() && SharesProfile(other)) sharing.push_back(&other);
  }
  return WorkloadsOf(sharing);
}

}  // namespace

std::vector<PolicyProblem> LintPolicies(const PolicySet& policies, core::WallTime now) {
  return Linter(policies, now).Run();
}

}  // namespace mountguard::policy

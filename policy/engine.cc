#include "policy/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "policy/advice/advice.h"
#include "policy/all_rules.h"
#include "policy/block_index.h"
#include "policy/kubernetes/kubernetes_rules.h"
#include "policy/kubernetes/rule_ids.h"
#include "policy/matcher.h"
#include "policy/message.h"
#include "policy/settings.h"
#include "policy/trace.h"

namespace mountguard::policy {
namespace {

/// A piece of built-in advice and what its findings do.
struct SetAdvice {
  const RuleInfo* rule;
  Action action;
};

std::vector<SetAdvice> AdviceOf(const Policies& policies) {
  std::vector<SetAdvice> all;
  for (const RuleInfo& rule : AllRules()) {
    if (rule.origin == Origin::kAdvice) all.push_back({&rule, AdviceAction(policies, rule)});
  }
  return all;
}

void AddKeys(const std::vector<Block>& blocks, MetadataKeys* keys) {
  for (const Block& block : blocks) {
    for (const Condition& condition : block.conditions) {
      const auto* selector = std::get_if<LabelSelector>(&condition.value);
      if (selector == nullptr) continue;
      auto& list = condition.field == BlockField::kLabels ? keys->labels : keys->annotations;
      for (const auto& requirement : selector->requirements) list.push_back(requirement.key);
    }
  }
}

MetadataKeys MetadataKeysOf(const Policies& policies) {
  MetadataKeys keys;
  for (const MountPolicy* policy : policies) {
    for (const PolicyRule& rule : policy->rules) {
      for (const auto* blocks : {&rule.match, &rule.exclude, &rule.require}) {
        AddKeys(*blocks, &keys);
      }
    }
    for (const PolicyException& exception : policy->exceptions) AddKeys(exception.match, &keys);
  }
  for (auto* list : {&keys.labels, &keys.annotations}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  return keys;
}

/// True if a match of the rule asks for a mode: then a finding is about that field.
bool SpeaksOfPropagation(const PolicyRule& rule) {
  const auto asks = [](const Condition& condition) {
    return condition.field == BlockField::kMountPropagation;
  };
  return std::any_of(rule.match.begin(), rule.match.end(), [&asks](const Block& block) {
    return std::any_of(block.conditions.begin(), block.conditions.end(), asks);
  });
}

Finding FindingAt(const JudgedTemplate& judged, int template_index, int container, int mount) {
  const core::ContainerView& view = judged.pod.containers()[static_cast<std::size_t>(container)];
  Finding finding;
  finding.template_index = template_index;
  finding.container = container;
  finding.mount = mount;
  finding.field =
      fmt::format("{}.volumeMounts[{}]", core::PathOf(judged.source.SpecPath(), view), mount);
  return finding;
}

const core::VolumeMount& MountAt(const JudgedTemplate& judged, const AdviceFinding& said) {
  const auto& container = judged.pod.containers()[static_cast<std::size_t>(said.container)];
  return judged.pod.Mounts(container)[static_cast<std::size_t>(said.mount)];
}

/// A verdict that hangs on what is not known here is only audited, and says on what it hangs.
void SetUndetermined(Truth truth, Finding* finding) {
  std::vector<std::string_view>& facts = finding->undetermined;
  for (std::string_view name : NamesOf(truth.unknown_facts())) {
    if (std::find(facts.begin(), facts.end(), name) == facts.end()) facts.push_back(name);
  }
  if (!facts.empty()) finding->actions = Action::kAudit;
}

}  // namespace

struct Engine::Compiled {
  explicit Compiled(const Policies& policies)
      : kubernetes_action(KubernetesAction(policies)),
        advice(AdviceOf(policies)),
        workloads(WorkloadsOf(policies)),
        metadata_keys(MetadataKeysOf(policies)) {
    std::vector<BlockIndex::Entry> matches, exempting;
    for (const MountPolicy* policy : policies) {
      for (const PolicyRule& rule : policy->rules) {
        const auto owner = static_cast<std::uint32_t>(rules.size());
        for (const Block& block : rule.match) matches.push_back({&block, owner});
        rules.push_back(&rule);
      }
      for (const PolicyException& exception : policy->exceptions) {
        const auto owner = static_cast<std::uint32_t>(exceptions.size());
        for (const Block& block : exception.match) exempting.push_back({&block, owner});
        exceptions.push_back(&exception);
      }
    }
    rule_index = BlockIndex(std::move(matches));
    exception_index = BlockIndex(std::move(exempting));
  }

  Action kubernetes_action;
  std::vector<SetAdvice> advice;  // that which is off, too
  core::WorkloadTable workloads;
  MetadataKeys metadata_keys;
  std::vector<const PolicyRule*> rules;
  std::vector<const PolicyException*> exceptions;
  BlockIndex rule_index;       // owners are places in `rules`
  BlockIndex exception_index;  // owners are places in `exceptions`
};

/// One evaluation: what is judged, when, and what was found so far.
class Engine::Evaluation {
 public:
  Evaluation(const Compiled& compiled, core::Runtime runtime, const Subject& subject,
             core::WallTime now, std::vector<Finding>* findings, Trace* trace)
      : compiled_(compiled),
        runtime_(runtime),
        subject_(subject),
        now_(now),
        facts_(subject),
        findings_(*findings),
        trace_(trace) {}

  void Run() {
    JudgeDecoding();
    JudgeByKubernetes();
    if (!compiled_.rule_index.empty()) JudgeByRules();
    JudgeByAdvice();
    if (!compiled_.exception_index.empty()) {
      for (std::size_t i = 0; i < findings_.size(); ++i) Except(i);
    }
    if (subject_.mirror_pod()) {
      for (Finding& finding : findings_) {
        finding.actions = finding.actions.CappedAt(Action::kWarn);
      }
    }
  }

 private:
  /// What cannot be read can be judged by no rule, so it is denied however mild Kubernetes' rules
  /// are set; only where they are off does it go by with a note.
  void JudgeDecoding() {
    if (!subject_.undecodable()) return;
    const core::DecodeError& error = *subject_.undecodable();
    Finding& finding = findings_.emplace_back();
    finding.rule = kUndecodable;
    finding.actions = compiled_.kubernetes_action == Action::kOff ? Action::kAudit : Action::kDeny;
    finding.cause = CauseType::kInvalid;
    finding.field = error.field;
    finding.error = error.message;
    finding.detail = error.message;
    finding.message = error.message;
  }

  void JudgeByKubernetes() {
    if (compiled_.kubernetes_action == Action::kOff) return;
    int index = 0;
    for (const JudgedTemplate& judged : subject_.templates()) {
      CheckKubernetesRules(judged, index++, compiled_.kubernetes_action, &findings_);
    }
  }

  void JudgeByRules() {
    std::vector<std::uint32_t> found;  // what outer scopes found stays for the inner ones
    compiled_.rule_index.Find(facts_, Scope::kRequest, &found);
    const std::size_t of_request = found.size();
    int template_index = 0;
    for (const JudgedTemplate& judged : subject_.templates()) {
      facts_.Select(&judged, nullptr, nullptr);
      compiled_.rule_index.Find(facts_, Scope::kPod, &found);
      const std::size_t of_pod = found.size();
      int container_index = 0;
      for (const core::ContainerView& container : judged.pod.containers()) {
        if (container.judged && container.mount_count > 0) {
          facts_.Select(&judged, &container, nullptr);
          compiled_.rule_index.Find(facts_, Scope::kContainer, &found);
          JudgeMounts(template_index, container_index, &found);
          found.resize(of_pod);
        }
        ++container_index;
      }
      found.resize(of_request);
      ++template_index;
    }
  }

  void JudgeMounts(int template_index, int container_index, std::vector<std::uint32_t>* found) {
    const JudgedTemplate& judged = *facts_.pod_template();
    const core::ContainerView& container = *facts_.container();
    const std::size_t of_container = found->size();
    int mount_index = 0;
    for (const core::VolumeMount& mount : judged.pod.Mounts(container)) {
      facts_.Select(&judged, &container, &mount);
      compiled_.rule_index.Find(facts_, Scope::kMount, found);
      FindCandidates(compiled_.rule_index, *found);
      JudgeMount(template_index, container_index, mount_index);
      found->resize(of_container);
      ++mount_index;
    }
  }

  /// Those of `found` that can hold, into candidates_; all there are where somebody wants to know
  /// of each why it does not.
  void FindCandidates(const BlockIndex& index, const std::vector<std::uint32_t>& found) {
    if (trace_ == nullptr) return index.Sift(found, facts_, &candidates_);
    candidates_.resize(index.size());
    std::iota(candidates_.begin(), candidates_.end(), 0U);
  }

  /// Tries the candidates, which are in the order of their rules.
  void JudgeMount(int template_index, int container_index, int mount_index) {
    for (auto at = candidates_.begin(); at != candidates_.end();) {
      const std::uint32_t owner = compiled_.rule_index.entry(*at).owner;
      const PolicyRule& rule = *compiled_.rules[owner];
      RuleTrace* trace = nullptr;
      if (trace_ != nullptr) {
        trace = &trace_->rules.emplace_back();
        trace->template_index = template_index;
        trace->container = container_index;
        trace->mount = mount_index;
        trace->rule = &rule;
      }
      Truth matched = false;
      for (; at != candidates_.end(); ++at) {
        const BlockIndex::Entry& entry = compiled_.rule_index.entry(*at);
        if (entry.owner != owner) break;
        if (!matched.IsTrue()) {
          matched = Or(matched, Holds(*entry.block, facts_, Polarity::kCouldHold,
                                      trace == nullptr ? nullptr : &trace->match));
        }
      }
      if (matched.IsFalse()) continue;
      const Truth excluded = AnyHolds(rule.exclude, facts_, Polarity::kMustHold,
                                      trace == nullptr ? nullptr : &trace->exclude);
      const Truth met = AnyHolds(rule.require, facts_, Polarity::kMustHold,
                                 trace == nullptr ? nullptr : &trace->require);
      const Truth broken = And(matched, Not(Or(excluded, met)));
      if (trace != nullptr) trace->outcome = OutcomeOf(broken, excluded);
      if (broken.IsFalse()) continue;
      Finding finding =
          FindingAt(*facts_.pod_template(), template_index, container_index, mount_index);
      if (facts_.mount()->mount_propagation && SpeaksOfPropagation(rule)) {
        finding.field += ".mountPropagation";
      }
      finding.rule = rule.name;
      finding.origin = Origin::kPolicy;
      finding.actions = rule.actions;
      finding.message = RuleMessage(rule, facts_);
      SetUndetermined(broken, &finding);
      findings_.push_back(std::move(finding));
    }
  }

  /// Of a rule that matches, for certain or perhaps.
  static RuleOutcome OutcomeOf(Truth broken, Truth excluded) {
    if (broken.IsTrue()) return RuleOutcome::kSpoke;
    if (!broken.IsFalse()) return RuleOutcome::kUndetermined;
    return excluded.IsTrue() ? RuleOutcome::kExcluded : RuleOutcome::kRequirementMet;
  }

  void JudgeByAdvice() {
    std::vector<AdviceFinding> said;
    int index = 0;
    for (const JudgedTemplate& judged : subject_.templates()) {
      PropagationGraph graph(judged.source, judged.pod, runtime_);
      const AdviceContext context{subject_, judged, judged.pod, runtime_, graph};
      for (const SetAdvice& advice : compiled_.advice) {
        const bool off = advice.action == Action::kOff;
        if (off && trace_ == nullptr) continue;
        said.clear();
        advice.rule->check(context, &said);
        if (trace_ != nullptr) trace_->advice.push_back({index, advice.rule, advice.action, said});
        if (off) continue;
        for (AdviceFinding& one : said) {
          Finding finding = FindingAt(judged, index, one.container, one.mount);
          if (MountAt(judged, one).mount_propagation) finding.field += ".mountPropagation";
          finding.rule = advice.rule->id;
          finding.origin = Origin::kAdvice;
          finding.actions = advice.action;
          finding.message = std::move(one.message);
          findings_.push_back(std::move(finding));
        }
      }
      ++index;
    }
  }

  /// Points the facts at what a finding is about, which may be no mount or not even a container.
  void SelectPlaceOf(const Finding& finding) {
    const auto at = [](int index) { return static_cast<std::size_t>(index); };
    const auto& templates = subject_.templates();
    const JudgedTemplate* judged = at(finding.template_index) < templates.size()
                                       ? &templates[at(finding.template_index)]
                                       : nullptr;
    const core::ContainerView* container = nullptr;
    const core::VolumeMount* mount = nullptr;
    if (judged != nullptr && finding.container != Finding::kNone) {
      container = &judged->pod.containers()[at(finding.container)];
      if (finding.mount != Finding::kNone)
        mount = &judged->pod.Mounts(*container)[at(finding.mount)];
    }
    facts_.Select(judged, container, mount);
  }

  /// The trace of an exception at a finding, which several of its blocks may share; or null.
  ExceptionTrace* TraceOf(std::size_t finding, const PolicyException& exception) {
    if (trace_ == nullptr) return nullptr;
    std::vector<ExceptionTrace>& traces = trace_->exceptions;
    if (traces.empty() || traces.back().finding != finding ||
        traces.back().exception != &exception) {
      traces.push_back({finding, &exception, false, {}});
    }
    return &traces.back();
  }

  void Except(std::size_t index) {
    Finding& finding = findings_[index];
    SelectPlaceOf(finding);
    std::vector<std::uint32_t> found;
    for (Scope scope : {Scope::kRequest, Scope::kPod, Scope::kContainer, Scope::kMount}) {
      compiled_.exception_index.Find(facts_, scope, &found);
    }
    FindCandidates(compiled_.exception_index, found);
    Truth excepted = false;
    for (std::uint32_t candidate : candidates_) {
      const BlockIndex::Entry& entry = compiled_.exception_index.entry(candidate);
      const PolicyException& exception = *compiled_.exceptions[entry.owner];
      if (!std::binary_search(exception.rules.begin(), exception.rules.end(), finding.rule)) {
        continue;
      }
      ExceptionTrace* trace = TraceOf(index, exception);
      if (exception.ExpiredAt(now_)) {
        if (trace != nullptr) trace->expired = true;
        continue;
      }
      const Truth holds = Holds(*entry.block, facts_, Polarity::kMustHold,
                                trace == nullptr ? nullptr : &trace->match);
      if (holds.IsTrue()) {
        finding.exception = exception.name;
        return;
      }
      excepted = Or(excepted, holds);
    }
    SetUndetermined(excepted, &finding);
  }

  const Compiled& compiled_;
  const core::Runtime runtime_;
  const Subject& subject_;
  const core::WallTime now_;
  MountFacts facts_;
  std::vector<Finding>& findings_;
  std::vector<std::uint32_t> candidates_;
  Trace* const trace_;  // null where nobody asks why
};

Engine::Engine(std::shared_ptr<const PolicySet> policies, std::string_view profile,
               core::Runtime runtime)
    : policies_(std::move(policies)), runtime_(runtime) {
  compiled_ = std::make_unique<const Compiled>(PoliciesOf(*policies_, profile));
}

Engine::~Engine() = default;

void Engine::Evaluate(const Subject& subject, core::WallTime now, Verdict* verdict,
                      Trace* trace) const {
  verdict->clear();
  if (trace != nullptr) trace->clear();
  if (subject.skip() != Subject::Skip::kNone) return;
  Evaluation(*compiled_, runtime_, subject, now, &verdict->findings, trace).Run();
}

const core::WorkloadTable& Engine::workloads() const { return compiled_->workloads; }

const MetadataKeys& Engine::metadata_keys() const { return compiled_->metadata_keys; }

Action Engine::kubernetes_action() const { return compiled_->kubernetes_action; }

Action Engine::ActionOfAdvice(std::string_view id) const {
  for (const SetAdvice& advice : compiled_->advice) {
    if (advice.rule->id == id) return advice.action;
  }
  return Action::kOff;
}

const std::vector<const PolicyRule*>& Engine::rules() const { return compiled_->rules; }

}  // namespace mountguard::policy

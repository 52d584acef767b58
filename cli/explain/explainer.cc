#include "cli/explain/explainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/explain/wording.h"
#include "cli/input.h"
#include "cli/input_paths.h"
#include "core/cri.h"
#include "core/pod_spec.h"
#include "core/recursive_read_only.h"
#include "core/workload.h"
#include "policy/admission_review.h"
#include "policy/propagation_graph.h"
#include "policy/subject.h"
#include "policy/trace.h"
#include "policy/verdict.h"

namespace mountguard::cli {
namespace {

using core::CriPropagation;
using core::Runtime;
using Outcome = ExplainedRule::Outcome;

constexpr std::array<Runtime, 3> kRuntimes = {Runtime::kContainerd, Runtime::kCrio,
                                              Runtime::kCriDockerd};
constexpr std::string_view kAlways = "always";
/// Where the host's mount begins is known on the node only.
constexpr std::string_view kSomewhere = "...";

std::optional<std::string> TextOrNone(std::optional<std::string_view> text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

// Nodes

/// Those who say the same are named together.
void AddFailure(std::string_view by, std::string_view when, std::string text,
                std::vector<NodeFailure>* failures) {
  for (NodeFailure& known : *failures) {
    if (known.when != when || known.text != text) continue;
    known.by.emplace_back(by);
    return;
  }
  failures->push_back({{std::string(by)}, std::string(when), std::move(text)});
}

/// What stops the container before the runtime hears of it.
void AddKubeletFailures(const core::VolumeMount& mount, ExplainedMount* explained) {
  const auto add = [&](std::string_view when, const std::string& text) {
    AddFailure("the kubelet", when, text, &explained->failures);
  };
  if (explained->error) add(kAlways, *explained->error);
  if (const auto able = core::ResolveRecursiveReadOnly(mount, true); !able) {
    add(kAlways, able.error().message);
  } else if (const auto unable = core::ResolveRecursiveReadOnly(mount, false); !unable) {
    add("where the runtime cannot do it", unable.error().message);
  }
}

void AddRuntimeFailures(const core::VolumeMount& mount, Runtime runtime, CriPropagation made,
                        bool changed, ExplainedMount* explained) {
  // The kubelet's own directories are shared, and those are where it binds a subPath first.
  if (!explained->place || mount.has_sub_path() || made == CriPropagation::kPrivate) return;
  const std::string& path = *explained->place;
  const std::string when =
      fmt::format("where the host's mount that holds {} is not {}", path,
                  made == CriPropagation::kBidirectional ? "shared" : "shared or slave");
  AddFailure(ToString(runtime), when, core::NotSharedError(runtime, made, path, kSomewhere),
             &explained->failures);
  const auto recursive = core::ResolveRecursiveReadOnly(mount, true);
  if (changed && recursive && *recursive && runtime == Runtime::kCrio) {
    AddFailure(ToString(runtime), kAlways, core::RecursiveReadOnlyConflict(path),
               &explained->failures);
  }
}

/// What each runtime makes of a mount that the kubelet lets through.
void AddRuntimes(const policy::JudgedTemplate& judged, const core::VolumeMount& mount,
                 ExplainedMount* explained) {
  for (const Runtime runtime : kRuntimes) {
    policy::PropagationGraph graph(judged.source, judged.pod, runtime);
    const std::optional<CriPropagation> made = graph.PropagationOf(mount);
    if (!made || !explained->cri) return;
    const bool changed = ToString(*made) != *explained->cri;
    explained->runtimes.push_back({std::string(ToString(runtime)),
                                   std::string(core::OciOption(*made)),
                                   std::string(core::KernelPropagation(*made)), changed});
    AddRuntimeFailures(mount, runtime, *made, changed, explained);
  }
}

ExplainedMount ExplainMount(const policy::JudgedTemplate& judged, const core::VolumeMount& mount,
                            policy::PropagationGraph* graph) {
  const bool windows = judged.pod.windows();
  ExplainedMount explained;
  explained.volume = mount.name;
  explained.mount_path = mount.mount_path;
  explained.mode = TextOrNone(mount.mount_propagation);
  explained.read_only = mount.read_only;
  explained.recursive_read_only = TextOrNone(mount.recursive_read_only);
  explained.sub_path = mount.sub_path.empty() ? mount.sub_path_expr : mount.sub_path;
  const policy::VolumePlace place = graph->PlaceOf(mount);
  if (place.on_host()) explained.place = place.path;
  const auto cri = core::TranslateMountPropagation(mount.mount_propagation, windows);
  if (cri) {
    explained.cri = ToString(*cri);
  } else {
    explained.error = cri.error().message;
  }
  AddKubeletFailures(mount, &explained);
  if (!cri || windows) return explained;
  explained.oci = core::OciOption(*cri);
  explained.kernel = core::KernelPropagation(*cri);
  AddRuntimes(judged, mount, &explained);
  return explained;
}

std::vector<std::string> NotesOf(const core::PodSpecView& pod) {
  std::vector<std::string> notes;
  if (pod.windows()) {
    notes.emplace_back(
        "A Windows pod: every mount is private whatever its mode, and nobody sees "
        "another one's mounts.");
  }
  if (const auto sandbox = core::SandboxOfRuntimeClass(pod.runtime_class_name())) {
    notes.push_back(
        fmt::format("The RuntimeClass {} is {} by custom: what is said of hosts and "
                    "other containers does not hold in it.",
                    pod.runtime_class_name(), *sandbox));
  }
  if (!pod.host_users()) {
    notes.emplace_back(
        "In a user namespace (hostUsers: false) it depends on the runtime whether "
        "Bidirectional mounts reach the host.");
  }
  return notes;
}

// Rules

void AddWhy(const std::string& list, const std::vector<policy::Block>& blocks,
            const std::vector<policy::BlockTrace>& traces, std::vector<std::string>* why) {
  for (const policy::BlockTrace& trace : traces) {
    const auto number = static_cast<std::size_t>(trace.block - blocks.data());
    why->push_back(BlockSentence(list, number, trace));
  }
}

Outcome OutcomeOf(policy::RuleOutcome outcome) {
  switch (outcome) {
    case policy::RuleOutcome::kNoMatch:
      return Outcome::kNoMatch;
    case policy::RuleOutcome::kExcluded:
      return Outcome::kExcluded;
    case policy::RuleOutcome::kRequirementMet:
      return Outcome::kRequirementMet;
    case policy::RuleOutcome::kUndetermined:
      return Outcome::kUndetermined;
    case policy::RuleOutcome::kSpoke:
      return Outcome::kSpoke;
  }
  return Outcome::kSilent;
}

ExplainedRule Explained(const policy::RuleTrace& trace) {
  ExplainedRule rule;
  rule.rule = trace.rule->name;
  rule.action = trace.rule->actions.Strongest();
  rule.outcome = OutcomeOf(trace.outcome);
  AddWhy("match", trace.rule->match, trace.match, &rule.why);
  AddWhy("exclude", trace.rule->exclude, trace.exclude, &rule.why);
  AddWhy("require", trace.rule->require, trace.require, &rule.why);
  return rule;
}

/// Lines on the exceptions that name the finding's rule.
void AddExceptions(const policy::Trace& trace, std::size_t finding, ExplainedRule* rule) {
  for (const policy::ExceptionTrace& tried : trace.exceptions) {
    if (tried.finding != finding) continue;
    const std::string name = fmt::format("exception {}", tried.exception->name);
    if (tried.expired) {
      rule->why.push_back(name + " has expired");
      continue;
    }
    AddWhy(name + ": match", tried.exception->match, tried.match, &rule->why);
  }
}

/// Reads one object after the other into an explanation.
class Explainer {
 public:
  Explainer(const policy::Engine& engine, Runtime runtime, const CheckSettings& settings,
            Environment& env, Explanation* explanation)
      : engine_(engine),
        runtime_(runtime),
        settings_(settings),
        env_(env),
        reader_(env.files, env.in),
        explanation_(*explanation) {}

  void ExplainAll(const std::vector<std::string>& paths) {
    const InputSink sink = {[this](const InputObject& object) { Take(object); },
                            [](const InputNote&) {},
                            [this](const InputFailure& failure) { Take(failure); }};
    for (const std::string& file : ListInputFiles(paths, env_.files, sink)) {
      reader_.ReadFile(file, sink);
    }
  }

 private:
  void Take(const InputFailure& failure) {
    explanation_.errors.push_back({std::string(failure.place.file), failure.place.document,
                                   failure.whole_file ? core::SourcePos() : failure.pos,
                                   failure.message});
  }

  void Take(const InputObject& object) {
    if (!object.is_admission_review) {
      ExplainObject(object, AssumedRequest(settings_, object.root), object.root);
      return;
    }
    const auto review = policy::DecodeAdmissionReview(object.root);
    if (!review) {
      AddError(object, object.Find(""), review.error().message);
      return;
    }
    // What was there before is explained as well, and so is what would not be judged.
    policy::RequestFacts facts = review->facts;
    facts.operation = settings_.operation;
    facts.sub_resource = {};
    std::string path;
    ExplainObject(ReviewedObject(object, &path), facts, review->object);
  }

  /// Fragments are explained as well, and what the API server would not even decode, as far as it
  /// can be read; only judged they are not.
  void ExplainObject(const InputObject& object, const policy::RequestFacts& facts,
                     core::JsonValue root) {
    subject_.Read(facts, engine_.workloads(), engine_.metadata_keys(), root, {});
    if (const auto& undecodable = subject_.undecodable()) {
      AddError(object, object.Find(undecodable->field), undecodable->message);
    }
    templates_.clear();
    if (subject_.workload() != nullptr) {
      core::ReadPodTemplates(*subject_.workload(), root, &templates_);
    }
    if (templates_.empty() && object.skip_reason) {
      explanation_.skipped.push_back({std::string(object.place.file), object.place.document,
                                      object.Find("").value, *object.skip_reason});
    }
    const bool judged = !object.skip_reason && !subject_.templates().empty();
    const std::size_t first = explanation_.pods.size();
    first_mounts_.clear();
    for (core::PodTemplate& pod_template : templates_) Add(object, std::move(pod_template), judged);
    if (judged) Judge(first);
  }

  void Add(const InputObject& object, core::PodTemplate&& source, bool judged) {
    const core::Document& document = subject_.object();
    ExplainedPod& pod = explanation_.pods.emplace_back();
    pod.file = object.place.file;
    pod.document = object.place.document;
    pod.item = object.place.item;
    pod.api_version = document.api_version;
    pod.kind = document.kind;
    pod.namespace_name = subject_.request().namespace_name.value_or(document.namespace_name);
    pod.name = document.name;
    pod.uid = document.root.Get("metadata").Get("uid").AsString();
    pod.template_path = source.path;
    pod.judged = judged;
    template_.pod.Read(source.spec);
    for (const core::JsonValue claim : source.claim_templates.Elements()) {
      template_.pod.OverrideWithClaim(claim.Get("metadata").Get("name").AsString());
    }
    template_.source = std::move(source);
    policy::PropagationGraph graph(template_.source, template_.pod, runtime_);
    pod.windows = template_.pod.windows();
    pod.notes = NotesOf(template_.pod);
    AddVolumes(&pod);
    AddContainers(object, &graph, &pod);
    AddEdges(&graph, &pod);
  }

  void AddVolumes(ExplainedPod* pod) {
    for (const core::Volume& volume : template_.pod.volumes()) {
      pod->volumes.push_back({std::string(volume.name), std::string(ToString(volume.type)),
                              std::string(volume.host_path)});
    }
  }

  void AddContainers(const InputObject& object, policy::PropagationGraph* graph,
                     ExplainedPod* pod) {
    const std::string spec_path = template_.source.SpecPath();
    const std::vector<int> order = graph->StartOrder();
    std::vector<std::size_t>& first_mounts = first_mounts_.emplace_back();
    int index = 0;
    for (const core::ContainerView& view : template_.pod.containers()) {
      ExplainedContainer& container = pod->containers.emplace_back();
      container.name = view.name;
      container.type = ToString(view.type);
      container.sidecar = view.sidecar;
      container.privileged = view.privileged;
      container.start =
          static_cast<int>(std::find(order.begin(), order.end(), index) - order.begin()) + 1;
      for (const policy::EffectiveMount& one : graph->MountsOf(index)) {
        if (one.source == policy::MountSource::kPodSpec) continue;
        container.added.push_back({std::string(one.shown), std::string(ToString(one.source))});
      }
      first_mounts.push_back(pod->mounts.size());
      const std::string path = core::PathOf(spec_path, view);
      int number = 0;
      for (const core::VolumeMount& mount : template_.pod.Mounts(view)) {
        ExplainedMount& explained = pod->mounts.emplace_back(ExplainMount(template_, mount, graph));
        explained.container = index;
        explained.mount = number++;
        explained.position =
            object.Find(fmt::format("{}.volumeMounts[{}]", path, explained.mount)).value;
      }
      ++index;
    }
  }

  void AddEdges(policy::PropagationGraph* graph, ExplainedPod* pod) {
    constexpr std::array<std::string_view, 3> kSights = {"live", "from-start", "at-start"};
    constexpr std::array<std::string_view, 5> kReasons = {"bidirectional", "host-to-container",
                                                          "private", "same-volume", "host-paths"};
    const auto party = [this](const policy::Party& one) {
      ExplainedParty made;
      made.kind = static_cast<ExplainedParty::Kind>(one.kind);
      if (one.kind == policy::Party::Kind::kMount) {
        made.mount = static_cast<int>(MountAt(first_mounts_.size() - 1, one.mount));
      }
      return made;
    };
    for (const policy::PropagationEdge& edge : graph->Edges()) {
      pod->edges.push_back({party(edge.publisher), party(edge.subscriber),
                            std::string(kSights[static_cast<std::size_t>(edge.sight)]),
                            std::string(kReasons[static_cast<std::size_t>(edge.reason)]),
                            EdgeSentence(template_.pod, graph, edge)});
    }
  }

  /// Place of a mount in ExplainedPod::mounts, of one of the object's templates.
  std::size_t MountAt(std::size_t template_index, const policy::MountRef& ref) const {
    const std::vector<std::size_t>& first = first_mounts_[template_index];
    return first[static_cast<std::size_t>(ref.container)] + static_cast<std::size_t>(ref.mount);
  }

  /// Lets the engine speak of all pods of the object, which begin at `first`. Of a mount stands
  /// first what Kubernetes says, then every rule, then all advice.
  void Judge(std::size_t first) {
    engine_.Evaluate(subject_, settings_.now, &verdict_, &trace_);
    const auto& findings = verdict_.findings;
    for (std::size_t i = 0; i < findings.size(); ++i) {
      if (findings[i].origin != policy::Origin::kKubernetes) continue;
      Tell(i, &RulesOf(first, findings[i]).emplace_back());
    }
    for (const policy::RuleTrace& one : trace_.rules) {
      const auto index = static_cast<std::size_t>(one.template_index);
      ExplainedPod& pod = explanation_.pods[first + index];
      pod.mounts[MountAt(index, {one.container, one.mount})].rules.push_back(Explained(one));
    }
    for (const policy::AdviceTrace& one : trace_.advice) AddAdvice(first, one);
    for (std::size_t i = 0; i < findings.size(); ++i) {
      if (findings[i].origin == policy::Origin::kKubernetes) continue;
      Tell(i, &EntryOf(findings[i], &RulesOf(first, findings[i])));
    }
  }

  /// What is said of the mount of a finding, or of the pod where it is about none.
  std::vector<ExplainedRule>& RulesOf(std::size_t first, const policy::Finding& finding) {
    const auto index = static_cast<std::size_t>(finding.template_index);
    ExplainedPod& pod = explanation_.pods[first + index];
    if (finding.mount == policy::Finding::kNone) return pod.rules;
    return pod.mounts[MountAt(index, {finding.container, finding.mount})].rules;
  }

  /// The entry of a rule that is traced already.
  static ExplainedRule& EntryOf(const policy::Finding& finding, std::vector<ExplainedRule>* rules) {
    const auto traced =
        std::find_if(rules->begin(), rules->end(), [&finding](const ExplainedRule& rule) {
          return rule.rule == finding.rule && rule.origin == finding.origin;
        });
    return traced != rules->end() ? *traced : rules->emplace_back();
  }

  /// Each mount hears of all advice.
  void AddAdvice(std::size_t first, const policy::AdviceTrace& trace) {
    const auto index = static_cast<std::size_t>(trace.template_index);
    ExplainedPod& pod = explanation_.pods[first + index];
    for (ExplainedMount& mount : pod.mounts) {
      ExplainedRule& rule = mount.rules.emplace_back();
      rule.rule = trace.rule->id;
      rule.origin = policy::Origin::kAdvice;
      rule.action = trace.action;
    }
    for (const policy::AdviceFinding& said : trace.said) {
      ExplainedRule& rule = pod.mounts[MountAt(index, {said.container, said.mount})].rules.back();
      rule.outcome = Outcome::kOff;  // unless there is a finding
      rule.message = said.message;
    }
  }

  void Tell(std::size_t index, ExplainedRule* rule) {
    const policy::Finding& finding = verdict_.findings[index];
    rule->rule = finding.rule;
    rule->origin = finding.origin;
    rule->action = finding.actions.Strongest();
    rule->message = finding.error.empty() ? finding.message : finding.error;
    rule->exception = finding.exception;
    if (finding.excepted()) {
      rule->outcome = Outcome::kExcepted;
    } else {
      rule->outcome = finding.undetermined.empty() ? Outcome::kSpoke : Outcome::kUndetermined;
    }
    for (const std::string_view fact : finding.undetermined) {
      rule->why.push_back(fmt::format("it hangs on the {}, which is not known", fact));
    }
    AddExceptions(trace_, index, rule);
  }

  void AddError(const InputObject& object, const core::FieldLocation& location,
                const std::string& message) {
    explanation_.errors.push_back(
        {std::string(object.place.file), object.place.document, location.value, message});
  }

  const policy::Engine& engine_;
  const Runtime runtime_;
  const CheckSettings& settings_;
  Environment& env_;
  InputReader reader_;
  policy::Subject subject_;
  policy::Verdict verdict_;
  policy::Trace trace_;
  std::vector<core::PodTemplate> templates_;
  policy::JudgedTemplate template_;                     // at hand
  std::vector<std::vector<std::size_t>> first_mounts_;  // by template and container
  Explanation& explanation_;
};

}  // namespace

Explanation Explain(const std::vector<std::string>& paths, const policy::Engine& engine,
                    Runtime runtime, const CheckSettings& settings, Environment& env) {
  Explanation explanation;
  explanation.runtime = ToString(runtime);
  explanation.policy_digest = engine.policies().digest();
  Explainer(engine, runtime, settings, env, &explanation).ExplainAll(paths);
  return explanation;
}

}  // namespace mountguard::cli

#include "policy/match_conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <variant>

#include "policy/all_rules.h"
#include "policy/cel_text.h"

namespace mountguard::policy {
namespace {

using Texts = std::vector<std::string>;

// Expressions here are about objects of Kubernetes' own kinds as the API server hands them over:
// decoded, so that each field has its type, and a pointer, list or map that is not set is not
// there. The names: `s` a pod spec, `c` a container of it, `m` a mount of that, `v` a volume.

/// How much of an object is looked at before it is just not spared: comprehensions multiply, and
/// the API server refuses a request whose conditions cost too much.
constexpr int kMostContainers = 10;
constexpr int kMostMounts = 30;
constexpr int kMostVolumes = 40;
/// How many different things rules may ask of one mount before the conditions say nothing of them.
constexpr std::size_t kMostQuestions = 24;

/// Whether a value is one of some words. CEL makes a list anew each time that it comes to one, so
/// the words are compared one by one, the usual ones first.
std::string IsOneOf(std::string_view value, const Texts& words) {
  Texts any;
  for (const std::string& word : words)
    any.push_back(fmt::format("{} == {}", value, CelString(word)));
  return CelAny(any);
}

void AddOnce(std::string question, Texts* questions) {
  if (std::find(questions->begin(), questions->end(), question) == questions->end()) {
    questions->push_back(std::move(question));
  }
}

// What built-in advice needs to speak

/// What a mount or its pod must have for a piece of advice to speak at all.
enum class AdviceNeed : std::uint8_t {
  kPublisher,     // some mount is Bidirectional
  kPropagation,   // some mount is HostToContainer or Bidirectional
  kPrivateAgent,  // a read-only mount without mode of a watched folder of the host
  kStorageRoot,   // a mount of a folder of the host that holds a runtime's storage
};

struct AdviceRow {
  std::string_view id;
  AdviceNeed need;
};

/// Advice that is not listed here is taken to speak of any object. A test with random pods holds
/// each row.
constexpr std::array<AdviceRow, 12> kAdvice = {{
    {"agent-mount-is-private", AdviceNeed::kPrivateAgent},
    {"bidirectional-covers-other-mount", AdviceNeed::kPublisher},
    {"consumer-is-private", AdviceNeed::kPublisher},
    {"host-path-may-not-be-shared", AdviceNeed::kPropagation},
    {"producer-must-unmount", AdviceNeed::kPublisher},
    {"propagation-ignored-on-windows", AdviceNeed::kPropagation},
    {"propagation-in-sandboxed-runtime", AdviceNeed::kPropagation},
    {"propagation-in-user-namespace", AdviceNeed::kPublisher},
    {"propagation-on-projected-volume", AdviceNeed::kPropagation},
    {"propagation-with-sub-path", AdviceNeed::kPropagation},
    {"read-only-still-publishes", AdviceNeed::kPublisher},
    {"runtime-changes-propagation", AdviceNeed::kStorageRoot},
}};

std::optional<AdviceNeed> NeedOf(std::string_view id) {
  for (const AdviceRow& row : kAdvice) {
    if (row.id == id) return row.need;
  }
  return std::nullopt;
}

/// When advice of these needs has nothing to say of mount `m`, the least that says it. `watched`
/// are names of volumes, see kWatchedVolumes.
Texts SilenceOf(const std::set<AdviceNeed>& needs) {
  Texts all;
  if (needs.count(AdviceNeed::kPropagation) != 0) {
    all.emplace_back(
        "!(has(m.mountPropagation) && m.mountPropagation in ['HostToContainer', 'Bidirectional'])");
  } else if (needs.count(AdviceNeed::kPublisher) != 0) {
    all.emplace_back("!(has(m.mountPropagation) && m.mountPropagation == 'Bidirectional')");
  }
  if (needs.count(AdviceNeed::kStorageRoot) != 0) {
    all.emplace_back("!(m.name in watched)");
  } else if (needs.count(AdviceNeed::kPrivateAgent) != 0) {
    all.emplace_back("(has(m.mountPropagation) || !has(m.readOnly) || !(m.name in watched))");
  }
  return all;
}

/// The names of the volumes whose folder of the host may be one that advice looks at. A path in
/// any form but the plainest may be; of a plain one it is seen.
constexpr std::string_view kWatchedVolumes =
    "vs.filter(v, has(v.hostPath) && "
    "!(v.hostPath.path.matches(r'^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$') &&\n"
    "      !(v.hostPath.path in ['/var', '/var/lib', '/var/lib/kubelet', '/run/netns', "
    "'/var/run/netns',\n"
    "        '/var/lib/containers', '/var/lib/containers/storage', '/var/lib/docker', "
    "'/var/lib/containerd']) &&\n"
    "      !v.hostPath.path.startsWith('/var/lib/kubelet/pods') && "
    "!v.hostPath.path.startsWith('/var/lib/docker/')))\n"
    "    .map(v, v.name)";

// Rules of policies

/// Names of volumes of the spec that have one of the sources, as a condition on mount `m`.
std::string HasSource(const Texts& sources) {
  Texts any;
  for (const std::string& source : sources) any.push_back(fmt::format("has(v.{})", source));
  return fmt::format("vs.exists(v, v.name == m.name && {})", CelAny(any));
}

/// A condition of the words that a field of mount `m` may be.
std::string IsWord(std::string_view field, const Texts& words, bool or_unset) {
  Texts any;
  if (or_unset) any.push_back(fmt::format("!has(m.{})", field));
  if (!words.empty())
    any.push_back(fmt::format("has(m.{0}) && m.{0} in {1}", field, CelStrings(words)));
  return CelAny(any);
}

Texts WordsIn(BlockField field, WordSet set, std::size_t end) {
  Texts words;
  const auto& all = WordsOf(field);
  for (std::size_t i = 0; i < std::min(end, all.size()); ++i) {
    if (set.Has(i)) words.emplace_back(all[i]);
  }
  return words;
}

std::string NecessaryWords(BlockField field, WordSet set) {
  const Texts words = WordsIn(field, set, kUnsetMode);
  switch (field) {
    case BlockField::kOperations:
      return fmt::format("request.operation in {}", CelStrings(words));
    case BlockField::kMountPropagation:
      return IsWord("mountPropagation", words, set.Has(kUnsetMode));
    case BlockField::kRecursiveReadOnly:
      return IsWord("recursiveReadOnly", words, set.Has(0));  // Disabled
    case BlockField::kVolumeTypes: {
      // A volume without source is an emptyDir, and a StatefulSet's claims are no volumes of it.
      const auto has = [set](core::VolumeType type) {
        return set.Has(static_cast<std::size_t>(type));
      };
      if (has(core::VolumeType::kEmptyDir) || has(core::VolumeType::kPersistentVolumeClaim)) {
        return std::string(kCelTrue);
      }
      return HasSource(WordsIn(field, set, WordsOf(field).size()));
    }
    default:
      return std::string(kCelTrue);
  }
}

std::string NecessaryBool(BlockField field, bool wanted) {
  switch (field) {
    case BlockField::kReadOnly:
      return wanted ? "has(m.readOnly)" : "!has(m.readOnly)";  // false is left out
    case BlockField::kSubPath:
      return wanted ? "(has(m.subPath) || has(m.subPathExpr))"
                    : "!has(m.subPath) && !has(m.subPathExpr)";
    case BlockField::kPrivileged:
      if (!wanted) return std::string(kCelTrue);
      return "c.?securityContext.?privileged.orValue(false) == true";
    default:
      return std::string(kCelTrue);
  }
}

/// Something that holds wherever the condition does: the condition itself, or less.
std::string Necessary(const Condition& condition) {
  if (const auto* words = std::get_if<WordSet>(&condition.value)) {
    return NecessaryWords(condition.field, *words);
  }
  if (const auto* wanted = std::get_if<bool>(&condition.value)) {
    return NecessaryBool(condition.field, *wanted);
  }
  switch (condition.field) {
    case BlockField::kHostPath:
      return HasSource({"hostPath"});
    case BlockField::kCsiDrivers:
      return HasSource({"csi"});
    default:
      return std::string(kCelTrue);
  }
}

/// When a block of a `match` holds for no mount `m`.
std::string SilenceOf(const Block& block) {
  Texts all;
  for (const Condition& condition : block.conditions) all.push_back(Necessary(condition));
  return CelNot(CelAll(all));
}

// The whole

/// What must hold of every mount of a pod for all rules to have nothing to say of it, but for
/// Kubernetes'.
Texts SilenceOfRules(const Engine& engine) {
  std::set<AdviceNeed> needs;
  bool unknown = false;
  for (const RuleInfo& rule : AllRules()) {
    if (engine.ActionOfAdvice(rule.id) == Action::kOff) continue;
    const std::optional<AdviceNeed> need = NeedOf(rule.id);
    if (need) needs.insert(*need);
    unknown |= !need;
  }
  Texts questions = SilenceOf(needs);
  if (unknown) questions.emplace_back(kCelFalse);
  for (const PolicyRule* rule : engine.rules()) {
    for (const Block& block : rule->match) AddOnce(SilenceOf(block), &questions);
  }
  return questions;
}

bool Holds(std::string_view text, const Texts& in) {
  return std::any_of(in.begin(), in.end(), [text](const std::string& one) {
    return one.find(text) != std::string::npos;
  });
}

/// Whether nothing can be said of the pod spec `s`, if `of_mount` is what must hold of each mount.
std::string SilentSpec(const Texts& of_mount) {
  std::string silent = fmt::format(
      "[s.?containers.orValue([]), s.?initContainers.orValue([]), "
      "s.?ephemeralContainers.orValue([])].all(cs,\n"
      "      cs == null || cs.size() <= {} && cs.all(c, !has(c.volumeMounts) || "
      "c.volumeMounts.size() <= {} &&\n"
      "        c.volumeMounts.all(m, {})))",
      kMostContainers, kMostMounts, CelAll(of_mount));
  const bool watched = Holds("in watched", of_mount);
  if (watched) silent = fmt::format("[{}].all(watched,\n    {})", kWatchedVolumes, silent);
  if (!watched && !Holds("vs.exists", of_mount)) return silent;
  return fmt::format("[s.?volumes.orValue([])].all(vs, vs.size() <= {} &&\n    {})", kMostVolumes,
                     silent);
}

/// The value at `path`, and at `field` behind it, of `object`, in a list; an empty list where there
/// is none.
std::string ListOf(std::string_view object, std::string_view path, std::string_view field) {
  std::string value(object);
  const auto step = [&value](std::string_view fields) {
    while (!fields.empty()) {
      const std::size_t dot = std::min(fields.find('.'), fields.size());
      value += fmt::format(".?{}", fields.substr(0, dot));
      fields.remove_prefix(std::min(dot + 1, fields.size()));
    }
  };
  step(path);
  step(field);
  return fmt::format("[?{}]", value);
}

/// The field of the pod template of `object`, in a list of one; an empty list where there is none.
std::string OfTemplate(std::string_view object, std::string_view field,
                       const core::WorkloadTable& workloads) {
  std::map<std::string, Texts> kinds_by_path;
  for (const core::Workload& workload : workloads.all()) {
    if (workload.kubernetes_own) AddOnce(workload.kind, &kinds_by_path[workload.paths.front()]);
  }
  std::string expression;
  for (const auto& [path, kinds] : kinds_by_path) {
    expression += fmt::format("{} ? {} :\n    ", IsOneOf("request.kind.kind", kinds),
                              ListOf(object, path, field));
  }
  return fmt::format("({}[])", expression);
}

Texts GroupsOf(const core::WorkloadTable& workloads) {
  Texts groups;
  for (const core::Workload& workload : workloads.all()) {
    if (workload.kubernetes_own) AddOnce(workload.group, &groups);
  }
  return groups;
}

/// Whether an update of one of these kinds leaves all alone that is judged; metadata is compared
/// where rules read it.
std::string Unchanged(const Engine& engine) {
  const core::WorkloadTable& workloads = engine.workloads();
  const auto same = [&workloads](std::string_view field) {
    return fmt::format("{} ==\n  {}", OfTemplate("object", field, workloads),
                       OfTemplate("oldObject", field, workloads));
  };
  Texts all = {OfTemplate("object", "spec", workloads) + ".size() == 1", same("spec"),
               "[?object.?spec.?volumeClaimTemplates] == [?oldObject.?spec.?volumeClaimTemplates]"};
  const MetadataKeys& keys = engine.metadata_keys();
  if (!keys.labels.empty()) all.push_back(same("metadata.labels"));
  if (!keys.annotations.empty()) all.push_back(same("metadata.annotations"));
  return CelAll(all);
}

}  // namespace

MatchConditions MatchConditionsOf(const Engine& engine) {
  MatchConditions result;
  const core::WorkloadTable& workloads = engine.workloads();
  const Texts harmless(kHarmlessSubResources.begin(), kHarmlessSubResources.end());
  result.conditions.push_back(
      {"is-judged",
       fmt::format("{} &&\n"
                   "(!has(request.subResource) || !(request.subResource in {}))",
                   IsOneOf("request.operation", {"CREATE", "UPDATE"}), CelStrings(harmless))});
  const std::string own = IsOneOf("request.kind.group", GroupsOf(workloads));
  result.conditions.push_back(
      {"is-changed",
       fmt::format("!(request.operation == 'UPDATE' && {} &&\n  {})", own, Unchanged(engine))});
  const Texts of_mount = SilenceOfRules(engine);
  if (of_mount.size() > kMostQuestions) {
    result.notes.push_back(fmt::format(
        "the rules ask more than {} different things of a mount, too many for a condition: only "
        "operations and subresources that are not judged and updates that change nothing are "
        "spared",
        kMostQuestions));
    return result;
  }
  result.conditions.push_back(
      {"may-be-spoken-of",
       fmt::format("!({} &&\n  {}.exists(s,\n    {}))", own,
                   OfTemplate("object", "spec", workloads), SilentSpec(of_mount))});
  return result;
}

}  // namespace mountguard::policy

#include "policy/match_conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <variant>

#include "policy/all_rules.h"
#include "policy/cel_text.h"

namespace mountguard::policy {
namespace {

using Texts = std::vector<std::string>;

// Expressions here are about unchecked values: `x.?field.orValue(null)` of a map `x` never fails,
// comparing values of different types is false, and a function is called only behind a look at the
// type. The names: `s` a pod spec, `c` a container of it, `m` a mount of that, `v` a volume.

/// How much of an object is looked at before it is just not spared: comprehensions multiply, and
/// the API server refuses a request whose conditions cost too much.
constexpr int kMostContainers = 10;
constexpr int kMostMounts = 30;
constexpr int kMostVolumes = 40;
/// How many different things rules may ask of one mount before the conditions say nothing of them.
constexpr std::size_t kMostQuestions = 24;

constexpr std::string_view kMode = "m.?mountPropagation.orValue(null)";

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

/// When the advice has nothing to say of mount `m`. `watched` are names of volumes, see
/// WatchedVolumes.
std::string SilenceOf(AdviceNeed need) {
  switch (need) {
    case AdviceNeed::kPublisher:
      return fmt::format("{} != 'Bidirectional'", kMode);
    case AdviceNeed::kPropagation:
      return fmt::format("!({} in ['HostToContainer', 'Bidirectional'])", kMode);
    case AdviceNeed::kPrivateAgent:
      return fmt::format(
          "({} != null || m.?readOnly.orValue(null) != true || "
          "!(m.?name.orValue(null) in watched))",
          kMode);
    case AdviceNeed::kStorageRoot:
      return "!(m.?name.orValue(null) in watched)";
  }
  return std::string(kCelFalse);
}

/// The names of the volumes whose folder of the host may be one that advice looks at. A path in
/// any form but the plainest may be; of a plain one it is seen.
constexpr std::string_view kWatchedVolumes =
    "vs.filter(v, has(v.hostPath) && ![v.hostPath].all(h, type(h) == map && "
    "[h.?path.orValue(null)].all(p,\n"
    "      type(p) == string && p.matches(r'^(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$') && !(p in ["
    "'/var', '/var/lib',\n"
    "        '/var/lib/kubelet', '/run/netns', '/var/run/netns', '/var/lib/containers',"
    " '/var/lib/containers/storage',\n"
    "        '/var/lib/docker', '/var/lib/containerd']) &&\n"
    "      !p.startsWith('/var/lib/kubelet/pods') && !p.startsWith('/var/lib/docker/'))))\n"
    "    .map(v, v.?name.orValue(null))";

// Kubernetes' own rules

/// The volumes that are valid beyond doubt: of the usual types, with nothing unusual about them.
/// Among them is the service account's token, which nearly every pod has.
constexpr std::string_view kSoundVolumes =
    "vs.filter(v, v.size() == 2 && type(v.?name.orValue(null)) == string &&\n"
    "      v.name.matches(r'^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$') && (\n"
    "      [v.?emptyDir.orValue(null)].all(e, type(e) == map && "
    "[e.?sizeLimit.orValue('1')].all(q, type(q) == string &&\n"
    "        q.matches(r'^[0-9]+([KMGT]i|[kMGT])?$'))) ||\n"
    "      [v.?hostPath.orValue(null)].all(h, type(h) == map && [h.?path.orValue(null)].all(p, "
    "type(p) == string && p != '' &&\n"
    "        !p.contains('..')) && h.?type.orValue('') in ['', 'DirectoryOrCreate', 'Directory', "
    "'FileOrCreate', 'File',\n"
    "        'Socket', 'CharDevice', 'BlockDevice']) ||\n"
    "      [v.?persistentVolumeClaim.orValue(null)].all(p, type(p) == map && "
    "[p.?claimName.orValue(null)].all(n,\n"
    "        type(n) == string && n != '')) ||\n"
    "      [v.?configMap.orValue(v.?secret.orValue(null))].all(f, type(f) == map &&\n"
    "        [f.?name.orValue(f.?secretName.orValue(null))].all(n, type(n) == string && n != '') "
    "&&\n"
    "        has(v.configMap) == has(f.name) && has(v.secret) == has(f.secretName) &&\n"
    "        [f.?defaultMode.orValue(420)].all(n, type(n) == int && n >= 0 && n <= 511) &&\n"
    "        [f.?items.orValue([])].all(is, type(is) == list && is.size() <= 20 && is.all(i, "
    "type(i) == map &&\n"
    "          !has(i.mode) && [i.?key.orValue(null)].all(k, type(k) == string && k != '') &&\n"
    "          [i.?path.orValue(null)].all(p, type(p) == string && "
    "p.matches(r'^[A-Za-z0-9_-][A-Za-z0-9._-]*$'))))) ||\n"
    "      [v.?projected.orValue(null)].all(p, type(p) == map && [p.?defaultMode.orValue(420)]"
    ".all(n, type(n) == int &&\n"
    "        n >= 0 && n <= 511) && [p.?sources.orValue([])].all(xs, type(xs) == list && xs.size() "
    "<= 3 &&\n"
    "        xs.all(x, type(x) == map && xs.exists_one(y, y == x) && (\n"
    "          x == {'configMap': {'name': dyn('kube-root-ca.crt'), 'items': dyn([{'key': "
    "'ca.crt', 'path': 'ca.crt'}])}} ||\n"
    "          x == {'downwardAPI': {'items': [{'path': dyn('namespace'), 'fieldRef': "
    "dyn({'apiVersion': 'v1',\n"
    "            'fieldPath': 'metadata.namespace'})}]}} ||\n"
    "          x.size() == 1 && [x.?serviceAccountToken.orValue(null)].all(t, type(t) == map &&\n"
    "            t.?path.orValue(null) == 'token' && [t.?expirationSeconds.orValue(3600)].all(n, "
    "type(n) == int &&\n"
    "            n >= 600 && n <= 4294967296)))))) ))\n"
    "    .map(v, v.name)";

/// When Kubernetes' rules have nothing to say of mount `m`; `sound` are the names of volumes.
constexpr std::array<std::string_view, 6> kSoundMount = {
    "m.?name.orValue(null) in sound",
    "[m.?mountPath.orValue(null)].all(p, type(p) == string && p != '' && ms.exists_one(other, "
    "other.?mountPath.orValue(null) == p))",
    "[m.?subPath.orValue(''), m.?subPathExpr.orValue('')].all(p, type(p) == string && "
    "!p.startsWith('/') && !p.contains('..'))",
    "(m.?subPath.orValue('') == '' || m.?subPathExpr.orValue('') == '')",
    "[m.?mountPropagation.orValue('None')].all(mode, mode in ['None', 'HostToContainer'] || "
    "mode == 'Bidirectional' &&\n"
    "          [c.?securityContext.orValue(null)].all(sc, type(sc) == map && "
    "sc.?privileged.orValue(null) == true))",
    "m.?recursiveReadOnly.orValue('Disabled') == 'Disabled'",
};

// Rules of policies

/// Names of volumes of the spec that have one of the sources, as a condition on mount `m`.
std::string HasSource(const Texts& sources) {
  Texts any;
  for (const std::string& source : sources) any.push_back(fmt::format("has(v.{})", source));
  return fmt::format("vs.exists(v, v.?name.orValue(null) == m.?name.orValue(null) && {})",
                     CelAny(any));
}

/// A condition of the words that mountPropagation or recursiveReadOnly may be, null for not set.
std::string IsWord(std::string_view value, const Texts& words, bool or_unset) {
  Texts any;
  if (or_unset) any.push_back(fmt::format("{} == null", value));
  if (!words.empty()) any.push_back(fmt::format("{} in {}", value, CelStrings(words)));
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
      return IsWord(kMode, words, set.Has(kUnsetMode));
    case BlockField::kRecursiveReadOnly:
      return IsWord("m.?recursiveReadOnly.orValue(null)", words, set.Has(0));  // Disabled
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
      return fmt::format("m.?readOnly.orValue(null) {} true", wanted ? "==" : "!=");
    case BlockField::kSubPath:
      return fmt::format(
          "[m.?subPath.orValue(''), m.?subPathExpr.orValue('')].{}",
          wanted ? "exists(p, p != '' && p != null)" : "all(p, p == '' || p == null)");
    case BlockField::kPrivileged:
      if (!wanted) return std::string(kCelTrue);
      return "[c.?securityContext.orValue(null)].exists(sc, type(sc) == map && "
             "sc.?privileged.orValue(null) == true)";
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

void AddOnce(std::string question, Texts* questions) {
  if (std::find(questions->begin(), questions->end(), question) == questions->end()) {
    questions->push_back(std::move(question));
  }
}

/// What must hold of every mount of a pod for all rules to have nothing to say of it, but for
/// Kubernetes'.
Texts SilenceOfRules(const Engine& engine) {
  Texts questions;
  for (const RuleInfo& rule : AllRules()) {
    if (engine.ActionOfAdvice(rule.id) == Action::kOff) continue;
    const std::optional<AdviceNeed> need = NeedOf(rule.id);
    AddOnce(need ? SilenceOf(*need) : std::string(kCelFalse), &questions);
  }
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

/// Whether nothing can be said of the pod spec `s`.
std::string SilentSpec(const Engine& engine) {
  Texts of_mount = SilenceOfRules(engine);
  Texts of_container;
  const bool kubernetes = engine.kubernetes_action() != Action::kOff;
  if (kubernetes) {
    of_mount.insert(of_mount.end(), kSoundMount.begin(), kSoundMount.end());
    of_container.emplace_back("c.?volumeDevices.orValue([]) == []");
  }
  const std::string mounts = fmt::format(
      "[c.?volumeMounts.orValue([])].all(ms, type(ms) == list && ms.size() <= {} &&\n"
      "        ms.all(m, type(m) == map) && ms.all(m, {}))",
      kMostMounts, CelAll(of_mount));
  of_container.push_back(mounts);
  std::string silent = fmt::format(
      "[s.?containers.orValue([]), s.?initContainers.orValue([]){}].all(cs, type(cs) == list &&\n"
      "      cs.size() <= {} && cs.all(c, type(c) == map && {}))",
      kubernetes ? "" : ", s.?ephemeralContainers.orValue([])", kMostContainers,
      CelAll(of_container));
  // An ephemeral container may have no subPath: pods with one are judged.
  if (kubernetes) {
    silent = fmt::format("s.?ephemeralContainers.orValue([]) == [] &&\n    {}", silent);
  }
  const bool watched = Holds("in watched", of_mount);
  if (watched) silent = fmt::format("[{}].all(watched,\n    {})", kWatchedVolumes, silent);
  if (kubernetes) {
    silent = fmt::format("[{}].all(sound,\n    {})", kSoundVolumes, silent);
  }
  if (!kubernetes && !watched && !Holds("vs.exists", of_mount)) return silent;
  return fmt::format(
      "[s.?volumes.orValue([])].all(vs, type(vs) == list && vs.size() <= {} && vs.all(v, type(v) "
      "== map) &&\n    {})",
      kMostVolumes, silent);
}

/// The value at `path` of each of `list`, as a list of maps; {} where the path ends early. What is
/// no map is left out.
std::string Step(std::string list, std::string_view path) {
  const std::string maps = ".filter(x, type(x) == map)";
  list += maps;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    list += fmt::format(".map(x, x.?{}.orValue({{}})){}", path.substr(0, dot), maps);
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return list;
}

/// The pod template of `object`, in a list of one; in an empty list where it is none.
std::string Templates(std::string_view object, const core::WorkloadTable& workloads) {
  std::map<std::string, Texts> kinds_by_path;
  for (const core::Workload& workload : workloads.all()) {
    if (workload.kubernetes_own) AddOnce(workload.kind, &kinds_by_path[workload.paths.front()]);
  }
  std::string expression;
  for (const auto& [path, kinds] : kinds_by_path) {
    expression += fmt::format("request.kind.kind in {} ? {} :\n    ", CelStrings(kinds),
                              Step(fmt::format("[dyn({})]", object), path));
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

/// Whether an update leaves all alone that is judged; metadata is compared where rules read it.
std::string Unchanged(const Engine& engine) {
  const core::WorkloadTable& workloads = engine.workloads();
  const auto same = [](const std::string& now, const std::string& before) {
    return fmt::format("{} ==\n  {}", now, before);
  };
  const std::string now = Templates("object", workloads);
  const std::string before = Templates("oldObject", workloads);
  Texts all = {
      "request.operation == 'UPDATE'", Step(now, "spec") + ".size() == 1",
      same(Step(now, "spec"), Step(before, "spec")),
      same(Step("[dyn(object)]", "spec") + ".map(x, x.?volumeClaimTemplates.orValue([]))",
           Step("[dyn(oldObject)]", "spec") + ".map(x, x.?volumeClaimTemplates.orValue([]))")};
  const auto add = [&](const Texts& keys, std::string_view field) {
    if (keys.empty()) return;
    const std::string path = fmt::format("metadata.{}", field);
    all.push_back(same(Step(now, path), Step(before, path)));
  };
  add(engine.metadata_keys().labels, "labels");
  add(engine.metadata_keys().annotations, "annotations");
  return CelAll(all);
}

}  // namespace

MatchConditions MatchConditionsOf(const Engine& engine) {
  MatchConditions result;
  const core::WorkloadTable& workloads = engine.workloads();
  const Texts harmless(kHarmlessSubResources.begin(), kHarmlessSubResources.end());
  result.conditions.push_back(
      {"is-judged", fmt::format("request.operation in ['CREATE', 'UPDATE'] &&\n"
                                "!(request.?subResource.orValue('') in {})",
                                CelStrings(harmless))});
  const std::string own = fmt::format("request.kind.group in {}", CelStrings(GroupsOf(workloads)));
  result.conditions.push_back(
      {"is-changed", fmt::format("!({} &&\n  {})", own, Unchanged(engine))});
  if (SilenceOfRules(engine).size() > kMostQuestions) {
    result.notes.push_back(fmt::format(
        "the rules ask more than {} different things of a mount, too many for a condition: only "
        "operations and subresources that are not judged and updates that change nothing are "
        "spared",
        kMostQuestions));
    return result;
  }
  const std::string silent = SilentSpec(engine);
  result.conditions.push_back(
      {"may-be-spoken-of", fmt::format("!({} &&\n  {}.exists(s,\n    {}))", own,
                                       Step(Templates("object", workloads), "spec"), silent)});
  return result;
}

}  // namespace mountguard::policy

#include "policy/cel_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/rfc3339.h"
#include "policy/all_rules.h"
#include "policy/cel_block.h"
#include "policy/cel_text.h"

namespace mountguard::policy {
namespace {

/// What stands for one rule: the rule, and the exceptions that spare it for ever.
struct ExportedRule {
  const PolicyRule* rule;
  std::vector<const PolicyException*> exceptions;
};

/// Kubernetes has served no workload in it since 1.16, before there were policies.
constexpr std::string_view kOldGroup = "extensions";

bool IsExported(const core::Workload& workload) {
  return workload.kubernetes_own && workload.group != kOldGroup;
}

/// "daemonsets" of "DaemonSet": so it is with each of Kubernetes' own workloads.
std::string ResourceOf(std::string_view kind) {
  std::string resource(kind);
  for (char& c : resource) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return resource + "s";
}

std::vector<CelResources> ResourcesOf(const core::WorkloadTable& workloads) {
  std::vector<CelResources> groups;
  for (const core::Workload& workload : workloads.all()) {
    if (!IsExported(workload)) continue;
    if (groups.empty() || groups.back().group != workload.group) {
      groups.push_back({workload.group, {}});
    }
    std::vector<std::string>& resources = groups.back().resources;
    resources.push_back(ResourceOf(workload.kind));
    if (workload.kind == "Pod") resources.emplace_back("pods/ephemeralcontainers");
  }
  return groups;
}

// Variables

/// Where the pod template of `object` is. The paths of most kinds are alike: the most frequent one
/// needs no condition.
std::string TemplateOf(std::string_view object, const core::WorkloadTable& workloads) {
  std::map<std::string, std::vector<std::string>> kinds_by_path;
  for (const core::Workload& workload : workloads.all()) {
    if (IsExported(workload)) kinds_by_path[workload.paths.front()].push_back(workload.kind);
  }
  const auto most = std::max_element(
      kinds_by_path.begin(), kinds_by_path.end(),
      [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
  std::string expression;
  for (const auto& [path, kinds] : kinds_by_path) {
    if (path == most->first) continue;
    expression += fmt::format("request.kind.kind in {} ? dyn({}){}{} :\n", CelStrings(kinds),
                              object, path.empty() ? "" : ".", path);
  }
  return fmt::format("{}dyn({}).{}", expression, object, most->first);
}

/// Whether an update changes what rules judge; see docs/operations.md, "What is judged".
std::string Judged(const MetadataKeys& keys) {
  std::vector<std::string> changes = {
      "variables.spec != variables.oldTemplate.spec",
      "(request.kind.kind == 'StatefulSet' && dyn(object).spec.?volumeClaimTemplates.orValue([])"
      " != dyn(oldObject).spec.?volumeClaimTemplates.orValue([]))"};
  const auto add = [&changes](std::string_view map, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      const std::string value = fmt::format(".?metadata.?{}[?{}]", map, CelString(name));
      changes.push_back(fmt::format("variables.template{0} != variables.oldTemplate{0}", value));
    }
  };
  add("labels", keys.labels);
  add("annotations", keys.annotations);
  return fmt::format("request.operation != 'UPDATE' ||\n{}", fmt::join(changes, " ||\n"));
}

constexpr std::string_view kWindowsExpression =
    "variables.spec.?os.?name.orValue('') != '' ? variables.spec.os.name == 'windows' :\n"
    "variables.spec.?nodeSelector[?'kubernetes.io/os'].orValue('') == 'windows' ||\n"
    "[variables.spec.?affinity.?nodeAffinity.?requiredDuringSchedulingIgnoredDuringExecution"
    ".?nodeSelectorTerms.orValue([])].exists(terms, terms.size() > 0 && terms.all(term,\n"
    "  term.?matchExpressions.orValue([]).exists(e, e.key == 'kubernetes.io/os' && e.operator == "
    "'In' &&\n"
    "    e.?values.orValue([]).size() > 0 && e.values.all(value, value == 'windows'))))";

constexpr std::string_view kServiceAccountExpression =
    "[variables.spec.?serviceAccountName.orValue(''), variables.spec.?serviceAccount.orValue(''), "
    "dyn('default')]\n"
    "  .filter(name, name != '')[0]";

/// A StatefulSet's claims take the place of volumes of their name.
constexpr std::string_view kVolumesExpression =
    "[request.kind.kind != 'StatefulSet' ? [] :\n"
    "  dyn(object).spec.?volumeClaimTemplates.orValue([]).map(claim, claim.metadata.name)]"
    ".map(claims,\n"
    "  variables.spec.?volumes.orValue([]).filter(volume, !(volume.name in claims)) +\n"
    "  claims.map(name, dyn({'name': dyn(name), 'persistentVolumeClaim': dyn({})})))[0]";

/// The judged containers; of pods/ephemeralcontainers those that are new.
constexpr std::string_view kJudgedContainersExpression =
    "!variables.judged ? [] :\n"
    "(request.?subResource.orValue('') == 'ephemeralcontainers' ? [] :\n"
    "  variables.spec.?containers.orValue([]).map(c,\n"
    "    {'type': dyn('container'), 'container': dyn(c)}) +\n"
    "  variables.spec.?initContainers.orValue([]).map(c,\n"
    "    {'type': dyn(c.?restartPolicy.orValue('') == 'Always' ? 'sidecar' : 'initContainer'),"
    " 'container': dyn(c)})) +\n"
    "variables.spec.?ephemeralContainers.orValue([])\n"
    "  .filter(c, request.?subResource.orValue('') != 'ephemeralcontainers' ||\n"
    "    !variables.oldTemplate.spec.?ephemeralContainers.orValue([]).exists(old, old.name == "
    "c.name))\n"
    "  .map(c, {'type': dyn('ephemeralContainer'), 'container': dyn(c)})";

/// An image reference in its full form (image_name.h): {repository, tag, digest}.
constexpr std::string_view kImageExpression =
    "[string(c.container.?image.orValue(''))]\n"
    "      .map(i, {'name': i.contains('@') ? i.substring(0, i.indexOf('@')) : i,\n"
    "        'digest': i.contains('@') ? i.substring(i.indexOf('@') + 1) : ''})\n"
    "      .map(i, i.name.lastIndexOf(':') > i.name.lastIndexOf('/') ?\n"
    "        {'name': i.name.substring(0, i.name.lastIndexOf(':')), 'digest': i.digest,\n"
    "          'tag': i.name.substring(i.name.lastIndexOf(':') + 1)} :\n"
    "        {'name': i.name, 'digest': i.digest, 'tag': ''})\n"
    "      .map(i, {'digest': i.digest, 'tag': i.tag == '' && i.digest == '' ? 'latest' : i.tag,\n"
    "        'repository': !i.name.matches(r'^(index[.])?docker[.]io/') &&\n"
    "            (i.name.matches(r'^([^/]*([A-Z.:]|[*]{2})[^/]*|localhost)/') ||\n"
    "              !i.name.contains('/') && i.name.contains('**')) ? i.name :\n"
    "          [i.name.matches(r'^(index[.])?docker[.]io/') ?\n"
    "              i.name.substring(i.name.indexOf('/') + 1) : i.name]\n"
    "            .map(n, 'docker.io/' + (n.contains('/') ? n : 'library/' + n))[0]})[0]";

/// The components of a path `p`, none of them empty or ".".
constexpr std::string_view kComponents = "p.split('/').filter(e, e != '' && e != '.')";

/// The same with ".." taken by text: a component falls if behind it, up to some "..", there are
/// more ".." than other components.
constexpr std::string_view kComponentsWithoutBacksteps =
    "[p.split('/').filter(e, e != '' && e != '.')].map(all, !all.exists(e, e == '..') ? all :\n"
    "        all.transformList(i, e, e != '..' && !all.exists(j, last, j > i && last == '..' &&\n"
    "          all.transformList(k, b, k > i && k <= j && b == '..', b).size() * 2 > j - i), "
    "e))[0]";

/// `raw`, a path, in the form in which paths are compared (core/path.h).
std::string CleanPathExpression(std::string_view raw, std::string_view components) {
  return fmt::format(
      "[{}].map(p, (p.startsWith('/') ? '/' : '') + {}.join('/'))\n"
      "        .map(p, p == '/var/run' || p.startsWith('/var/run/') ? '/run' + p.substring(8) : p)"
      "[0]",
      raw, components);
}

std::string MountsExpression(const CelNeeds& needs) {
  std::vector<std::string> facts = {"'mount': dyn(m)"};
  if (needs.volume) {
    facts.emplace_back(
        "'volume': dyn((variables.volumes.filter(v, v.name == m.name) + [dyn({})])[0])");
  }
  std::string mounts = fmt::format("c.container.?volumeMounts.orValue([])\n      .map(m, {{{}}})",
                                   fmt::join(facts, ",\n        "));
  if (!needs.host_path && !needs.mount_path) return mounts;

  std::vector<std::string> more = {"'mount': m.mount"};
  if (needs.volume) more.emplace_back("'volume': m.volume");
  if (needs.mount_path) {
    more.push_back("'mountPath': dyn(" +
                   CleanPathExpression("m.mount.mountPath", kComponentsWithoutBacksteps) + ")");
  }
  if (needs.host_path) {
    // Neither the path nor the subPath of a valid volume has a "..".
    more.push_back("'openEnd': dyn(m.mount.?subPathExpr.orValue('') != '')");
    more.push_back(
        "'hostPath': dyn(" +
        CleanPathExpression("!has(m.volume.hostPath) ? '' : m.volume.hostPath.path + "
                            "(m.mount.?subPath.orValue('') != '' ? '/' + m.mount.subPath : '')",
                            kComponents) +
        ")");
  }
  mounts += fmt::format("\n      .map(m, {{{}}})", fmt::join(more, ",\n        "));
  if (!needs.host_path) return mounts;

  std::vector<std::string> all = {"'mount': m.mount", "'volume': m.volume", "'openEnd': m.openEnd",
                                  "'hostPath': m.hostPath"};
  if (needs.mount_path) all.emplace_back("'mountPath': m.mountPath");
  all.emplace_back(
      "'anywhere': dyn(m.hostPath.matches(r'(?s)^/proc/[^/]*(/.*)?/(root|cwd|fd)(/.*)?$'))");
  return mounts + fmt::format("\n      .map(m, {{{}}})", fmt::join(all, ", "));
}

std::string ContainersExpression(const CelNeeds& needs) {
  std::vector<std::string> facts = {"'type': c.type", "'container': c.container"};
  if (needs.image) facts.push_back(fmt::format("'image': dyn({})", kImageExpression));
  facts.push_back(fmt::format("'mounts': dyn({})", MountsExpression(needs)));
  return fmt::format("variables.judgedContainers.map(c, {{\n    {}}})",
                     fmt::join(facts, ",\n    "));
}

// Policies

/// The name of the variable that holds what a rule finds.
std::string FoundBy(std::size_t index, std::string_view rule) {
  std::string name = fmt::format("found{}_", index + 1);
  for (const char c : rule) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += letter ? c : '_';
  }
  return name;
}

/// The messages of the mounts that a rule finds, a list for each container that has some.
std::string FoundExpression(const ExportedRule& exported) {
  const PolicyRule& rule = *exported.rule;
  std::string broken = CelAnyHolds(rule.match, Polarity::kCouldHold);
  const auto unless = [&broken](const std::vector<Block>& blocks) {
    if (blocks.empty()) return;
    broken = fmt::format("{} &&\n    {}", broken, CelNot(CelAnyHolds(blocks, Polarity::kMustHold)));
  };
  unless(rule.exclude);
  unless(rule.require);
  for (const PolicyException* exception : exported.exceptions) unless(exception->match);
  return fmt::format(
      "variables.containers.map(c, c.mounts.filter(m,\n    {})\n  .map(m, {}))\n"
      ".filter(found, found.size() > 0)",
      broken, CelRuleMessage(rule));
}

CelValidation ValidationOf(const std::string& variable, const PolicyRule& rule) {
  CelValidation validation;
  validation.rule = rule.name;
  validation.expression = fmt::format("variables.{}.size() == 0", variable);
  validation.message_expression = fmt::format(
      "variables.{0}[0][0] + {1} + [variables.{0}.map(found, found.size()).sum() - 1]"
      ".map(n, n == 0 ? '' : ' (and ' + string(n) + ' more)')[0]",
      variable, CelString(fmt::format(" [{}]", rule.name)));
  validation.message =
      fmt::format("the policy rule \"{}\" does not allow a mount of this pod", rule.name);
  return validation;
}

std::string SuffixOf(ActionSet actions) {
  std::string suffix;
  for (const Action action : actions.ToList()) {
    suffix += suffix.empty() ? "" : "-";
    for (const char c : ToString(action)) {
      suffix += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
  }
  return suffix;
}

class Exporter {
 public:
  explicit Exporter(const CelExportSource& source) : source_(source) {
    for (const MountPolicy& policy : source.policies.policies()) {
      if (policy.IsIn(source.profile)) policies_.push_back(&policy);
    }
  }

  CelExport Run() {
    export_.resources = ResourcesOf(source_.workloads);
    std::vector<std::pair<ActionSet, std::vector<ExportedRule>>> groups;
    for (const MountPolicy* policy : policies_) {
      for (const PolicyRule& rule : policy->rules) {
        const std::optional<ExportedRule> exported = Take(rule);
        if (!exported) continue;
        const auto group = std::find_if(groups.begin(), groups.end(), [&rule](const auto& known) {
          return known.first == rule.actions;
        });
        if (group != groups.end()) {
          group->second.push_back(*exported);
        } else {
          groups.push_back({rule.actions, {*exported}});
        }
      }
    }
    for (const auto& [actions, rules] : groups) {
      export_.policies.push_back(PolicyOf(actions, rules));
    }
    NameTheRest();
    return std::move(export_);
  }

 private:
  void Leave(std::string what, std::string reason) {
    export_.not_exported.push_back({std::move(what), std::move(reason)});
  }

  /// The rule with its exceptions, or nothing where CEL cannot say it; that is noted then.
  std::optional<ExportedRule> Take(const PolicyRule& rule) {
    const std::string what = fmt::format("rule \"{}\"", rule.name);
    ExportedRule exported{&rule, {}};
    for (const MountPolicy* policy : policies_) {
      for (const PolicyException& exception : policy->exceptions) {
        const bool spares =
            std::binary_search(exception.rules.begin(), exception.rules.end(), rule.name);
        if (!spares || exception.ExpiredAt(source_.now)) continue;
        if (exception.expires) {
          Leave(what, fmt::format("its exception \"{}\" ends at {}, and CEL has no clock: export "
                                  "again then, or give the exception no end",
                                  exception.name, core::FormatRfc3339(*exception.expires)));
          return std::nullopt;
        }
        exported.exceptions.push_back(&exception);
      }
    }
    std::vector<const std::vector<Block>*> lists = {&rule.match, &rule.exclude, &rule.require};
    for (const PolicyException* exception : exported.exceptions) lists.push_back(&exception->match);
    for (const std::vector<Block>* blocks : lists) {
      if (const auto why = WhyInexpressible(*blocks)) {
        Leave(what, *why);
        return std::nullopt;
      }
    }
    return exported;
  }

  CelPolicy PolicyOf(ActionSet actions, const std::vector<ExportedRule>& rules) const {
    CelPolicy policy;
    policy.suffix = SuffixOf(actions);
    policy.actions = actions;
    if (actions.Has(Action::kDeny)) {
      policy.match_conditions.push_back(
          {"no-mirror-pod",
           "request.kind.kind != 'Pod' ||\n!('kubernetes.io/config.mirror' in "
           "object.metadata.?annotations.orValue({}))"});
    }
    CelNeeds needs;
    for (const ExportedRule& exported : rules) {
      for (const auto* blocks :
           {&exported.rule->match, &exported.rule->exclude, &exported.rule->require}) {
        needs.Add(*blocks);
      }
      for (const PolicyException* exception : exported.exceptions) needs.Add(exception->match);
      needs.AddMessage(exported.rule->message);
    }
    const auto add = [&policy](std::string name, std::string_view expression) {
      policy.variables.push_back({std::move(name), std::string(expression)});
    };
    add("template", TemplateOf("object", source_.workloads));
    add("oldTemplate", TemplateOf("oldObject", source_.workloads));
    add("spec", "variables.template.spec");
    add("judged", Judged(source_.metadata_keys));
    if (needs.windows) add("windows", kWindowsExpression);
    if (needs.service_account) add("serviceAccount", kServiceAccountExpression);
    if (needs.volume) add("volumes", kVolumesExpression);
    add("judgedContainers", kJudgedContainersExpression);
    add("containers", ContainersExpression(needs));
    for (std::size_t i = 0; i < rules.size(); ++i) {
      const std::string variable = FoundBy(i, rules[i].rule->name);
      add(variable, FoundExpression(rules[i]));
      policy.validations.push_back(ValidationOf(variable, *rules[i].rule));
    }
    return policy;
  }

  /// What mountguard judges beside the rules of policies.
  void NameTheRest() {
    const auto& all = source_.workloads.all();
    const auto custom = std::count_if(all.begin(), all.end(), [](const core::Workload& workload) {
      return !workload.kubernetes_own;
    });
    Leave(fmt::format("the {} custom kinds with pod templates", custom),
          "where a pod template is expected, an object of a custom kind may hold anything; "
          "mountguard names what does not decode, an expression stops with an error. The pods that "
          "are made of them are judged");
    Leave("Kubernetes' own rules",
          "the API server applies them to its own kinds before it asks a policy");
    Leave("advice",
          "what it looks at (several containers, the order of their starts, the runtime) is beyond "
          "one expression");
    const bool denies =
        std::any_of(export_.policies.begin(), export_.policies.end(),
                    [](const CelPolicy& policy) { return policy.actions.Has(Action::kDeny); });
    if (denies) {
      Leave("mirror pods, for rules that deny",
            "the actions of a binding hold for all objects: what mountguard only warns of, as it "
            "runs already, is left alone");
    }
  }

  const CelExportSource& source_;
  std::vector<const MountPolicy*> policies_;
  CelExport export_;
};

}  // namespace

CelExport ExportToCel(const CelExportSource& source) { return Exporter(source).Run(); }

}  // namespace mountguard::policy

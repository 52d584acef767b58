#include "cli/policy_export.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <string>
#include <string_view>
#include <vector>

#include "cli/json_output.h"
#include "cli/policy_flags.h"
#include "cli/yaml_output.h"
#include "core/names.h"
#include "policy/cel_export.h"
#include "policy/match_conditions.h"

namespace mountguard::cli {
namespace {

constexpr std::string_view kApiVersion = "admissionregistration.k8s.io/v1";
constexpr std::string_view kDigestAnnotation = "mountguard.io/policy";

struct ExportOptions {
  PolicyFlags flags;
  std::string name = "mountguard";
  std::string output = "yaml";
  bool match_conditions = false;

  std::string NameOf(const policy::CelPolicy& exported) const {
    return fmt::format("{}{}{}-{}", name, flags.profile.empty() ? "" : "-", flags.profile,
                       exported.suffix);
  }
};

Json NamedExpressions(const std::vector<policy::CelExpression>& expressions) {
  Json list = Json::array();
  for (const policy::CelExpression& one : expressions) {
    list.push_back({{"name", one.name}, {"expression", one.expression}});
  }
  return list;
}

Json MatchConstraints(const std::vector<policy::CelResources>& groups) {
  Json rules = Json::array();
  for (const policy::CelResources& group : groups) {
    rules.push_back({{"apiGroups", {group.group}},
                     {"apiVersions", {"v1"}},
                     {"operations", {"CREATE", "UPDATE"}},
                     {"resources", group.resources}});
  }
  return {{"resourceRules", std::move(rules)}};
}

Json PolicyJson(const policy::CelPolicy& exported, const Json& constraints, const std::string& name,
                const std::string& digest) {
  Json validations = Json::array();
  for (const policy::CelValidation& validation : exported.validations) {
    validations.push_back({{"expression", validation.expression},
                           {"message", validation.message},
                           {"messageExpression", validation.message_expression}});
  }
  Json spec = {{"failurePolicy", "Fail"}, {"matchConstraints", constraints}};
  if (!exported.match_conditions.empty()) {
    spec["matchConditions"] = NamedExpressions(exported.match_conditions);
  }
  spec["variables"] = NamedExpressions(exported.variables);
  spec["validations"] = std::move(validations);
  return {{"apiVersion", kApiVersion},
          {"kind", "ValidatingAdmissionPolicy"},
          {"metadata", {{"name", name}, {"annotations", {{kDigestAnnotation, digest}}}}},
          {"spec", std::move(spec)}};
}

Json BindingJson(const policy::CelPolicy& exported, const std::string& name) {
  Json actions = Json::array();
  for (const policy::Action action : exported.actions.ToList()) actions.push_back(ToString(action));
  return {{"apiVersion", kApiVersion},
          {"kind", "ValidatingAdmissionPolicyBinding"},
          {"metadata", {{"name", name}}},
          {"spec", {{"policyName", name}, {"validationActions", std::move(actions)}}}};
}

std::vector<Json> ObjectsOf(const policy::CelExport& exported, const ExportOptions& options,
                            const std::string& digest) {
  std::vector<Json> objects;
  const Json constraints = MatchConstraints(exported.resources);
  for (const policy::CelPolicy& one : exported.policies) {
    const std::string name = options.NameOf(one);
    objects.push_back(PolicyJson(one, constraints, name, digest));
    objects.push_back(BindingJson(one, name));
  }
  return objects;
}

void WriteObjects(const std::vector<Json>& objects, const ExportOptions& options,
                  std::ostream& out) {
  if (options.output == "json") {
    WriteJson({{"apiVersion", "v1"}, {"kind", "List"}, {"items", objects}}, out);
    return;
  }
  for (const Json& object : objects) {
    out << "---\n";
    WriteYaml(object, out);
  }
}

/// As comments of the YAML, and on standard error.
void WriteNotExported(const policy::CelExport& exported, const ExportOptions& options,
                      Environment& env) {
  for (const policy::NotExported& one : exported.not_exported) {
    fmt::print(env.err, "not exported: {}: {}\n", one.what, one.reason);
    if (options.output == "yaml") {
      fmt::print(env.out, "# Not exported: {}: {}.\n", one.what, one.reason);
    }
  }
  if (!exported.policies.empty()) return;
  fmt::print(env.err, "no rule is left to export\n");
  if (options.output == "yaml") fmt::print(env.out, "# No rule is left to export.\n");
}

ExitCode ExportPolicies(const policy::Engine& engine, const ExportOptions& options,
                        const Command& command, Environment& env) {
  const policy::CelExport exported =
      policy::ExportToCel({engine.policies(), options.flags.profile, engine.workloads(),
                           engine.metadata_keys(), env.clock.Now()});
  for (const policy::CelPolicy& one : exported.policies) {
    if (core::IsDns1123Subdomain(options.NameOf(one))) continue;
    return WrongUsage(command,
                      fmt::format("--name: \"{}\" is no name of a ValidatingAdmissionPolicy; "
                                  "expected small letters, digits, - and .",
                                  options.NameOf(one)),
                      env);
  }
  WriteNotExported(exported, options, env);
  WriteObjects(ObjectsOf(exported, options, engine.policies().digest()), options, env.out);
  return ExitCode::kClean;
}

ExitCode ExportMatchConditions(const policy::Engine& engine, const ExportOptions& options,
                               Environment& env) {
  const policy::MatchConditions conditions = policy::MatchConditionsOf(engine);
  for (const std::string& note : conditions.notes) fmt::print(env.err, "note: {}\n", note);
  const Json json = {{"matchConditions", NamedExpressions(conditions.conditions)}};
  if (options.output == "json") {
    WriteJson(json, env.out);
  } else {
    WriteYaml(json, env.out);
  }
  return ExitCode::kClean;
}

ExitCode RunPolicyExport(const Command& command, const Arguments& arguments, Environment& env) {
  ExportOptions options;
  const std::vector<FlagGroup> groups = {
      {"Policy",
       {{"--policy", &options.flags.paths, "PATH",
         "a policy file or directory, repeatable; without: the built-in baseline"},
        {"--profile", &options.flags.profile, "NAME", "export what /validate/NAME judges by"}}},
      {"Result",
       {{"--match-conditions", &options.match_conditions, "",
         "conditions for the webhook configuration instead"},
        {"--name", &options.name, "NAME", "what the exported policies' names begin with"},
        {"-o,--output", &options.output, "yaml|json", "how to print it (yaml)"}}}};
  if (const auto done = ParseFlags(command, groups, nullptr, arguments, env)) return *done;
  const auto engine = MakeEngine(options.flags, command, env);
  if (!engine) return engine.error();
  if (options.match_conditions) return ExportMatchConditions(**engine, options, env);
  return ExportPolicies(**engine, options, command, env);
}

}  // namespace

const Command kPolicyExportCommand = {
    "policy export",
    "",
    "write the policy as what the API server evaluates by itself",
    "Writes ValidatingAdmissionPolicies with their bindings, which decide as mountguard does;\n"
    "what they cannot say is named on standard error. With --match-conditions: the\n"
    "matchConditions of a webhook configuration that spare objects no loaded rule speaks of.",
    "  mountguard policy export --policy production.yaml | kubectl apply -f -\n"
    "  mountguard policy export --policy production.yaml --match-conditions\n",
    &RunPolicyExport,
};

}  // namespace mountguard::cli

#include "cli/policy_flags.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <utility>

#include "core/did_you_mean.h"
#include "core/runtime.h"
#include "policy/all_rules.h"
#include "policy/policy_loader.h"
#include "policy/policy_set.h"

namespace mountguard::cli {
namespace {

using policy::Action;
using policy::MountPolicy;
using policy::PolicySet;

/// What messages call the policy that stands for flags.
constexpr std::string_view kCommandLine = "command line";

/// Kubernetes' rules and nothing else.
MountPolicy KubernetesAlone() {
  MountPolicy alone;
  alone.name = kCommandLine;
  alone.kubernetes_rules = Action::kDeny;
  for (const policy::RuleInfo& rule : policy::AllRules()) {
    if (rule.origin == policy::Origin::kAdvice) alone.advice.emplace_back(rule.id, Action::kOff);
  }
  return alone;
}

/// `policies` with one action for Kubernetes' rules, whatever they say themselves.
std::shared_ptr<const PolicySet> WithKubernetesRules(const PolicySet& policies, Action action) {
  std::vector<MountPolicy> changed = policies.policies();
  for (MountPolicy& one : changed) one.kubernetes_rules = action;
  MountPolicy& own = changed.emplace_back();
  own.name = kCommandLine;
  own.kubernetes_rules = action;
  return std::make_shared<const PolicySet>(std::move(changed));
}

core::Result<std::shared_ptr<const PolicySet>, ExitCode> Choose(const PolicyFlags& flags,
                                                                const Command& command,
                                                                Environment& env) {
  if (!flags.no_policy)
    return flags.paths.empty() ? policy::Baseline() : LoadPolicySet(flags.paths, env);
  if (!flags.paths.empty()) {
    return core::Unexpected(
        WrongUsage(command, "--policy and --no-policy exclude each other", env));
  }
  return std::make_shared<const PolicySet>(std::vector<MountPolicy>{KubernetesAlone()});
}

}  // namespace

core::Result<std::shared_ptr<const PolicySet>, ExitCode> LoadPolicySet(
    const std::vector<std::string>& paths, Environment& env) {
  const auto files = policy::ReadPolicyFiles(paths, env.files);
  if (!files) {
    fmt::print(env.err, "{}\n", files.error().message);
    return core::Unexpected(ExitCode::kUnreadable);
  }
  policy::LoadedPolicies loaded = policy::LoadPolicies(*files);
  for (const policy::PolicyProblem& problem : loaded.problems) {
    env.err << policy::Render(problem, *files);
  }
  if (loaded.policies == nullptr) return core::Unexpected(ExitCode::kUsage);
  return std::move(loaded.policies);
}

FlagGroup PolicyFlags::Group() {
  return {"Policy",
          {{"--policy", &paths, "PATH",
            "a policy file or directory, repeatable; without: the built-in baseline"},
           {"--profile", &profile, "NAME", "judge as /validate/NAME does"},
           {"--no-policy", &no_policy, "", "Kubernetes' own rules alone"},
           {"--kubernetes-rules", &kubernetes_rules, "Deny|Warn|Audit|Off",
            "what Kubernetes' own rules do, whatever the policies say"},
           {"--runtime", &runtime, "containerd|cri-o|cri-dockerd",
            "the nodes' container runtime (containerd)"}}};
}

core::Result<std::unique_ptr<const policy::Engine>, ExitCode> MakeEngine(const PolicyFlags& flags,
                                                                         const Command& command,
                                                                         Environment& env) {
  auto chosen = Choose(flags, command, env);
  if (!chosen) return core::Unexpected(chosen.error());
  std::shared_ptr<const PolicySet> policies = std::move(*chosen);
  if (!policies->HasProfile(flags.profile)) {
    const std::vector<std::string>& profiles = policies->profiles();
    const std::vector<std::string_view> known(profiles.begin(), profiles.end());
    return core::Unexpected(
        WrongUsage(command,
                   fmt::format("--profile: no loaded policy names a profile \"{}\"{}; there is {}",
                               flags.profile, core::DidYouMean(flags.profile, known),
                               known.empty() ? "none" : fmt::format("{}", fmt::join(known, ", "))),
                   env));
  }
  if (const auto action = policy::ActionFromText(flags.kubernetes_rules)) {
    policies = WithKubernetesRules(*policies, *action);
  }
  return std::make_unique<const policy::Engine>(std::move(policies), flags.profile,
                                                *core::RuntimeFromText(flags.runtime));
}

}  // namespace mountguard::cli

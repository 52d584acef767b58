#include "webhook/policy_files.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "policy/policy_lint.h"
#include "policy/policy_loader.h"
#include "webhook/policy_source.h"

namespace mountguard::webhook {

core::Result<std::unique_ptr<PolicyFiles>, StartError> PolicyFiles::Start(
    const ServerConfig& config, const PolicyWorld& world) {
  std::unique_ptr<PolicyFiles> files(new PolicyFiles(config, world));
  if (auto begun = files->Begin(); !begun) return core::Unexpected(std::move(begun).error());
  return files;
}

PolicyFiles::PolicyFiles(const ServerConfig& config, const PolicyWorld& world)
    : config_(config), world_(world) {}

core::Result<void, StartError> PolicyFiles::Begin() {
  const std::lock_guard lock(mutex_);
  // Watched before they are read, so that no change falls between.
  if (auto watching = Watch(); !watching) return watching;
  auto policies = Load();
  if (!policies) return core::Unexpected(std::move(policies).error());
  store_ = std::make_unique<PolicyStore>(*policies);
  Announce(**policies);
  return {};
}

core::Result<void, StartError> PolicyFiles::Watch() {
  if (config_.policies.empty()) return {};
  core::FileWatcher::Options options;
  options.settle_time = config_.reload_settle_time;
  auto watcher = core::FileWatcher::Start(
      config_.policies, [this] { Reload(); }, options);
  if (!watcher) return Unavailable(watcher.error().message);
  watcher_ = std::move(*watcher);
  return {};
}

core::Result<PolicyFiles::Generation, StartError> PolicyFiles::Load() const {
  if (config_.policies.empty()) {
    return std::make_shared<const PolicyGeneration>(policy::Baseline(), config_.runtime);
  }
  auto files = ReadPolicySnapshot(config_.policies, world_.reader);
  if (!files) return Unavailable(files.error().message);
  policy::LoadedPolicies loaded = policy::LoadPolicies(*files);
  if (loaded.policies == nullptr) {
    std::string problems;
    for (const policy::PolicyProblem& problem : loaded.problems) {
      problems += policy::Render(problem, *files);
    }
    return Wrong(std::move(problems));
  }
  for (const policy::PolicyProblem& problem : LintPolicies(*loaded.policies, world_.clock.Now())) {
    world_.log.Warn("policy warning", {{"file", std::string_view(problem.file)},
                                       {"line", std::int64_t{problem.position.line}},
                                       {"id", problem.id},
                                       {"warning", std::string_view(problem.message)}});
  }
  return std::make_shared<const PolicyGeneration>(std::move(loaded.policies), config_.runtime,
                                                  *std::move(files));
}

void PolicyFiles::Reload() {
  const std::lock_guard lock(mutex_);
  if (store_ == nullptr) return;  // the first load failed: the server will not start
  auto policies = Load();
  world_.metrics->CountPolicyReload(policies.has_value());
  if (!policies) {
    world_.log.Error("policy not reloaded: the last good one stays in force",
                     {{"problem", std::string_view(policies.error().message)}});
    return;
  }
  store_->Replace(*policies);
  Announce(**policies);
}

void PolicyFiles::Announce(const PolicyGeneration& policies) const {
  world_.metrics->SetPolicy(policies.policies());
  world_.log.Info("policy in force",
                  {{"digest", std::string_view(policies.policies().digest())},
                   {"rules", static_cast<std::int64_t>(policies.policies().rule_count())}});
}

}  // namespace mountguard::webhook

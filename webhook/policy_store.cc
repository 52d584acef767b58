#include "webhook/policy_store.h"

#include <tuple>
#include <utility>

namespace mountguard::webhook {

PolicyGeneration::PolicyGeneration(std::shared_ptr<const policy::PolicySet> policies,
                                   core::Runtime runtime, std::vector<policy::PolicyFile> files)
    : policies_(std::move(policies)), files_(std::move(files)) {
  const auto add = [&](const std::string& profile) {
    engines_.emplace(std::piecewise_construct, std::forward_as_tuple(profile),
                     std::forward_as_tuple(policies_, profile, runtime));
  };
  add("");
  for (const std::string& profile : policies_->profiles()) add(profile);
}

const policy::Engine* PolicyGeneration::Find(std::string_view profile) const {
  const auto found = engines_.find(profile);
  return found == engines_.end() ? nullptr : &found->second;
}

std::vector<std::string_view> PolicyGeneration::Profiles() const {
  std::vector<std::string_view> names;
  for (const auto& [name, engine] : engines_) {
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

PolicyStore::PolicyStore(std::shared_ptr<const PolicyGeneration> first)
    : current_(std::move(first)) {}

std::shared_ptr<const PolicyGeneration> PolicyStore::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void PolicyStore::Replace(std::shared_ptr<const PolicyGeneration> next) {
  const std::lock_guard lock(mutex_);
  current_.swap(next);  // the old generation dies outside the lock, with its last request
}

}  // namespace mountguard::webhook

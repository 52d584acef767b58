#ifndef MOUNTGUARD_WEBHOOK_POLICY_STORE_H_
#define MOUNTGUARD_WEBHOOK_POLICY_STORE_H_

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/runtime.h"
#include "policy/engine.h"
#include "policy/policy_loader.h"

namespace mountguard::webhook {

/// One policy set in force, with an engine for each of its profiles. Immutable and thread-safe.
class PolicyGeneration {
 public:
  /// `files` are those that the set was loaded from; none for the baseline.
  PolicyGeneration(std::shared_ptr<const policy::PolicySet> policies, core::Runtime runtime,
                   std::vector<policy::PolicyFile> files = {});

  /// The engine of a profile, "" being the one at /validate; null if no policy names it.
  const policy::Engine* Find(std::string_view profile) const;
  /// The named profiles, sorted.
  std::vector<std::string_view> Profiles() const;
  const policy::PolicySet& policies() const { return *policies_; }
  const std::vector<policy::PolicyFile>& files() const { return files_; }

 private:
  std::shared_ptr<const policy::PolicySet> policies_;
  std::vector<policy::PolicyFile> files_;
  std::map<std::string, policy::Engine, std::less<>> engines_;
};

/// The last good policy set. A request works on the generation that it took, whatever replaces it
/// meanwhile. Thread-safe.
class PolicyStore {
 public:
  explicit PolicyStore(std::shared_ptr<const PolicyGeneration> first);

  std::shared_ptr<const PolicyGeneration> Current() const;
  void Replace(std::shared_ptr<const PolicyGeneration> next);

 private:
  mutable std::mutex mutex_;  // atomic<shared_ptr> of GCC 12 is a race to ThreadSanitizer
  std::shared_ptr<const PolicyGeneration> current_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_POLICY_STORE_H_

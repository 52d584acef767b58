#ifndef MOUNTGUARD_WEBHOOK_POLICY_FILES_H_
#define MOUNTGUARD_WEBHOOK_POLICY_FILES_H_

#include <memory>
#include <mutex>

#include "core/clock.h"
#include "core/file_reader.h"
#include "core/file_watcher.h"
#include "core/result.h"
#include "webhook/config.h"
#include "webhook/log.h"
#include "webhook/metrics.h"
#include "webhook/policy_store.h"
#include "webhook/start_error.h"

namespace mountguard::webhook {

/// What policies are read with. Borrowed: all of it must outlive the PolicyFiles.
struct PolicyWorld {
  const core::FileReader& reader;
  const core::Clock& clock;
  const Log& log;
  Metrics* metrics;
};

/// The policies of --policy, or the baseline, read again when a file changes; what is broken is
/// logged and counted, and the last good set stays in force.
class PolicyFiles {
 public:
  /// Loads the set, and watches its files. Fails if there is no good set now; the error has every
  /// problem with its place.
  static core::Result<std::unique_ptr<PolicyFiles>, StartError> Start(const ServerConfig& config,
                                                                      const PolicyWorld& world);
  PolicyFiles(const PolicyFiles&) = delete;
  PolicyFiles& operator=(const PolicyFiles&) = delete;

  /// Lives as long as this.
  const PolicyStore& store() const { return *store_; }
  /// From now on the set in force stays, whatever happens to the files.
  void StopWatching() { watcher_.reset(); }

 private:
  using Generation = std::shared_ptr<const PolicyGeneration>;

  PolicyFiles(const ServerConfig& config, const PolicyWorld& world);
  core::Result<void, StartError> Begin();
  core::Result<void, StartError> Watch();
  core::Result<Generation, StartError> Load() const;
  void Reload();
  void Announce(const PolicyGeneration& policies) const;

  const ServerConfig& config_;
  const PolicyWorld world_;
  std::mutex mutex_;  // the first load and the watcher's take turns
  std::unique_ptr<PolicyStore> store_;
  std::unique_ptr<core::FileWatcher> watcher_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_POLICY_FILES_H_

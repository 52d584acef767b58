#ifndef MOUNTGUARD_WEBHOOK_CLIENT_CA_FILE_H_
#define MOUNTGUARD_WEBHOOK_CLIENT_CA_FILE_H_

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "certs/client_ca.h"
#include "core/file_reader.h"
#include "core/file_watcher.h"
#include "webhook/log.h"
#include "webhook/metrics.h"
#include "webhook/start_error.h"

namespace mountguard::webhook {

/// The client CAs of --client-ca-file, read again when the file changes; what is broken in it is
/// logged and counted, and the last good CAs stay in force.
class ClientCaFile {
 public:
  /// Reads `path`, and watches it until it is destroyed. Borrows the rest. Fails if there is no
  /// good CA now.
  static core::Result<std::unique_ptr<ClientCaFile>, StartError> Start(
      std::string path, std::chrono::milliseconds settle_time, const core::FileReader& reader,
      const Log& log, Metrics* metrics);
  ClientCaFile(const ClientCaFile&) = delete;
  ClientCaFile& operator=(const ClientCaFile&) = delete;

  /// Lives as long as this.
  const certs::ClientCaStore& store() const { return *store_; }

 private:
  using ClientCa = std::shared_ptr<const certs::ClientCa>;

  ClientCaFile(std::string path, const core::FileReader& reader, const Log& log, Metrics* metrics)
      : path_(std::move(path)), reader_(reader), log_(log), metrics_(metrics) {}
  core::Result<void, StartError> Begin(std::chrono::milliseconds settle_time);
  core::Result<ClientCa, StartError> Load() const;
  void Reload();

  const std::string path_;
  const core::FileReader& reader_;
  const Log& log_;
  Metrics* const metrics_;
  std::mutex mutex_;  // the first load and the watcher's take turns
  std::unique_ptr<certs::ClientCaStore> store_;
  std::unique_ptr<core::FileWatcher> watcher_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_CLIENT_CA_FILE_H_

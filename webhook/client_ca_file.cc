#include "webhook/client_ca_file.h"

#include <string_view>
#include <utility>

namespace mountguard::webhook {

core::Result<std::unique_ptr<ClientCaFile>, StartError> ClientCaFile::Start(
    std::string path, std::chrono::milliseconds settle_time, const core::FileReader& reader,
    const Log& log, Metrics* metrics) {
  std::unique_ptr<ClientCaFile> file(new ClientCaFile(std::move(path), reader, log, metrics));
  if (auto begun = file->Begin(settle_time); !begun)
    return core::Unexpected(std::move(begun).error());
  return file;
}

core::Result<void, StartError> ClientCaFile::Begin(std::chrono::milliseconds settle_time) {
  const std::lock_guard lock(mutex_);
  // Watched before it is read, so that no change falls between.
  core::FileWatcher::Options options;
  options.settle_time = settle_time;
  auto watcher = core::FileWatcher::Start(
      {path_}, [this] { Reload(); }, options);
  if (!watcher) return Unavailable(watcher.error().message);
  watcher_ = std::move(*watcher);
  auto first = Load();
  if (!first) return core::Unexpected(std::move(first).error());
  store_ = std::make_unique<certs::ClientCaStore>(std::move(*first));
  return {};
}

core::Result<ClientCaFile::ClientCa, StartError> ClientCaFile::Load() const {
  auto content = reader_.Read(path_);
  if (!content) return Unavailable(content.error().message);
  auto ca = certs::ClientCa::Parse({path_, std::move(*content)});
  if (!ca) return Wrong(ca.error().message);
  return std::move(*ca);
}

void ClientCaFile::Reload() {
  const std::lock_guard lock(mutex_);
  if (store_ == nullptr) return;  // the first load failed: the server will not start
  auto ca = Load();
  metrics_->CountClientCaReload(ca.has_value());
  if (!ca) {
    log_.Error("client CA not reloaded: the last good one stays in force",
               {{"problem", std::string_view(ca.error().message)}});
    return;
  }
  store_->Replace(std::move(*ca));
  log_.Info("client CA in force", {{"file", std::string_view(path_)}});
}

}  // namespace mountguard::webhook

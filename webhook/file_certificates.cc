#include <cstdint>
#include <mutex>
#include <utility>

#include "certs/cert_pair.h"
#include "core/file_watcher.h"
#include "webhook/certificate_source.h"

namespace mountguard::webhook {
namespace {

using Pair = std::shared_ptr<const certs::CertPair>;

class FileCertificates final : public CertificateSource {
 public:
  FileCertificates(const ServerConfig& config, const CertificateWorld& world)
      : certificate_file_(config.tls_cert_file),
        key_file_(config.tls_private_key_file),
        settle_time_(config.reload_settle_time),
        world_(world) {}

  core::Result<void, StartError> Start() {
    const std::lock_guard lock(mutex_);
    // Watched before they are read, so that no change falls between.
    core::FileWatcher::Options options;
    options.settle_time = settle_time_;
    auto watcher = core::FileWatcher::Start(
        {certificate_file_, key_file_}, [this] { Reload(); }, options);
    if (!watcher) return Unavailable(watcher.error().message);
    watcher_ = std::move(*watcher);
    auto pair = Load();
    if (!pair) return core::Unexpected(std::move(pair).error());
    world_.store->Replace(std::move(*pair));
    return {};
  }

  CertificateHealth Health() const override {
    CertificateHealth health;
    const Pair pair = world_.store->Current();
    health.expiry = pair->facts.not_after;
    if (pair->facts.not_after <= world_.clock.Now()) health.problem = "it has expired";
    return health;
  }

 private:
  core::Result<Pair, StartError> Load() const {
    const auto files = certs::ReadCertPairFiles(certificate_file_, key_file_, world_.reader);
    if (!files) return Unavailable(files.error().message);
    auto pair = certs::ParseCertPair(*files, world_.clock.Now());
    if (!pair) return Wrong(pair.error().message);
    for (const std::string& warning : (*pair)->warnings) {
      world_.log.Warn("certificate warning", {{"file", std::string_view(certificate_file_)},
                                              {"warning", std::string_view(warning)}});
    }
    return std::move(*pair);
  }

  void Reload() {
    const std::lock_guard lock(mutex_);
    auto pair = Load();
    world_.metrics->CountCertificateReload(pair.has_value());
    if (!pair) {
      world_.log.Error("certificate not reloaded: the last good one stays in force",
                       {{"problem", std::string_view(pair.error().message)}});
      return;
    }
    const certs::CertificateFacts& facts = (*pair)->facts;
    const auto expires =
        std::chrono::floor<std::chrono::seconds>(facts.not_after.time_since_epoch());
    world_.log.Info("certificate in force", {{"serial", std::string_view(facts.serial)},
                                             {"expires", std::int64_t{expires.count()}}});
    world_.store->Replace(std::move(*pair));
  }

  const std::string certificate_file_;
  const std::string key_file_;
  const std::chrono::milliseconds settle_time_;
  const CertificateWorld world_;
  std::mutex mutex_;  // the first load and the watcher's take turns
  std::unique_ptr<core::FileWatcher> watcher_;
};

}  // namespace

core::Result<std::unique_ptr<CertificateSource>, StartError> StartFileCertificates(
    const ServerConfig& config, const CertificateWorld& world) {
  auto source = std::make_unique<FileCertificates>(config, world);
  if (auto started = source->Start(); !started) {
    return core::Unexpected(std::move(started).error());
  }
  return std::unique_ptr<CertificateSource>(std::move(source));
}

}  // namespace mountguard::webhook

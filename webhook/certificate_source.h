#ifndef MOUNTGUARD_WEBHOOK_CERTIFICATE_SOURCE_H_
#define MOUNTGUARD_WEBHOOK_CERTIFICATE_SOURCE_H_

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "certs/cert_store.h"
#include "core/clock.h"
#include "core/file_reader.h"
#include "core/result.h"
#include "webhook/config.h"
#include "webhook/log.h"
#include "webhook/metrics.h"
#include "webhook/start_error.h"

namespace mountguard::webhook {

/// How things stand with the serving certificate.
struct CertificateHealth {
  std::string problem;                   // why API servers cannot be served; "" is well
  std::optional<core::WallTime> expiry;  // of the one in force; nothing: there is none yet
  std::optional<core::WallTime> authority_expiry;  // of the CA, where it is known
  bool is_stalled = false;                         // the next renewal would not come by itself
  std::chrono::seconds clock_offset{0};            // the API server's clock against ours
};

/// Keeps a CertStore filled, on a thread of its own, until it is destroyed. Tells what happens by
/// the log and the metrics; the last good certificate stays in force whatever happens.
class CertificateSource {
 public:
  virtual ~CertificateSource() = default;
  /// From any thread.
  virtual CertificateHealth Health() const = 0;
};

/// What a source works with. Borrowed: all of it must outlive the source.
struct CertificateWorld {
  const core::FileReader& reader;
  const core::Clock& clock;
  const Log& log;
  Metrics* metrics;
  certs::CertStore* store;
};

/// From the two files of the configuration, read again when they change. Fails if they hold no good
/// pair now.
core::Result<std::unique_ptr<CertificateSource>, StartError> StartFileCertificates(
    const ServerConfig& config, const CertificateWorld& world);

/// Made, stored and renewed by mountguard through Kubernetes' API. Fails only on what no waiting
/// mends, such as a wrong name; until there is a certificate the store holds one that nobody
/// trusts, so that probes, which verify none, are answered why.
core::Result<std::unique_ptr<CertificateSource>, StartError> StartManagedCertificates(
    const ManagedCertificatesConfig& config, const CertificateWorld& world);

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_CERTIFICATE_SOURCE_H_

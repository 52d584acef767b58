#ifndef MOUNTGUARD_CERTS_CLIENT_CA_H_
#define MOUNTGUARD_CERTS_CLIENT_CA_H_

#include <memory>
#include <mutex>
#include <utility>

#include "certs/openssl_ptr.h"
#include "certs/pem.h"
#include "core/result.h"

namespace mountguard::certs {

/// The CAs whose client certificates are trusted. Immutable.
class ClientCa {
 public:
  /// Fails, with file and line, on a file that holds anything but CAs' certificates.
  static core::Result<std::shared_ptr<const ClientCa>> Parse(const PemFile& file);

  /// Makes a handshake that has not asked for a certificate yet trust these and name them.
  /// False if there is no memory for it.
  bool Use(SSL* ssl) const;

 private:
  ClientCa() = default;

  X509StorePtr trusted_;
  X509StackPtr certificates_;
};

/// Holds the client CAs in force and gives them to every new handshake, as CertStore does the
/// serving certificate. Connections that exist keep what they showed. Thread-safe.
class ClientCaStore {
 public:
  explicit ClientCaStore(std::shared_ptr<const ClientCa> first) : current_(std::move(first)) {}
  ClientCaStore(const ClientCaStore&) = delete;
  ClientCaStore& operator=(const ClientCaStore&) = delete;

  std::shared_ptr<const ClientCa> Current() const;
  /// Handshakes that begin from now on go by `next`, which must not be null.
  void Replace(std::shared_ptr<const ClientCa> next);

  /// Makes handshakes of `context` ask for a certificate, without insisting, and judge it by this
  /// store, which must outlive the context and every SSL made from it. The verdict is left for
  /// ReadClientCertificate.
  void Attach(SSL_CTX* context) const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const ClientCa> current_;
};

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_CLIENT_CA_H_

#ifndef MOUNTGUARD_CERTS_CERT_STORE_H_
#define MOUNTGUARD_CERTS_CERT_STORE_H_

#include <memory>
#include <mutex>
#include <utility>

#include "certs/cert_pair.h"
#include "certs/openssl_ptr.h"

namespace mountguard::certs {

/// Holds the pair in force and gives it to every new handshake. Connections that exist keep what
/// they agreed on. Thread-safe.
class CertStore {
 public:
  /// Without a pair every handshake is refused, until Replace brings one.
  CertStore() = default;
  explicit CertStore(std::shared_ptr<const CertPair> pair) : pair_(std::move(pair)) {}
  CertStore(const CertStore&) = delete;
  CertStore& operator=(const CertStore&) = delete;

  /// The pair in force, or null; it lives as long as the caller holds it. Its
  /// `facts.not_after` is the expiry that metrics report.
  std::shared_ptr<const CertPair> Current() const;

  /// Handshakes that begin from now on use `pair`, which must not be null.
  void Replace(std::shared_ptr<const CertPair> pair);

  /// Makes handshakes of `context` ask this store, which must outlive the context and every SSL
  /// made from it.
  void Attach(SSL_CTX* context) const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const CertPair> pair_;
};

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_CERT_STORE_H_

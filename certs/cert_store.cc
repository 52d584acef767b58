#include "certs/cert_store.h"

namespace mountguard::certs {
namespace {

/// Called by OpenSSL once a handshake, after the ClientHello; 0 ends it with an internal_error
/// alert. The SSL takes its own references, so a Replace meanwhile does no harm.
int UsePairInForce(SSL* ssl, void* store) {
  const auto pair = static_cast<const CertStore*>(store)->Current();
  constexpr int kReplaceWhatIsSet = 1;
  if (pair == nullptr) return 0;
  return SSL_use_cert_and_key(ssl, pair->certificate.get(), pair->key.get(), pair->chain.get(),
                              kReplaceWhatIsSet);
}

}  // namespace

std::shared_ptr<const CertPair> CertStore::Current() const {
  const std::lock_guard lock(mutex_);
  return pair_;
}

void CertStore::Replace(std::shared_ptr<const CertPair> pair) {
  const std::lock_guard lock(mutex_);
  pair_.swap(pair);
}

void CertStore::Attach(SSL_CTX* context) const {
  SSL_CTX_set_cert_cb(context, UsePairInForce, const_cast<CertStore*>(this));
}

}  // namespace mountguard::certs

#include "certs/client_ca.h"

#include <fmt/format.h>

#include "certs/certificate_facts.h"
#include "certs/openssl_error.h"

namespace mountguard::certs {
namespace {

/// Goes on in spite of a bad client certificate: SSL_get_verify_result keeps the verdict.
int KeepVerdict(int, X509_STORE_CTX*) { return 1; }

/// Called by OpenSSL at the start of each handshake.
int UseCasInForce(SSL* ssl, int*, void* store) {
  const auto current = static_cast<const ClientCaStore*>(store)->Current();
  return current->Use(ssl) ? SSL_CLIENT_HELLO_SUCCESS : SSL_CLIENT_HELLO_ERROR;
}

}  // namespace

core::Result<std::shared_ptr<const ClientCa>> ClientCa::Parse(const PemFile& file) {
  auto certificates = ReadCertificates(file);
  if (!certificates) return core::Unexpected(certificates.error());
  std::shared_ptr<ClientCa> ca(new ClientCa);
  ca->trusted_.reset(X509_STORE_new());
  ca->certificates_.reset(sk_X509_new_null());
  for (const PemCertificate& entry : *certificates) {
    const CertificateFacts facts = ReadFacts(*entry.certificate);
    if (!facts.is_authority) {
      return core::Failure(fmt::format(
          "{}:{}: {} is no certificate authority; expected the CA that signs the clients' "
          "certificates, not one of them",
          file.name, entry.line, facts.subject));
    }
    X509* const certificate = entry.certificate.get();
    if (X509_STORE_add_cert(ca->trusted_.get(), certificate) != 1 ||
        X509_add_cert(ca->certificates_.get(), certificate, X509_ADD_FLAG_UP_REF) != 1) {
      return core::Failure(fmt::format("{}:{}: {}", file.name, entry.line, TakeOpenSslErrors()));
    }
  }
  return std::shared_ptr<const ClientCa>(std::move(ca));
}

bool ClientCa::Use(SSL* ssl) const {
  if (SSL_set1_verify_cert_store(ssl, trusted_.get()) != 1) return false;
  for (int i = 0; i < sk_X509_num(certificates_.get()); ++i) {
    if (SSL_add_client_CA(ssl, sk_X509_value(certificates_.get(), i)) != 1) return false;
  }
  return true;
}

std::shared_ptr<const ClientCa> ClientCaStore::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

void ClientCaStore::Replace(std::shared_ptr<const ClientCa> next) {
  const std::lock_guard lock(mutex_);
  current_.swap(next);
}

void ClientCaStore::Attach(SSL_CTX* context) const {
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, KeepVerdict);
  SSL_CTX_set_client_hello_cb(context, UseCasInForce, const_cast<ClientCaStore*>(this));
}

}  // namespace mountguard::certs

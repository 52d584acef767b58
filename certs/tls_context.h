#ifndef MOUNTGUARD_CERTS_TLS_CONTEXT_H_
#define MOUNTGUARD_CERTS_TLS_CONTEXT_H_

#include <string>
#include <vector>

#include "certs/cert_store.h"
#include "certs/client_ca.h"
#include "certs/openssl_ptr.h"
#include "core/result.h"

namespace mountguard::certs {

/// How the server speaks TLS, in the words of kube-apiserver's flags.
struct TlsOptions {
  std::string min_version = "VersionTLS12";  // or VersionTLS13
  /// For TLS 1.2, best first; empty is every suite with forward secrecy and an AEAD cipher. TLS
  /// 1.3's own suites are all on, as in Go, and may be named; naming only them ends TLS 1.2.
  std::vector<std::string> cipher_suites;
  /// The CAs of client certificates; borrowed, must outlive the context. With them a certificate is
  /// asked for, and never demanded in the handshake: probes have none, and only an HTTP answer
  /// reaches the user. See ReadClientCertificate.
  const ClientCaStore* client_cas = nullptr;
};

/// The SSL_CTX of the server: certificates from `store` (which must outlive it), ALPN http/1.1
/// only, no session resumption (the API server never resumes, and tickets cost every handshake), no
/// renegotiation, buffers freed while a connection idles. Fails on an unknown or insecure name,
/// saying what is known.
core::Result<SslCtxPtr> MakeServerContext(const TlsOptions& options, const CertStore& store);

/// What the client showed in a handshake that is done.
struct ClientCertificate {
  bool presented = false;
  std::string problem;             // why it is not to be trusted; empty: a client CA vouches for it
  std::vector<std::string> names;  // common name, then DNS names; empty where there is a problem
};

ClientCertificate ReadClientCertificate(const SSL& ssl);

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_TLS_CONTEXT_H_

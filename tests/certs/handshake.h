#ifndef MOUNTGUARD_TESTS_CERTS_HANDSHAKE_H_
#define MOUNTGUARD_TESTS_CERTS_HANDSHAKE_H_

#include <string>

#include "certs/openssl_ptr.h"
#include "core/scoped_fd.h"
#include "tests/certs/forge.h"

namespace mountguard::tests {

/// A client's wishes.
struct Client {
  std::string ca_pem;                   // what it trusts; empty: it does not verify
  std::string host;                     // the name or address that the certificate must have
  core::WallTime now = kToday;          // when it verifies
  const Forged* certificate = nullptr;  // its own
  int min_version = TLS1_2_VERSION;
  int max_version = TLS1_3_VERSION;
  std::string cipher_list;  // for TLS 1.2, in OpenSSL's words; empty: the default
  std::string alpn;         // length-prefixed; empty: none offered
};

/// Both ends of a TLS connection over a socket pair, driven by one thread.
struct Connection {
  core::ScopedFd server_socket;
  core::ScopedFd client_socket;
  certs::SslPtr server;
  certs::SslPtr client;
  bool established = false;
  std::string failure;  // of the client, else of the server

  /// The certificate that the client was shown, as its serial in hexadecimal.
  std::string ServerSerial() const;
  /// Sends one message each way.
  bool Echo();
};

Connection Connect(SSL_CTX* server_context, const Client& client);

}  // namespace mountguard::tests

#endif  // MOUNTGUARD_TESTS_CERTS_HANDSHAKE_H_

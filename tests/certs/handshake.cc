#include "tests/certs/handshake.h"

#include <openssl/err.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include "certs/certificate_facts.h"
#include "certs/openssl_error.h"

namespace mountguard::tests {
namespace {

certs::SslCtxPtr ClientContext(const Client& client) {
  certs::SslCtxPtr context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), client.min_version);
  SSL_CTX_set_max_proto_version(context.get(), client.max_version);
  if (!client.cipher_list.empty()) {
    SSL_CTX_set_cipher_list(context.get(), client.cipher_list.c_str());
  }
  X509_VERIFY_PARAM_set_time(SSL_CTX_get0_param(context.get()),
                             std::chrono::system_clock::to_time_t(client.now));
  if (client.certificate != nullptr) {
    SSL_CTX_use_certificate(context.get(), client.certificate->certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), client.certificate->key.get());
  }
  if (!client.ca_pem.empty()) {
    const certs::PemFile ca_file{"the client's CA", client.ca_pem};
    const auto authorities = certs::ReadCertificates(ca_file);
    for (const auto& authority : authorities.value()) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.certificate.get());
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  }
  if (!client.alpn.empty()) {
    SSL_CTX_set_alpn_protos(context.get(),
                            reinterpret_cast<const unsigned char*>(client.alpn.data()),
                            static_cast<unsigned int>(client.alpn.size()));
  }
  return context;
}

enum class Progress { kDone, kWaits, kFailed };

Progress Drive(SSL* ssl) {
  const int done = SSL_do_handshake(ssl);
  if (done == 1) return Progress::kDone;
  const int error = SSL_get_error(ssl, done);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? Progress::kWaits
                                                                       : Progress::kFailed;
}

bool Send(SSL* from, SSL* to, const std::string& message) {
  if (SSL_write(from, message.data(), static_cast<int>(message.size())) <= 0) return false;
  std::vector<char> received(message.size());
  const int count = SSL_read(to, received.data(), static_cast<int>(received.size()));
  return count > 0 && std::string(received.data(), static_cast<std::size_t>(count)) == message;
}

}  // namespace

std::string Connection::ServerSerial() const {
  const X509* certificate = SSL_get0_peer_certificate(client.get());
  return certificate != nullptr ? certs::ReadFacts(*certificate).serial : "(none)";
}

bool Connection::Echo() {
  return Send(client.get(), server.get(), "question") && Send(server.get(), client.get(), "answer");
}

Connection Connect(SSL_CTX* server_context, const Client& client) {
  std::array<int, 2> sockets{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets.data()) != 0) {
    throw std::runtime_error("socketpair");
  }
  const certs::SslCtxPtr client_context = ClientContext(client);
  Connection connection{core::ScopedFd(sockets[0]), core::ScopedFd(sockets[1]),
                        certs::SslPtr(SSL_new(server_context)),
                        certs::SslPtr(SSL_new(client_context.get()))};
  SSL* const server_ssl = connection.server.get();
  SSL* const client_ssl = connection.client.get();
  SSL_set_fd(server_ssl, sockets[0]);
  SSL_set_fd(client_ssl, sockets[1]);
  SSL_set_accept_state(server_ssl);
  SSL_set_connect_state(client_ssl);
  if (!client.host.empty() &&
      X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(client_ssl), client.host.c_str()) != 1) {
    SSL_set1_host(client_ssl, client.host.c_str());
  }
  ERR_clear_error();
  Progress client_progress = Progress::kWaits;
  Progress server_progress = Progress::kWaits;
  // Both ends at least twice more once one is done: TLS 1.3's client ends before the server.
  for (int round = 0; round < 20; ++round) {
    client_progress = Drive(client_ssl);
    if (client_progress == Progress::kFailed) break;
    server_progress = Drive(server_ssl);
    if (server_progress == Progress::kFailed) {
      const std::string reason = certs::TakeOpenSslErrors();
      client_progress = Drive(client_ssl);
      connection.failure = "server: " + reason;
      return connection;
    }
    if (client_progress == Progress::kDone && server_progress == Progress::kDone) {
      connection.established = true;
      return connection;
    }
  }
  const auto verdict = SSL_get_verify_result(client_ssl);
  connection.failure = verdict != X509_V_OK ? X509_verify_cert_error_string(verdict)
                                            : "client: " + certs::TakeOpenSslErrors();
  return connection;
}

}  // namespace mountguard::tests

#include "certs/tls_context.h"

#include <catch2/catch.hpp>

#include <string>

#include "tests/certs/forge.h"
#include "tests/certs/handshake.h"

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using namespace mountguard::tests;  // NOLINT: helpers for that folder

namespace {

std::shared_ptr<const CertPair> Pair(const Forged& leaf) {
  return ParseCertPair({{"tls.crt", leaf.pem()}, {"tls.key", leaf.key_pem()}}, kToday).value();
}

/// A server that serves a certificate of its own making, by options.
class Server {
 public:
  explicit Server(const TlsOptions& options, EvpPkeyPtr key = EcKey())
      : store_(Pair(Forge({}, std::move(key)))),
        context_(MakeServerContext(options, store_).value()) {}
  SSL_CTX* context() { return context_.get(); }

 private:
  CertStore store_;
  SslCtxPtr context_;
};

std::string Refusal(const TlsOptions& options) {
  const CertStore store;
  const auto context = MakeServerContext(options, store);
  return context ? "accepted" : context.error().message;
}

Client Tls12() {
  Client client;
  client.max_version = TLS1_2_VERSION;
  return client;
}

}  // namespace

TEST_CASE("TLS 1.2 and 1.3 are spoken, older versions are not") {
  Server server({});
  const Connection newest = Connect(server.context(), {});
  CHECK(std::string(SSL_get_version(newest.client.get())) == "TLSv1.3");
  CHECK(Connect(server.context(), Tls12()).established);
  Client old;
  old.min_version = TLS1_1_VERSION;
  old.max_version = TLS1_1_VERSION;
  old.cipher_list = "ALL:@SECLEVEL=0";
  CHECK(Connect(server.context(), old).failure == "server: unsupported protocol");
}

TEST_CASE("with VersionTLS13 a client of TLS 1.2 is refused") {
  TlsOptions options;
  options.min_version = "VersionTLS13";
  Server server(options);
  CHECK(Connect(server.context(), {}).established);
  CHECK(Connect(server.context(), Tls12()).failure == "server: unsupported protocol");
}

TEST_CASE("a version that is unknown or insecure is refused with those there are") {
  for (const std::string version : {"VersionTLS11", "TLSv1.2", ""}) {
    TlsOptions options;
    options.min_version = version;
    CHECK(Refusal(options) == "TLS version \"" + version +
                                  "\" is unknown or insecure; expected one of VersionTLS12, "
                                  "VersionTLS13");
  }
}

TEST_CASE("cipher suites go by Go's names, and only those named serve TLS 1.2") {
  TlsOptions options;
  options.cipher_suites = {"TLS_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                           "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"};
  Server server(options);
  const Connection chosen = Connect(server.context(), Tls12());
  REQUIRE(chosen.established);
  CHECK(std::string(SSL_get_cipher_name(chosen.client.get())) == "ECDHE-ECDSA-AES256-GCM-SHA384");
  Client other = Tls12();
  other.cipher_list = "ECDHE-ECDSA-AES128-GCM-SHA256";
  CHECK(Connect(server.context(), other).failure == "server: no shared cipher");
  CHECK(Connect(server.context(), {}).established);

  Server rsa_server(options, RsaKey(2048));
  const Connection old = Connect(rsa_server.context(), Tls12());
  CHECK(std::string(SSL_get_cipher_name(old.client.get())) == "ECDHE-RSA-AES128-SHA");
}

TEST_CASE("suites of TLS 1.3 alone end TLS 1.2, as in Go") {
  TlsOptions options;
  options.cipher_suites = {"TLS_AES_256_GCM_SHA384"};
  Server server(options);
  CHECK(Connect(server.context(), {}).established);
  CHECK_FALSE(Connect(server.context(), Tls12()).established);
}

TEST_CASE("without a list no suite without forward secrecy or with CBC is served") {
  Server server({}, RsaKey(2048));
  for (const char* suite :
       {"AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"}) {
    Client client = Tls12();
    client.cipher_list = suite;
    CHECK(Connect(server.context(), client).failure == "server: no shared cipher");
  }
}

TEST_CASE("an unknown or insecure suite is refused with those there are") {
  for (const std::string suite : {"TLS_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-SHA"}) {
    TlsOptions options;
    options.cipher_suites = {suite};
    CHECK(Refusal(options).starts_with("cipher suite \"" + suite +
                                       "\" is unknown or insecure; expected any of "
                                       "TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, "));
  }
}

TEST_CASE("http/1.1 is chosen from any offer that has it, and an offer without it is refused") {
  Server server({});
  Client client;
  client.alpn = "\x02h2\x08http/1.1";
  const Connection both = Connect(server.context(), client);
  const unsigned char* protocol = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(both.client.get(), &protocol, &size);
  CHECK(std::string(protocol, protocol + size) == "http/1.1");
  client.alpn = "\x02h2";
  CHECK_FALSE(Connect(server.context(), client).established);
}

TEST_CASE("no session can be resumed, in either version") {
  Server server({});
  for (const Client& client : {Client{}, Tls12()}) {
    Connection connection = Connect(server.context(), client);
    REQUIRE(connection.Echo());  // tickets of TLS 1.3 come with the first bytes
    CHECK(SSL_SESSION_is_resumable(SSL_get_session(connection.client.get())) == 0);
  }
}

TEST_CASE("a client certificate is asked for, judged, and left to HTTP to refuse") {
  const Forged ca = Forge({"clients", nullptr, kCaExtensions});
  const Forged stranger_ca = Forge({"strangers", nullptr, kCaExtensions});
  const auto client_of = [](const Forged& issuer, const char* usage, std::chrono::hours left) {
    // Verified by the server, whose clock is the machine's.
    const auto now = std::chrono::system_clock::now();
    return Forge({"kube-apiserver",
                  &issuer,
                  {{NID_ext_key_usage, usage}, {NID_subject_alt_name, "DNS:api.example.org"}},
                  now - std::chrono::hours(48),
                  now + left});
  };
  using std::chrono::hours;
  const Forged good = client_of(ca, "clientAuth", hours(48));
  const Forged expired = client_of(ca, "clientAuth", hours(-24));
  const Forged server_only = client_of(ca, "serverAuth", hours(48));
  const Forged stranger = client_of(stranger_ca, "clientAuth", hours(48));

  // The CA itself must be valid by the machine's clock too.
  const auto now = std::chrono::system_clock::now();
  Shape ca_shape{"clients", nullptr, kCaExtensions, now - hours(48), now + hours(48)};
  const Forged lasting_ca = Forge(ca_shape, EvpPkeyPtr(EVP_PKEY_dup(ca.key.get())));
  TlsOptions options;
  ClientCaStore cas(*ClientCa::Parse({"client-ca.crt", stranger_ca.pem()}));
  options.client_cas = &cas;
  Server server(options);

  cas.Replace(
      *ClientCa::Parse({"client-ca.crt", lasting_ca.pem()}));  // those of then count no more
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto judged = [&](const Forged* certificate) {
      Client client;
      client.max_version = version;
      client.certificate = certificate;
      const Connection connection = Connect(server.context(), client);
      REQUIRE(connection.established);
      return ReadClientCertificate(*connection.server);
    };
    const ClientCertificate accepted = judged(&good);
    CHECK(accepted.presented);
    CHECK(accepted.problem == "");
    CHECK(accepted.names == std::vector<std::string>{"kube-apiserver", "api.example.org"});

    const ClientCertificate none = judged(nullptr);
    CHECK_FALSE(none.presented);
    CHECK(none.names.empty());

    CHECK(judged(&expired).problem == "certificate has expired");
    CHECK(judged(&server_only).problem == "unsuitable certificate purpose");
    const ClientCertificate refused = judged(&stranger);
    CHECK(refused.presented);
    CHECK(refused.problem == "unable to verify the first certificate");
    CHECK(refused.names.empty());
  }
}

TEST_CASE("without a client CA no certificate is asked for") {
  Server server({});
  const Forged certificate = Forge({});
  Client client;
  client.certificate = &certificate;
  const Connection connection = Connect(server.context(), client);
  CHECK(connection.established);
  CHECK_FALSE(ReadClientCertificate(*connection.server).presented);
}

TEST_CASE("a client CA file that holds no CA is refused") {
  const auto refusal = [](const std::string& content) {
    const auto ca = ClientCa::Parse({"client-ca.crt", content});
    return ca ? std::string() : ca.error().message;
  };
  CHECK(refusal(Forge({"someone"}).pem()) ==
        "client-ca.crt:1: CN=someone is no certificate authority; expected the CA that signs the "
        "clients' certificates, not one of them");
  CHECK(refusal("") == "client-ca.crt: the file is empty; expected a certificate in PEM form");
}

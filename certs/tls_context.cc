#include "certs/tls_context.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "certs/certificate_facts.h"
#include "certs/openssl_error.h"

namespace mountguard::certs {
namespace {

using core::Failure;
using core::Result;

struct Version {
  std::string_view name;
  int openssl;
};

constexpr std::array<Version, 2> kVersions = {{
    {"VersionTLS12", TLS1_2_VERSION},
    {"VersionTLS13", TLS1_3_VERSION},
}};

struct Suite {
  std::string_view name;     // as Go's crypto/tls and kube-apiserver's flag have it
  std::string_view openssl;  // empty: a suite of TLS 1.3
  bool by_default;
};

/// Go's tls.CipherSuites() and the two old names that kube-apiserver keeps (component-base v0.36
/// cli/flag/ciphersuites_flag.go). What Go calls insecure is missing on purpose.
constexpr std::array<Suite, 15> kSuites = {{
    {"TLS_AES_128_GCM_SHA256", "", true},
    {"TLS_AES_256_GCM_SHA384", "", true},
    {"TLS_CHACHA20_POLY1305_SHA256", "", true},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256", true},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256", true},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384", true},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384", true},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305", true},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305", true},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "ECDHE-ECDSA-CHACHA20-POLY1305", false},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "ECDHE-RSA-CHACHA20-POLY1305", false},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA", false},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA", false},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA", false},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA", false},
}};

/// All of them, in Go's order of preference; OpenSSL's own puts the dearer AES-256 first.
constexpr char kSuitesForTls13[] =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";

template <class Table>
std::string NamesOf(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& row : table) names.push_back(row.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

template <class Table>
const typename Table::value_type* Find(const Table& table, std::string_view name) {
  const auto row =
      std::find_if(table.begin(), table.end(), [name](const auto& r) { return r.name == name; });
  return row == table.end() ? nullptr : &*row;
}

/// TLS 1.2's suites in OpenSSL's words, joined; empty if only suites of TLS 1.3 were named.
Result<std::string> SuitesForTls12(const std::vector<std::string>& names) {
  std::vector<std::string_view> suites;
  for (const Suite& suite : kSuites) {
    if (names.empty() && suite.by_default && !suite.openssl.empty())
      suites.push_back(suite.openssl);
  }
  for (const std::string& name : names) {
    const Suite* suite = Find(kSuites, name);
    if (suite == nullptr) {
      return Failure(fmt::format("cipher suite \"{}\" is unknown or insecure; expected any of {}",
                                 name, NamesOf(kSuites)));
    }
    if (!suite->openssl.empty()) suites.push_back(suite->openssl);
  }
  return fmt::format("{}", fmt::join(suites, ":"));
}

/// The API server offers http/1.1 for services. Without common ground the handshake ends, as in Go;
/// a client that offers nothing at all is not asked.
int SelectHttp11(SSL*, const unsigned char** out, unsigned char* out_size,
                 const unsigned char* offered, unsigned int offered_size, void*) {
  static constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                           '/', '1', '.', '1'};
  unsigned char* selected = nullptr;
  if (SSL_select_next_proto(&selected, out_size, kHttp11.data(), kHttp11.size(), offered,
                            offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<SslCtxPtr> MakeServerContext(const TlsOptions& options, const CertStore& store) {
  const Version* version = Find(kVersions, options.min_version);
  if (version == nullptr) {
    return Failure(fmt::format("TLS version \"{}\" is unknown or insecure; expected one of {}",
                               options.min_version, NamesOf(kVersions)));
  }
  const auto suites = SuitesForTls12(options.cipher_suites);
  if (!suites) return core::Unexpected(suites.error());
  const int min_version = suites->empty() ? TLS1_3_VERSION : version->openssl;

  ERR_clear_error();
  SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), min_version) != 1 ||
      SSL_CTX_set_ciphersuites(context.get(), kSuitesForTls13) != 1 ||
      (!suites->empty() && SSL_CTX_set_cipher_list(context.get(), suites->c_str()) != 1)) {
    return Failure("cannot set up TLS: " + TakeOpenSslErrors());
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                         SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_alpn_select_cb(context.get(), SelectHttp11, nullptr);
  if (options.client_cas != nullptr) options.client_cas->Attach(context.get());
  store.Attach(context.get());
  return context;
}

ClientCertificate ReadClientCertificate(const SSL& ssl) {
  ClientCertificate client;
  const X509* certificate = SSL_get0_peer_certificate(&ssl);
  client.presented = certificate != nullptr;
  if (!client.presented) return client;
  if (const auto verdict = SSL_get_verify_result(&ssl); verdict != X509_V_OK) {
    client.problem = X509_verify_cert_error_string(verdict);
    return client;
  }
  const CertificateFacts facts = ReadFacts(*certificate);
  if (!facts.common_name.empty()) client.names.push_back(facts.common_name);
  client.names.insert(client.names.end(), facts.dns_names.begin(), facts.dns_names.end());
  return client;
}

}  // namespace mountguard::certs

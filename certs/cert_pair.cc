#include "certs/cert_pair.h"

#include <fmt/format.h>
#include <openssl/err.h>

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "certs/openssl_error.h"
#include "core/rfc3339.h"

namespace mountguard::certs {
namespace {

using core::Failure;
using core::Result;
using core::WallTime;

/// "tls.key does not fit ..." in full, or nothing if the key is the first certificate's.
std::optional<std::string> KeyProblem(const CertPairFiles& files,
                                      const std::vector<PemCertificate>& certificates,
                                      const EVP_PKEY& key) {
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    if (EVP_PKEY_eq(X509_get0_pubkey(certificates[i].certificate.get()), &key) != 1) continue;
    if (i == 0) return std::nullopt;
    return fmt::format(
        "{}:{}: the key in {} fits certificate {} of the file; the serving certificate must be the "
        "first, those of its issuers follow",
        files.certificate.name, certificates[i].line, files.key.name, i + 1);
  }
  const X509& first = *certificates.front().certificate;
  const EVP_PKEY* expected = X509_get0_pubkey(&first);
  return fmt::format(
      "{} does not fit {}: the key's public half is {} {}, the certificate's ({}) is {} {}; are "
      "they "
      "from different pairs, or is one of them still to be written?",
      files.key.name, files.certificate.name, DescribeKey(key), KeyFingerprint(key),
      ReadFacts(first).subject, expected != nullptr ? DescribeKey(*expected) : "unknown",
      expected != nullptr ? KeyFingerprint(*expected) : "unreadable");
}

bool IsUsableType(const EVP_PKEY& key) {
  constexpr std::array<const char*, 3> kTypes = {"RSA", "EC", "ED25519"};
  for (const char* type : kTypes) {
    if (EVP_PKEY_is_a(&key, type) == 1) return true;
  }
  return false;
}

std::optional<std::string> DateProblem(const CertPairFiles& files, const CertificateFacts& facts,
                                       WallTime now) {
  if (now <= facts.not_after) return std::nullopt;
  return fmt::format(
      "{}: the certificate ({}) has expired: it was valid from {} to {}, and the clock here says "
      "{}; "
      "put a renewed pair in its place (`mountguard certs issue` makes one)",
      files.certificate.name, facts.subject, core::FormatRfc3339(facts.not_before),
      core::FormatRfc3339(facts.not_after), core::FormatRfc3339(now));
}

/// A handshake would meet the same refusals, but then nobody is there to read them.
std::optional<std::string> TrialProblem(const CertPair& pair) {
  ERR_clear_error();
  const SslCtxPtr context(SSL_CTX_new(TLS_server_method()));
  if (context && SSL_CTX_use_cert_and_key(context.get(), pair.certificate.get(), pair.key.get(),
                                          pair.chain.get(), 1) == 1) {
    return std::nullopt;
  }
  return TakeOpenSslErrors();
}

std::vector<std::string> ChainWarnings(const CertPairFiles& files,
                                       const std::vector<PemCertificate>& certificates) {
  std::vector<std::string> warnings;
  for (std::size_t i = 1; i < certificates.size(); ++i) {
    X509* const subject = certificates[i - 1].certificate.get();
    X509* const issuer = certificates[i].certificate.get();
    if (X509_check_issued(issuer, subject) == X509_V_OK) continue;
    warnings.push_back(fmt::format(
        "{}:{}: certificate {} ({}) did not issue the one before it ({}): clients may not find the "
        "way to their CA",
        files.certificate.name, certificates[i].line, i + 1, ReadFacts(*issuer).subject,
        ReadFacts(*subject).subject));
  }
  return warnings;
}

X509StackPtr TakeChain(std::vector<PemCertificate> certificates) {
  X509StackPtr chain(sk_X509_new_null());
  for (std::size_t i = 1; chain && i < certificates.size(); ++i) {
    X509Ptr& certificate = certificates[i].certificate;
    if (sk_X509_push(chain.get(), certificate.get()) > 0) static_cast<void>(certificate.release());
  }
  return chain;
}

}  // namespace

Result<CertPairFiles> ReadCertPairFiles(const std::string& certificate_path,
                                        const std::string& key_path,
                                        const core::FileReader& reader) {
  auto certificate = reader.Read(certificate_path);
  if (!certificate) return core::Unexpected(certificate.error());
  auto key = reader.Read(key_path);
  if (!key) return core::Unexpected(key.error());
  return CertPairFiles{{certificate_path, std::move(certificate).value()},
                       {key_path, std::move(key).value()}};
}

Result<std::shared_ptr<const CertPair>> ParseCertPair(const CertPairFiles& files, WallTime now) {
  auto certificates = ReadCertificates(files.certificate);
  if (!certificates) return core::Unexpected(certificates.error());
  auto key = ReadPrivateKey(files.key);
  if (!key) return core::Unexpected(key.error());
  if (!IsUsableType(**key)) {
    return Failure(fmt::format("{}: a key of type {}; expected ECDSA (P-256), RSA or Ed25519",
                               files.key.name, DescribeKey(**key)));
  }
  if (const auto problem = KeyProblem(files, *certificates, **key)) return Failure(*problem);

  auto pair = std::make_shared<CertPair>();
  pair->facts = ReadFacts(*certificates->front().certificate);
  if (const auto problem = DateProblem(files, pair->facts, now)) return Failure(*problem);
  for (const std::string& warning : ServingWarnings(pair->facts, now)) {
    pair->warnings.push_back(files.certificate.name + ": " + warning);
  }
  for (std::string& warning : ChainWarnings(files, *certificates)) {
    pair->warnings.push_back(std::move(warning));
  }
  pair->certificate = std::move(certificates->front().certificate);
  pair->chain = TakeChain(std::move(certificates).value());
  pair->key = std::move(key).value();
  if (const auto problem = TrialProblem(*pair)) {
    return Failure(
        fmt::format("{}: OpenSSL refuses to serve the certificate ({}, key {}, signature {}): {}; "
                    "RSA keys need "
                    "2048 bits, signatures SHA-256",
                    files.certificate.name, pair->facts.subject, pair->facts.key,
                    pair->facts.signature, *problem));
  }
  return std::shared_ptr<const CertPair>(std::move(pair));
}

}  // namespace mountguard::certs

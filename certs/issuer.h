#ifndef MOUNTGUARD_CERTS_ISSUER_H_
#define MOUNTGUARD_CERTS_ISSUER_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace mountguard::certs {

enum class KeyAlgorithm { kEcdsaP256, kRsa2048 };

std::string_view ToString(KeyAlgorithm algorithm);  // "ecdsa-p256", "rsa-2048"
std::optional<KeyAlgorithm> KeyAlgorithmFromText(std::string_view text);

/// What to issue. At least one name is needed: a service with its namespace, a DNS name or an
/// address.
struct IssueOptions {
  /// The Service in front of the webhook: it is given all the names that a cluster calls it by, for
  /// example webhook, webhook.ns, webhook.ns.svc and webhook.ns.svc.cluster.local.
  std::string service;
  std::string service_namespace;
  std::vector<std::string> dns_names;     // "*.example.org" is one
  std::vector<std::string> ip_addresses;  // IPv4 or IPv6
  std::chrono::seconds lifetime = std::chrono::days(90);
  std::chrono::seconds ca_lifetime = std::chrono::days(3650);
  KeyAlgorithm algorithm = KeyAlgorithm::kEcdsaP256;
};

/// The names that a serving certificate gets.
struct ServingNames {
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;  // as inet_ntop writes them
};

/// The names that `options` ask for, none twice. Fails on a wrong name, and where there is none.
core::Result<ServingNames> NamesOf(const IssueOptions& options);

/// How long before it is issued a certificate is valid from: a client whose clock is behind takes
/// it at once.
inline constexpr std::chrono::hours kBackdating{1};

/// A certificate and its unencrypted PKCS#8 key, both PEM.
struct PemPair {
  std::string certificate;
  std::string key;
};

struct IssuedCertificates {
  PemPair authority;
  PemPair serving;
};

/// A self-signed CA that may sign serving certificates and no further CA. Its name carries the
/// start of its key's fingerprint, so that two CAs in one bundle can be told apart.
core::Result<PemPair> IssueAuthority(const IssueOptions& options, core::WallTime now);

/// A serving certificate signed by `authority`. Fails on wrong names, a lifetime that is not
/// positive, and one that would outlive the authority.
core::Result<PemPair> IssueServing(const IssueOptions& options, const PemPair& authority,
                                   core::WallTime now);

/// Both, valid from kBackdating before what `clock` says.
core::Result<IssuedCertificates> Issue(const IssueOptions& options, const core::Clock& clock);

/// Writes ca.crt, ca.key, tls.crt and tls.key into `directory`, which is created if need be; each
/// file appears whole or not at all, keys with mode 0600, certificates 0644. Where any of the four
/// exists nothing is written: a CA key that others rely on is not lost by a slip. After a failure
/// what this call had written is removed.
core::Result<void> WriteCertificates(const std::string& directory,
                                     const IssuedCertificates& certificates);

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_ISSUER_H_

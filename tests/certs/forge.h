#ifndef MOUNTGUARD_TESTS_CERTS_FORGE_H_
#define MOUNTGUARD_TESTS_CERTS_FORGE_H_

#include <openssl/evp.h>

#include <string>
#include <utility>
#include <vector>

#include "certs/openssl_ptr.h"
#include "certs/pem.h"
#include "core/clock.h"

namespace mountguard::tests {

/// Every test's today: 2026-05-01T12:00:00Z.
inline const core::WallTime kToday = std::chrono::system_clock::from_time_t(1'777'636'800);

/// A certificate of any shape, good or bad, with its key.
struct Forged {
  certs::X509Ptr certificate;
  certs::EvpPkeyPtr key;

  std::string pem() const { return certs::ToPem(*certificate); }
  std::string key_pem() const { return certs::ToPem(*key); }
};

struct Shape {
  std::string common_name = "leaf";
  const Forged* issuer = nullptr;  // null: self-signed
  /// Extensions as openssl's configuration files write them.
  std::vector<std::pair<int, std::string>> extensions = {
      {NID_subject_alt_name, "DNS:webhook.ns.svc"}};
  core::WallTime not_before = kToday - std::chrono::hours(1);
  core::WallTime not_after = kToday + std::chrono::days(90);
  const EVP_MD* digest = EVP_sha256();
};

inline certs::EvpPkeyPtr EcKey(const char* curve = "P-256") {
  return certs::EvpPkeyPtr(EVP_EC_gen(curve));
}
inline certs::EvpPkeyPtr RsaKey(unsigned int bits) { return certs::EvpPkeyPtr(EVP_RSA_gen(bits)); }

inline const std::vector<std::pair<int, std::string>> kCaExtensions = {
    {NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,keyCertSign"}};

Forged Forge(const Shape& shape, certs::EvpPkeyPtr key = EcKey());

}  // namespace mountguard::tests

#endif  // MOUNTGUARD_TESTS_CERTS_FORGE_H_

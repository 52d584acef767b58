#ifndef MOUNTGUARD_CERTS_CERTIFICATE_FACTS_H_
#define MOUNTGUARD_CERTS_CERTIFICATE_FACTS_H_

#include <chrono>
#include <string>
#include <vector>

#include "certs/openssl_ptr.h"
#include "certs/pem.h"
#include "core/clock.h"
#include "core/result.h"

namespace mountguard::certs {

/// What a certificate says, in words.
struct CertificateFacts {
  std::string subject;      // "CN=mountguard.mountguard-system.svc"
  std::string common_name;  // the subject's last, bare; "" if it has none
  std::string issuer;
  std::string serial;       // hexadecimal
  std::string fingerprint;  // SHA-256 of the whole certificate, hexadecimal
  std::string key;          // "ECDSA P-256", "RSA 2048"
  std::string signature;    // "ecdsa-with-SHA256"
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
  core::WallTime not_before;
  core::WallTime not_after;  // a date beyond what WallTime holds is its last second
  bool is_authority = false;
  bool is_self_signed = false;  // by its names; the signature is not verified
  bool serves = false;          // may authenticate a server: no extended key usage, or serverAuth
  bool is_weak = false;         // a key or a signature that Go or OpenSSL refuses
};

/// Total: what cannot be read is empty.
CertificateFacts ReadFacts(const X509& certificate);

/// "ECDSA P-256", "RSA 2048", "Ed25519", or OpenSSL's name of the type.
std::string DescribeKey(const EVP_PKEY& key);

/// The start of the SHA-256 of a key's public half: tells keys apart in messages and shows nothing
/// that is secret.
std::string KeyFingerprint(const EVP_PKEY& key);

/// "3 days", "1 hour", "40 seconds": the largest unit that fits, cut off; never negative.
std::string DescribeDuration(std::chrono::seconds duration);

/// Why the API server may refuse a serving certificate, now or soon; empty is well. Each is one
/// sentence without a stop.
std::vector<std::string> ServingWarnings(const CertificateFacts& facts, core::WallTime now);

/// What a PEM file holds, for `certs show`: every certificate and key with its line, names, dates
/// and warnings, several lines of text. Secret parts of keys are never shown. Fails where the file
/// is not PEM, holds neither, or a block cannot be decoded.
core::Result<std::string> DescribePemFile(const PemFile& file, core::WallTime now);

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_CERTIFICATE_FACTS_H_

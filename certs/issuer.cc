#include "certs/issuer.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>
#include <openssl/rand.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "certs/certificate_facts.h"
#include "certs/openssl_error.h"
#include "certs/openssl_ptr.h"
#include "certs/pem.h"
#include "core/file_writer.h"

namespace mountguard::certs {
namespace {

using core::Failure;
using core::Result;
using core::WallTime;
using std::chrono::seconds;

constexpr std::array<std::string_view, 2> kAlgorithms = {"ecdsa-p256", "rsa-2048"};
constexpr std::chrono::days kLongestLifetime(36500);
constexpr std::size_t kLongestCommonName = 64;  // RFC 5280, ub-common-name

core::Unexpected<core::Error> OpenSslFailure() {
  return Failure("cannot issue the certificate: " + TakeOpenSslErrors());
}

// ---- Names -------------------------------------------------------------------------------------

bool IsLabel(std::string_view label) {
  const auto is_alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return !label.empty() && label.size() <= 63 && is_alphanumeric(label.front()) &&
         is_alphanumeric(label.back()) && std::all_of(label.begin(), label.end(), [&](char c) {
           return is_alphanumeric(c) || c == '-';
         });
}

bool IsDnsName(std::string_view name) {
  if (name.size() > 253) return false;
  if (name.starts_with("*.")) name.remove_prefix(2);
  while (true) {
    const std::size_t dot = name.find('.');
    if (!IsLabel(name.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

/// The address as the certificate holds it, four or sixteen bytes; nothing if it is none.
std::optional<std::string> AddressBytes(const std::string& text) {
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return std::string(bytes.data(), 4);
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return std::string(bytes.data(), 16);
  return std::nullopt;
}

Result<void> CheckServiceName(std::string_view what, const std::string& name) {
  if (IsLabel(name)) return {};
  return Failure(
      fmt::format("{} \"{}\" is no Kubernetes name: expected lower-case letters, digits "
                  "and \"-\", at most 63, beginning and ending with a letter or digit",
                  what, name));
}

/// The service's names, then the others, none twice; the first is the common name.
Result<std::vector<std::string>> DnsNames(const IssueOptions& options) {
  std::vector<std::string> names;
  if (options.service.empty() != options.service_namespace.empty()) {
    return Failure(options.service.empty()
                       ? "a namespace without a service names nothing: give the service too"
                       : fmt::format("service \"{}\" needs its namespace: the API server calls it "
                                     "{}.NAMESPACE.svc",
                                     options.service, options.service));
  }
  if (!options.service.empty()) {
    if (auto valid = CheckServiceName("service", options.service); !valid) {
      return core::Unexpected(valid.error());
    }
    if (auto valid = CheckServiceName("namespace", options.service_namespace); !valid) {
      return core::Unexpected(valid.error());
    }
    // The API server asks for this form, so it stands first.
    const std::string in_cluster =
        fmt::format("{}.{}.svc", options.service, options.service_namespace);
    names = {in_cluster, in_cluster + ".cluster.local",
             fmt::format("{}.{}", options.service, options.service_namespace), options.service};
  }
  for (const std::string& name : options.dns_names) {
    if (AddressBytes(name)) {
      return Failure(fmt::format("\"{}\" is an address, not a DNS name: give it as an IP", name));
    }
    if (!IsDnsName(name)) {
      return Failure(
          fmt::format("\"{}\" is no DNS name: expected labels of lower-case letters, "
                      "digits and \"-\" joined by dots, such as webhook.example.org or "
                      "*.example.org",
                      name));
    }
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

bool AddName(int type, std::string_view bytes, GENERAL_NAMES* names) {
  GeneralNamePtr name(GENERAL_NAME_new());
  if (!name) return false;
  ASN1_STRING* value =
      ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING);
  if (value == nullptr) return false;
  GENERAL_NAME_set0_value(name.get(), type, value);
  if (ASN1_STRING_set(value, bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  if (sk_GENERAL_NAME_push(names, name.get()) <= 0) return false;
  static_cast<void>(name.release());
  return true;
}

/// The subject alternative names that the options ask for.
Result<GeneralNamesPtr> AlternativeNames(const std::vector<std::string>& dns_names,
                                         const std::vector<std::string>& addresses) {
  if (dns_names.empty() && addresses.empty()) {
    return Failure(
        "a serving certificate needs a name: give a service with its namespace, a DNS "
        "name or an IP address");
  }
  GeneralNamesPtr names(sk_GENERAL_NAME_new_null());
  if (!names) return OpenSslFailure();
  for (const std::string& name : dns_names) {
    if (!AddName(GEN_DNS, name, names.get())) return OpenSslFailure();
  }
  for (const std::string& address : addresses) {
    const auto bytes = AddressBytes(address);
    if (!bytes) {
      return Failure(
          fmt::format("\"{}\" is no IP address: expected one such as 10.0.0.1 or "
                      "fd00::1, without port or prefix length",
                      address));
    }
    if (!AddName(GEN_IPADD, *bytes, names.get())) return OpenSslFailure();
  }
  return names;
}

// ---- Certificates ------------------------------------------------------------------------------

Result<void> CheckLifetime(std::string_view what, seconds lifetime) {
  if (lifetime > seconds::zero() && lifetime <= kLongestLifetime) return {};
  const auto days = std::chrono::duration_cast<std::chrono::days>(lifetime);
  const bool whole = lifetime == days;
  return Failure(
      fmt::format("the {} cannot be valid for {} {}: expected more than 0 and at most {} "
                  "days",
                  what, whole ? days.count() : lifetime.count(), whole ? "days" : "seconds",
                  kLongestLifetime.count()));
}

EvpPkeyPtr GenerateKey(KeyAlgorithm algorithm) {
  if (algorithm == KeyAlgorithm::kRsa2048) return EvpPkeyPtr(EVP_RSA_gen(2048U));
  return EvpPkeyPtr(EVP_EC_gen("P-256"));
}

/// 20 bytes, the most that RFC 5280 allows, of which 158 bits are random: positive, never short.
bool SetRandomSerial(X509* certificate) {
  std::array<unsigned char, 20> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x3f) | 0x40);
  const BignumPtr number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool SetTime(ASN1_TIME* time, WallTime value) {
  return ASN1_TIME_set(time, std::chrono::system_clock::to_time_t(value)) != nullptr;
}

bool SetCommonName(X509* certificate, const std::string& name) {
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                    MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1;
}

/// One extension in the notation of openssl's configuration files.
struct Extension {
  int nid;
  const char* value;
};

bool AddExtension(X509* certificate, X509* issuer, const Extension& extension) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const X509ExtensionPtr added(
      X509V3_EXT_conf_nid(nullptr, &context, extension.nid, extension.value));
  return added && X509_add_ext(certificate, added.get(), -1) == 1;
}

constexpr std::array<Extension, 4> kAuthorityExtensions = {{
    {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
    {NID_key_usage, "critical,keyCertSign,cRLSign"},
    {NID_subject_key_identifier, "hash"},
    {NID_authority_key_identifier, "keyid:always"},
}};

constexpr std::array<Extension, 4> kServingExtensions = {{
    {NID_basic_constraints, "critical,CA:FALSE"},
    {NID_ext_key_usage, "serverAuth"},
    {NID_subject_key_identifier, "hash"},
    {NID_authority_key_identifier, "keyid:always"},
}};

/// RSA keys also encrypt in TLS 1.2's oldest key exchange, and some clients want it said.
const char* ServingKeyUsage(KeyAlgorithm algorithm) {
  return algorithm == KeyAlgorithm::kRsa2048 ? "critical,digitalSignature,keyEncipherment"
                                             : "critical,digitalSignature";
}

/// A certificate with serial, dates and public key, to be named, extended and signed.
X509Ptr NewCertificate(EVP_PKEY* key, WallTime now, seconds lifetime) {
  X509Ptr certificate(X509_new());
  if (certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
      SetRandomSerial(certificate.get()) &&
      SetTime(X509_getm_notBefore(certificate.get()), now - kBackdating) &&
      SetTime(X509_getm_notAfter(certificate.get()), now + lifetime) &&
      X509_set_pubkey(certificate.get(), key) == 1) {
    return certificate;
  }
  return nullptr;
}

}  // namespace

std::string_view ToString(KeyAlgorithm algorithm) {
  return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

std::optional<KeyAlgorithm> KeyAlgorithmFromText(std::string_view text) {
  const auto found = std::find(kAlgorithms.begin(), kAlgorithms.end(), text);
  if (found == kAlgorithms.end()) return std::nullopt;
  return static_cast<KeyAlgorithm>(found - kAlgorithms.begin());
}

Result<ServingNames> NamesOf(const IssueOptions& options) {
  auto dns_names = DnsNames(options);
  if (!dns_names) return core::Unexpected(dns_names.error());
  if (auto names = AlternativeNames(*dns_names, options.ip_addresses); !names) {
    return core::Unexpected(names.error());
  }
  ServingNames names{std::move(*dns_names), {}};
  for (const std::string& address : options.ip_addresses) {
    const std::string bytes = AddressBytes(address).value_or("");
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size());
    names.ip_addresses.emplace_back(text.data());
  }
  return names;
}

Result<PemPair> IssueAuthority(const IssueOptions& options, WallTime now) {
  if (auto valid = CheckLifetime("CA", options.ca_lifetime); !valid) {
    return core::Unexpected(valid.error());
  }
  ERR_clear_error();
  const EvpPkeyPtr key = GenerateKey(options.algorithm);
  if (!key) return OpenSslFailure();
  const X509Ptr authority = NewCertificate(key.get(), now, options.ca_lifetime);
  if (!authority || !SetCommonName(authority.get(), "mountguard CA " + KeyFingerprint(*key)) ||
      X509_set_issuer_name(authority.get(), X509_get_subject_name(authority.get())) != 1) {
    return OpenSslFailure();
  }
  for (const Extension& extension : kAuthorityExtensions) {
    if (!AddExtension(authority.get(), authority.get(), extension)) return OpenSslFailure();
  }
  if (X509_sign(authority.get(), key.get(), EVP_sha256()) <= 0) return OpenSslFailure();
  return PemPair{ToPem(*authority), ToPem(*key)};
}

Result<PemPair> IssueServing(const IssueOptions& options, const PemPair& authority, WallTime now) {
  if (auto valid = CheckLifetime("serving certificate", options.lifetime); !valid) {
    return core::Unexpected(valid.error());
  }
  const auto dns_names = DnsNames(options);
  if (!dns_names) return core::Unexpected(dns_names.error());
  const auto names = AlternativeNames(*dns_names, options.ip_addresses);
  if (!names) return core::Unexpected(names.error());

  const PemFile ca_file{"the CA's certificate", authority.certificate};
  const auto ca_certificates = ReadCertificates(ca_file);
  if (!ca_certificates) return core::Unexpected(ca_certificates.error());
  X509* const ca = ca_certificates->front().certificate.get();
  const auto ca_key = ReadPrivateKey({"the CA's key", authority.key});
  if (!ca_key) return core::Unexpected(ca_key.error());
  if (EVP_PKEY_eq(X509_get0_pubkey(ca), ca_key->get()) != 1) {
    return Failure("the CA's key does not fit the CA's certificate");
  }
  if (const WallTime end = ReadFacts(*ca).not_after; now + options.lifetime > end) {
    const auto left = std::chrono::floor<seconds>(end - now);
    return Failure(
        fmt::format("the serving certificate ({}) would outlive its CA ({}): give it a "
                    "shorter life, or the CA a longer one",
                    DescribeDuration(options.lifetime), DescribeDuration(left)));
  }

  ERR_clear_error();
  const EvpPkeyPtr key = GenerateKey(options.algorithm);
  if (!key) return OpenSslFailure();
  const X509Ptr serving = NewCertificate(key.get(), now, options.lifetime);
  if (!serving || X509_set_issuer_name(serving.get(), X509_get_subject_name(ca)) != 1) {
    return OpenSslFailure();
  }
  // Nobody reads the common name but people; without one the alternative names must be critical.
  const bool named = !dns_names->empty() && dns_names->front().size() <= kLongestCommonName;
  if (named && !SetCommonName(serving.get(), dns_names->front())) return OpenSslFailure();
  for (const Extension& extension : kServingExtensions) {
    if (!AddExtension(serving.get(), ca, extension)) return OpenSslFailure();
  }
  if (!AddExtension(serving.get(), ca, {NID_key_usage, ServingKeyUsage(options.algorithm)}) ||
      X509_add1_ext_i2d(serving.get(), NID_subject_alt_name, names->get(), named ? 0 : 1,
                        X509V3_ADD_DEFAULT) != 1 ||
      X509_sign(serving.get(), ca_key->get(), EVP_sha256()) <= 0) {
    return OpenSslFailure();
  }
  return PemPair{ToPem(*serving), ToPem(*key)};
}

Result<IssuedCertificates> Issue(const IssueOptions& options, const core::Clock& clock) {
  const WallTime now = std::chrono::floor<seconds>(clock.Now());
  auto authority = IssueAuthority(options, now);
  if (!authority) return core::Unexpected(authority.error());
  auto serving = IssueServing(options, *authority, now);
  if (!serving) return core::Unexpected(serving.error());
  return IssuedCertificates{std::move(authority).value(), std::move(serving).value()};
}

Result<void> WriteCertificates(const std::string& directory,
                               const IssuedCertificates& certificates) {
  struct Output {
    const char* name;
    const std::string& content;
    mode_t mode;
  };
  // Keys first: where a certificate has appeared its key is there.
  const std::array<Output, 4> outputs = {{
      {"ca.key", certificates.authority.key, 0600},
      {"ca.crt", certificates.authority.certificate, 0644},
      {"tls.key", certificates.serving.key, 0600},
      {"tls.crt", certificates.serving.certificate, 0644},
  }};
  const std::filesystem::path root(directory);
  std::error_code error;
  std::vector<std::string_view> present;
  for (const Output& output : outputs) {
    if (std::filesystem::exists(std::filesystem::symlink_status(root / output.name, error))) {
      present.push_back(output.name);
    }
  }
  if (!present.empty()) {
    return Failure(
        fmt::format("{} already holds {}: nothing was written, for what trusts that CA "
                    "would be cut off; give another directory, or move the old files away",
                    directory, fmt::join(present, ", ")));
  }
  std::filesystem::create_directories(root, error);
  if (error) return Failure(fmt::format("cannot create {}: {}", directory, error.message()));
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Output& output = outputs[i];
    auto written =
        core::WriteFileAtomically((root / output.name).string(), output.content, output.mode);
    if (written) continue;
    for (std::size_t done = 0; done < i; ++done) {
      std::filesystem::remove(root / outputs[done].name, error);
    }
    return written;
  }
  return {};
}

}  // namespace mountguard::certs

#include "certs/certificate_facts.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>
#include <utility>

#include "core/rfc3339.h"

namespace mountguard::certs {
namespace {

using core::WallTime;
using std::chrono::seconds;

/// Go's crypto/x509 and OpenSSL's security level 2, Debian's default, agree on this.
constexpr int kLeastRsaBits = 2048;

std::string Hex(const unsigned char* bytes, std::size_t size) {
  return fmt::format("{:02x}", fmt::join(bytes, bytes + size, ""));
}

std::string NameText(const X509_NAME* name) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

/// Taken with its length: a NUL inside must not make one name look like another.
std::string CommonName(const X509_NAME* subject) {
  int last = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, at)) >= 0;) last = at;
  if (last < 0) return "";
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
  if (size < 0) return "";
  std::string name(text, text + size);
  OPENSSL_free(text);
  return name;
}

std::string SerialText(const X509& certificate) {
  const ASN1_INTEGER* serial = X509_get0_serialNumber(&certificate);
  return Hex(ASN1_STRING_get0_data(serial), static_cast<std::size_t>(ASN1_STRING_length(serial)));
}

WallTime ToWallTime(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return WallTime{};
  const seconds since_epoch(::timegm(&parts));
  const auto latest = std::chrono::floor<seconds>(WallTime::max().time_since_epoch());
  return WallTime(std::min(since_epoch, latest));
}

std::string AddressText(const ASN1_OCTET_STRING& address) {
  const int family = ASN1_STRING_length(&address) == 4 ? AF_INET : AF_INET6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, ASN1_STRING_get0_data(&address), text.data(), text.size());
  return text.data();
}

void ReadNames(const X509& certificate, CertificateFacts* facts) {
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME& name = *sk_GENERAL_NAME_value(names.get(), i);
    if (name.type == GEN_DNS) {
      const auto* data = ASN1_STRING_get0_data(name.d.dNSName);
      facts->dns_names.emplace_back(data, data + ASN1_STRING_length(name.d.dNSName));
    } else if (name.type == GEN_IPADD) {
      facts->ip_addresses.push_back(AddressText(*name.d.iPAddress));
    }
  }
}

bool HasWeakSignature(const X509& certificate) {
  int digest = NID_undef;
  if (X509_get_signature_info(const_cast<X509*>(&certificate), &digest, nullptr, nullptr,
                              nullptr) != 1) {
    return false;
  }
  return digest == NID_md5 || digest == NID_sha1;
}

bool IsWeakKey(const EVP_PKEY& key) {
  return EVP_PKEY_is_a(&key, "RSA") == 1 && EVP_PKEY_get_bits(&key) < kLeastRsaBits;
}

std::string RoleOf(const CertificateFacts& facts) {
  if (!facts.is_authority) return facts.serves ? "serving certificate" : "certificate";
  return facts.is_self_signed ? "certificate authority, self-signed" : "certificate authority";
}

std::string RemainingText(const CertificateFacts& facts, WallTime now) {
  const auto span = [](WallTime from, WallTime to) {
    return DescribeDuration(std::chrono::floor<seconds>(to - from));
  };
  if (now > facts.not_after) return "expired " + span(facts.not_after, now) + " ago";
  if (now < facts.not_before) return "not valid yet, for " + span(now, facts.not_before);
  return span(now, facts.not_after) + " left";
}

/// What holds for every certificate, whatever it is for.
std::vector<std::string> GeneralWarnings(const CertificateFacts& facts, WallTime now) {
  std::vector<std::string> warnings;
  const auto life = facts.not_after - facts.not_before;
  const auto left = facts.not_after - now;
  if (now > facts.not_after) {
    warnings.push_back("it has expired: " + core::FormatRfc3339(facts.not_after));
  } else if (left < std::min<WallTime::duration>(std::chrono::days(30), life / 3)) {
    warnings.push_back("it expires in " + DescribeDuration(std::chrono::floor<seconds>(left)));
  }
  if (now < facts.not_before) {
    warnings.push_back("it is not valid before " + core::FormatRfc3339(facts.not_before) +
                       ": is a clock wrong?");
  }
  if (facts.is_weak) {
    warnings.push_back(
        fmt::format("its key ({}) or signature ({}) is too weak for clients of today", facts.key,
                    facts.signature));
  }
  return warnings;
}

std::vector<std::string> WarningsOf(const CertificateFacts& facts, WallTime now) {
  return facts.is_authority ? GeneralWarnings(facts, now) : ServingWarnings(facts, now);
}

void AppendField(std::string_view name, std::string_view value, std::string* out) {
  *out += fmt::format("  {:<11} {}\n", name, value);
}

void AppendCertificate(int number, int line, const CertificateFacts& facts, WallTime now,
                       std::string* out) {
  *out += fmt::format("certificate {} (line {}): {}\n", number, line, RoleOf(facts));
  AppendField("subject", facts.subject.empty() ? "(none)" : facts.subject, out);
  AppendField("issuer", facts.issuer, out);
  if (!facts.dns_names.empty()) {
    AppendField("DNS names", fmt::format("{}", fmt::join(facts.dns_names, ", ")), out);
  }
  if (!facts.ip_addresses.empty()) {
    AppendField("addresses", fmt::format("{}", fmt::join(facts.ip_addresses, ", ")), out);
  }
  AppendField("valid",
              fmt::format("{} to {}, {}", core::FormatRfc3339(facts.not_before),
                          core::FormatRfc3339(facts.not_after), RemainingText(facts, now)),
              out);
  AppendField("key", facts.key, out);
  AppendField("signature", facts.signature, out);
  AppendField("serial", facts.serial, out);
  AppendField("sha256", facts.fingerprint, out);
  for (const std::string& warning : WarningsOf(facts, now)) AppendField("warning", warning, out);
}

}  // namespace

CertificateFacts ReadFacts(const X509& certificate) {
  auto* const handle = const_cast<X509*>(&certificate);  // OpenSSL fills its caches under a lock
  CertificateFacts facts;
  facts.subject = NameText(X509_get_subject_name(&certificate));
  facts.common_name = CommonName(X509_get_subject_name(&certificate));
  facts.issuer = NameText(X509_get_issuer_name(&certificate));
  facts.serial = SerialText(certificate);
  facts.not_before = ToWallTime(X509_get0_notBefore(&certificate));
  facts.not_after = ToWallTime(X509_get0_notAfter(&certificate));
  facts.is_authority = X509_check_ca(handle) == 1;
  facts.is_self_signed = (X509_get_extension_flags(handle) & EXFLAG_SI) != 0;
  facts.serves = (X509_get_extended_key_usage(handle) & (XKU_SSL_SERVER | XKU_ANYEKU)) != 0;
  if (const EVP_PKEY* key = X509_get0_pubkey(&certificate)) {
    facts.key = DescribeKey(*key);
    facts.is_weak = IsWeakKey(*key) || HasWeakSignature(certificate);
  }
  if (const char* name = OBJ_nid2ln(X509_get_signature_nid(&certificate))) facts.signature = name;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  X509_digest(&certificate, EVP_sha256(), digest.data(), &size);
  facts.fingerprint = Hex(digest.data(), size);
  ReadNames(certificate, &facts);
  return facts;
}

std::string DescribeKey(const EVP_PKEY& key) {
  const int bits = EVP_PKEY_get_bits(&key);
  if (EVP_PKEY_is_a(&key, "RSA") == 1) return fmt::format("RSA {}", bits);
  if (EVP_PKEY_is_a(&key, "EC") == 1) return fmt::format("ECDSA P-{}", bits);
  if (EVP_PKEY_is_a(&key, "ED25519") == 1) return "Ed25519";
  const char* type = EVP_PKEY_get0_type_name(&key);
  return type != nullptr ? type : "unknown";
}

std::string KeyFingerprint(const EVP_PKEY& key) {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(&key, &der);
  if (size <= 0) return "unreadable";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Digest(der, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  return Hex(digest.data(), 8);
}

std::string DescribeDuration(seconds duration) {
  constexpr std::array<std::pair<std::string_view, int>, 4> kUnits = {
      {{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}}};
  const auto total = std::max<seconds::rep>(duration.count(), 0);
  const auto unit = std::find_if(kUnits.begin(), kUnits.end() - 1,
                                 [total](const auto& u) { return total >= u.second; });
  const auto count = total / unit->second;
  return fmt::format("{} {}{}", count, unit->first, count == 1 ? "" : "s");
}

std::vector<std::string> ServingWarnings(const CertificateFacts& facts, WallTime now) {
  std::vector<std::string> warnings = GeneralWarnings(facts, now);
  if (facts.dns_names.empty() && facts.ip_addresses.empty()) {
    warnings.push_back(
        "it has no subject alternative name: the API server ignores the common name "
        "and will refuse it");
  }
  if (facts.is_authority) {
    warnings.push_back("it is a certificate authority: whoever has its key can issue certificates");
  }
  if (!facts.serves) {
    warnings.push_back("its extended key usage lacks serverAuth: the API server will refuse it");
  }
  return warnings;
}

core::Result<std::string> DescribePemFile(const PemFile& file, WallTime now) {
  const auto blocks = ReadPemBlocks(file, "certificates or a private key");
  if (!blocks) return core::Unexpected(blocks.error());
  std::string text;
  std::vector<X509Ptr> certificates;
  for (const PemBlock& block : *blocks) {
    if (!IsCertificate(block)) continue;
    auto certificate = DecodeCertificate(file.name, block);
    if (!certificate) return core::Unexpected(certificate.error());
    certificates.push_back(std::move(certificate).value());
    AppendCertificate(static_cast<int>(certificates.size()), block.line,
                      ReadFacts(*certificates.back()), now, &text);
  }
  for (const PemBlock& block : *blocks) {
    if (!IsPrivateKey(block)) continue;
    const auto key = DecodePrivateKey(file.name, block);
    if (!key) return core::Unexpected(key.error());
    text += fmt::format("private key (line {})\n", block.line);
    AppendField("key", DescribeKey(**key), &text);
    AppendField("public half", KeyFingerprint(**key), &text);
    for (std::size_t i = 0; i < certificates.size(); ++i) {
      if (EVP_PKEY_eq(X509_get0_pubkey(certificates[i].get()), key->get()) != 1) continue;
      AppendField("fits", fmt::format("certificate {}", i + 1), &text);
    }
  }
  if (text.empty()) {
    return core::Failure(fmt::format("{}:{}: expected certificates or a private key, found {}",
                                     file.name, blocks->front().line, blocks->front().label));
  }
  return text;
}

}  // namespace mountguard::certs

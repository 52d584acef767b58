#include "certs/managed_secret.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "certs/certificate_facts.h"
#include "certs/openssl_error.h"
#include "certs/openssl_ptr.h"
#include "certs/pem.h"
#include "core/json_reader.h"
#include "core/json_writer.h"
#include "core/rfc3339.h"

namespace mountguard::certs {
namespace {

using core::Result;
using core::WallTime;
using Data = std::map<std::string, std::string>;

constexpr const char* kLeaf = "tls";
constexpr const char* kCurrent = "ca";
constexpr const char* kNext = "next-ca";
constexpr const char* kRetired = "retired-ca";
constexpr const char* kRotation = "rotation.json";
constexpr const char* kLeavesEnd = "leavesEnd";

std::string CertificateKey(const std::string& name) { return name + ".crt"; }
std::string PrivateKey(const std::string& name) { return name + ".key"; }

Authority AuthorityOf(const X509& certificate) {
  const CertificateFacts facts = ReadFacts(certificate);
  Authority authority;
  authority.id = facts.fingerprint;
  authority.not_before = facts.not_before;
  authority.not_after = facts.not_after;
  authority.leaves_end = facts.not_after;
  authority.pem.certificate = ToPem(certificate);
  return authority;
}

bool Fits(const X509& certificate, const EVP_PKEY& key) {
  return EVP_PKEY_eq(X509_get0_pubkey(&certificate), &key) == 1;
}

bool HasSigned(const Authority& authority, const X509& certificate) {
  const auto issuers = ReadCertificates({"", authority.pem.certificate});
  if (!issuers) return false;
  auto* const leaf = const_cast<X509*>(&certificate);  // OpenSSL fills its caches under a lock
  const bool signed_by =
      X509_check_issued(issuers->front().certificate.get(), leaf) == X509_V_OK &&
      X509_verify(leaf, X509_get0_pubkey(issuers->front().certificate.get())) == 1;
  if (!signed_by) static_cast<void>(TakeOpenSslErrors());
  return signed_by;
}

bool HoldsAll(const std::vector<std::string>& names, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(), [&names](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

/// One reading of a Secret's data.
class Reader {
 public:
  Reader(const Data& data, const ServingNames& wanted) : data_(data), wanted_(wanted) {}

  ManagedSecret Read() {
    secret_.stored.current = ReadAuthority(kCurrent);
    secret_.stored.next = ReadAuthority(kNext);
    if (const auto* retired = Find(CertificateKey(kRetired))) {
      const TrustBundle bundle = ReadTrustBundle(*retired);
      if (!bundle.is_clean) Complain(CertificateKey(kRetired) + " holds what is no CA");
      secret_.stored.retired = bundle.authorities;
    }
    ReadLeavesEnd();
    ReadLeaf();
    return std::move(secret_);
  }

 private:
  const std::string* Find(const std::string& key) const {
    const auto found = data_.find(key);
    return found == data_.end() || found->second.empty() ? nullptr : &found->second;
  }

  void Complain(std::string problem) { secret_.problems.push_back(std::move(problem)); }

  std::optional<Authority> ReadAuthority(const std::string& name) {
    const std::string* pem = Find(CertificateKey(name));
    if (pem == nullptr) return std::nullopt;
    const auto certificates = ReadCertificates({CertificateKey(name), *pem});
    if (!certificates) {
      Complain(certificates.error().message);
      return std::nullopt;
    }
    const X509& certificate = *certificates->front().certificate;
    if (!ReadFacts(certificate).is_authority) {
      Complain(CertificateKey(name) + " is no CA's certificate");
      return std::nullopt;
    }
    Authority authority = AuthorityOf(certificate);
    if (const auto key = ReadKeyOf(name, certificate)) {
      authority.can_sign = true;
      authority.pem.key = ToPem(**key);
    }
    return authority;
  }

  /// The key that fits the certificate, if it is there.
  std::optional<EvpPkeyPtr> ReadKeyOf(const std::string& name, const X509& certificate) {
    const std::string* pem = Find(PrivateKey(name));
    if (pem == nullptr) {
      Complain(PrivateKey(name) + " is missing");
      return std::nullopt;
    }
    auto key = ReadPrivateKey({PrivateKey(name), *pem});
    if (!key) {
      Complain(key.error().message);
      return std::nullopt;
    }
    if (!Fits(certificate, **key)) {
      Complain(fmt::format("{} does not fit {}", PrivateKey(name), CertificateKey(name)));
      return std::nullopt;
    }
    return std::move(*key);
  }

  void ReadLeaf() {
    const std::string* pem = Find(CertificateKey(kLeaf));
    if (pem == nullptr) return;
    const auto certificates = ReadCertificates({CertificateKey(kLeaf), *pem});
    if (!certificates) return Complain(certificates.error().message);
    const X509& certificate = *certificates->front().certificate;
    const auto key = ReadKeyOf(kLeaf, certificate);
    if (!key) return;
    const CertificateFacts facts = ReadFacts(certificate);
    Leaf leaf;
    leaf.id = facts.fingerprint;
    leaf.not_before = facts.not_before;
    leaf.not_after = facts.not_after;
    leaf.has_names = HoldsAll(facts.dns_names, wanted_.dns_names) &&
                     HoldsAll(facts.ip_addresses, wanted_.ip_addresses);
    leaf.pem = {ToPem(certificate), ToPem(**key)};
    ForEachAuthority([&](const Authority& authority) {
      if (leaf.authority.empty() && HasSigned(authority, certificate))
        leaf.authority = authority.id;
    });
    if (leaf.authority.empty()) {
      Complain(CertificateKey(kLeaf) + " is signed by none of the CAs beside it");
    }
    secret_.stored.leaf = std::move(leaf);
  }

  template <class Visit>
  void ForEachAuthority(const Visit& visit) {
    StoredCertificates& stored = secret_.stored;
    if (stored.current) visit(*stored.current);
    if (stored.next) visit(*stored.next);
    for (Authority& authority : stored.retired) visit(authority);
  }

  /// What is not known of a CA is taken to last as long as the CA itself.
  void ReadLeavesEnd() {
    const std::string* text = Find(kRotation);
    if (text == nullptr) return;
    std::string json = *text;
    core::JsonParser parser;
    const auto root = parser.Parse(json);
    if (!root || !root->Get(kLeavesEnd).IsObject()) {
      return Complain(fmt::format("{} is not what mountguard writes", kRotation));
    }
    ForEachAuthority([&](Authority& authority) {
      const auto end = core::ParseRfc3339(root->Get(kLeavesEnd).Get(authority.id).AsString());
      if (end && *end < authority.not_after) authority.leaves_end = *end;
    });
  }

  const Data& data_;
  const ServingNames& wanted_;
  ManagedSecret secret_;
};

std::string EncodeRotation(const StoredCertificates& stored) {
  std::string text;
  core::JsonWriter json(&text);
  json.BeginObject().Key(kLeavesEnd).BeginObject();
  const auto write = [&json](const Authority& authority) {
    json.Key(authority.id).String(core::FormatRfc3339(authority.leaves_end));
  };
  if (stored.current) write(*stored.current);
  for (const Authority& authority : stored.retired) write(authority);
  json.EndObject().EndObject();
  return text;
}

void WritePair(const std::string& name, const PemPair& pem, Data* data) {
  (*data)[CertificateKey(name)] = pem.certificate;
  if (!pem.key.empty()) (*data)[PrivateKey(name)] = pem.key;
}

}  // namespace

ManagedSecret ReadManagedSecret(const Data& data, const ServingNames& wanted) {
  return Reader(data, wanted).Read();
}

Data WriteManagedSecret(const StoredCertificates& stored) {
  Data data;
  if (stored.leaf) WritePair(kLeaf, stored.leaf->pem, &data);
  if (stored.current) WritePair(kCurrent, stored.current->pem, &data);
  if (stored.next) WritePair(kNext, stored.next->pem, &data);
  if (!stored.retired.empty()) data[CertificateKey(kRetired)] = WriteTrustBundle(stored.retired);
  data[kRotation] = EncodeRotation(stored);
  return data;
}

TrustBundle ReadTrustBundle(const std::string& pem) {
  TrustBundle bundle;
  if (pem.empty()) return bundle;
  const PemFile file{"caBundle", pem};
  const auto blocks = ReadPemBlocks(file, "CA certificates");
  if (!blocks) return {{}, false};
  for (const PemBlock& block : *blocks) {
    const auto certificate = DecodeCertificate(file.name, block);
    if (!certificate) {
      bundle.is_clean = false;
      continue;
    }
    Authority authority = AuthorityOf(**certificate);
    const bool is_known = std::any_of(bundle.authorities.begin(), bundle.authorities.end(),
                                      [&](const Authority& a) { return a.id == authority.id; });
    if (is_known) {
      bundle.is_clean = false;
    } else {
      bundle.authorities.push_back(std::move(authority));
    }
  }
  return bundle;
}

std::string WriteTrustBundle(const std::vector<Authority>& authorities) {
  std::string pem;
  for (const Authority& authority : authorities) pem += authority.pem.certificate;
  return pem;
}

Result<Authority> MakeAuthority(const IssueOptions& options, WallTime now) {
  auto pem = IssueAuthority(options, now);
  if (!pem) return core::Unexpected(pem.error());
  const auto certificates = ReadCertificates({"the new CA", pem->certificate});
  if (!certificates) return core::Unexpected(certificates.error());
  Authority authority = AuthorityOf(*certificates->front().certificate);
  authority.can_sign = true;
  authority.pem = std::move(*pem);
  return authority;
}

Result<Leaf> MakeLeaf(const IssueOptions& options, const Authority& authority, WallTime now) {
  IssueOptions bounded = options;
  bounded.lifetime = std::min(options.lifetime,
                              std::chrono::floor<std::chrono::seconds>(authority.not_after - now));
  auto pem = IssueServing(bounded, authority.pem, now);
  if (!pem) return core::Unexpected(pem.error());
  const auto certificates = ReadCertificates({"the new certificate", pem->certificate});
  if (!certificates) return core::Unexpected(certificates.error());
  const CertificateFacts facts = ReadFacts(*certificates->front().certificate);
  return Leaf{facts.fingerprint, authority.id, facts.not_before,
              facts.not_after,   true,         std::move(*pem)};
}

}  // namespace mountguard::certs

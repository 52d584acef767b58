#include "tests/certs/forge.h"

#include <stdexcept>

namespace mountguard::tests {
namespace {

void Require(bool done) {
  if (!done) throw std::runtime_error("the test's own certificate could not be made");
}

}  // namespace

Forged Forge(const Shape& shape, certs::EvpPkeyPtr key) {
  static long serial = 0;  // NOLINT: OpenSSL's type
  Forged forged{certs::X509Ptr(X509_new()), std::move(key)};
  X509* const certificate = forged.certificate.get();
  X509* const issuer = shape.issuer != nullptr ? shape.issuer->certificate.get() : certificate;
  EVP_PKEY* const signer = shape.issuer != nullptr ? shape.issuer->key.get() : forged.key.get();
  const auto seconds = [](core::WallTime time) {
    return std::chrono::system_clock::to_time_t(time);
  };
  Require(X509_set_version(certificate, X509_VERSION_3) == 1);
  Require(ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial) == 1);
  Require(ASN1_TIME_set(X509_getm_notBefore(certificate), seconds(shape.not_before)) != nullptr);
  Require(ASN1_TIME_set(X509_getm_notAfter(certificate), seconds(shape.not_after)) != nullptr);
  Require(X509_set_pubkey(certificate, forged.key.get()) == 1);
  Require(
      X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                                 reinterpret_cast<const unsigned char*>(shape.common_name.data()),
                                 static_cast<int>(shape.common_name.size()), -1, 0) == 1);
  Require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1);
  for (const auto& [nid, value] : shape.extensions) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const certs::X509ExtensionPtr extension(
        X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    Require(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
  }
  Require(X509_sign(certificate, signer, shape.digest) > 0);
  return forged;
}

}  // namespace mountguard::tests

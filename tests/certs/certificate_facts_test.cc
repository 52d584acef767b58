#include "certs/certificate_facts.h"

#include <catch2/catch.hpp>

#include <regex>
#include <string>

#include "tests/certs/forge.h"

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using namespace mountguard::tests;  // NOLINT: helpers for that folder
using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

/// What a file is said to hold; serials, fingerprints and later lines, which differ from run to run
/// (signatures have two lengths), as #.
std::string Description(const std::string& content) {
  const PemFile file{"ca.crt", content};
  const auto text = DescribePemFile(file, kToday);
  if (!text) return text.error().message;
  const std::string known =
      std::regex_replace(*text, std::regex("((?:serial|sha256|public half) +)[0-9a-f]+"), "$1#");
  return std::regex_replace(known, std::regex("line \\d\\d+"), "line #");
}

}  // namespace

TEST_CASE(
    "a chain with its key is described certificate by certificate, the key without a secret") {
  const Forged ca = Forge({"test CA", nullptr, kCaExtensions});
  Shape shape{"webhook", &ca};
  shape.extensions = {
      {NID_subject_alt_name, "DNS:webhook.ns.svc,DNS:webhook,IP:10.0.0.1,IP:fd00::1"},
      {NID_ext_key_usage, "serverAuth"}};
  const Forged leaf = Forge(shape);
  CHECK(Description(leaf.pem() + ca.pem() + leaf.key_pem()) ==
        R"(certificate 1 (line 1): serving certificate
  subject     CN=webhook
  issuer      CN=test CA
  DNS names   webhook.ns.svc, webhook
  addresses   10.0.0.1, fd00::1
  valid       2026-05-01T11:00:00Z to 2026-07-30T12:00:00Z, 90 days left
  key         ECDSA P-256
  signature   ecdsa-with-SHA256
  serial      #
  sha256      #
certificate 2 (line #): certificate authority, self-signed
  subject     CN=test CA
  issuer      CN=test CA
  valid       2026-05-01T11:00:00Z to 2026-07-30T12:00:00Z, 90 days left
  key         ECDSA P-256
  signature   ecdsa-with-SHA256
  serial      #
  sha256      #
private key (line #)
  key         ECDSA P-256
  public half #
  fits        certificate 1
)");
}

TEST_CASE("what is wrong with a certificate is said where it is described") {
  Shape shape;
  shape.extensions = {{NID_ext_key_usage, "clientAuth"}};
  shape.not_after = kToday - hours(30);
  shape.not_before = kToday - days(60);
  shape.digest = EVP_sha1();
  CHECK(Description(Forge(shape, RsaKey(1024)).pem()) ==
        R"(certificate 1 (line 1): certificate
  subject     CN=leaf
  issuer      CN=leaf
  valid       2026-03-02T12:00:00Z to 2026-04-30T06:00:00Z, expired 1 day ago
  key         RSA 1024
  signature   sha1WithRSAEncryption
  serial      #
  sha256      #
  warning     it has expired: 2026-04-30T06:00:00Z
  warning     its key (RSA 1024) or signature (sha1WithRSAEncryption) is too weak for clients of today
  warning     it has no subject alternative name: the API server ignores the common name and will refuse it
  warning     its extended key usage lacks serverAuth: the API server will refuse it
)");
}

TEST_CASE("a CA near its end is warned of") {
  Shape shape{"old CA", nullptr, kCaExtensions, kToday - days(3640), kToday + days(9)};
  const std::string text = Description(Forge(shape).pem());
  CHECK(text.ends_with("  warning     it expires in 9 days\n"));
}

TEST_CASE("a key alone is described, and a file with neither is refused") {
  const EvpPkeyPtr key = EcKey();
  CHECK(Description(ToPem(*key)) ==
        "private key (line 1)\n  key         ECDSA P-256\n  public half #\n");
  CHECK(Description("-----BEGIN X509 CRL-----\nAA==\n-----END X509 CRL-----\n") ==
        "ca.crt:1: expected certificates or a private key, found X509 CRL");
  CHECK(Description("apiVersion: v1\n") ==
        "ca.crt: no PEM block in the file; expected certificates or a private key (-----BEGIN "
        "...-----)");
}

TEST_CASE("a common name is taken whole, so that a NUL inside hides nothing") {
  Shape shape;
  shape.common_name = std::string("good\0evil", 9);
  CHECK(ReadFacts(*Forge(shape).certificate).common_name == shape.common_name);
}

TEST_CASE("a certificate without an end is valid to the end of our time") {
  Shape shape;
  shape.not_after = kToday;
  Forged forged = Forge(shape);
  // RFC 5280: no well-defined expiration date.
  REQUIRE(ASN1_TIME_set_string(X509_getm_notAfter(forged.certificate.get()), "99991231235959Z") ==
          1);
  CHECK(ReadFacts(*forged.certificate).not_after > kToday + days(80'000));
}

TEST_CASE("durations are told in their largest unit") {
  CHECK(DescribeDuration(seconds(-5)) == "0 seconds");
  CHECK(DescribeDuration(seconds(1)) == "1 second");
  CHECK(DescribeDuration(seconds(119)) == "1 minute");
  CHECK(DescribeDuration(hours(23)) == "23 hours");
  CHECK(DescribeDuration(days(90) + hours(23)) == "90 days");
}

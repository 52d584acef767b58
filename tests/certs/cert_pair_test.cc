#include "certs/cert_pair.h"

#include <catch2/catch.hpp>

#include <openssl/pem.h>

#include <algorithm>
#include <regex>
#include <string>

#include "tests/certs/forge.h"

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using mountguard::core::SystemFileReader;
using mountguard::core::WallTime;
using mountguard::tests::EcKey;
using mountguard::tests::Forge;
using mountguard::tests::Forged;
using mountguard::tests::kCaExtensions;
using mountguard::tests::kToday;
using mountguard::tests::RsaKey;
using mountguard::tests::Shape;
using std::chrono::days;
using std::chrono::hours;

namespace {

CertPairFiles Files(std::string certificate, std::string key) {
  return {{"tls.crt", std::move(certificate)}, {"tls.key", std::move(key)}};
}

/// The refusal, with fingerprints of keys (they differ from run to run) as #.
std::string Refusal(const CertPairFiles& files, WallTime now = kToday) {
  const auto pair = ParseCertPair(files, now);
  if (pair) return "accepted";
  return std::regex_replace(pair.error().message, std::regex("\\b[0-9a-f]{16}\\b"), "#");
}

std::vector<std::string> Warnings(const CertPairFiles& files) {
  return ParseCertPair(files, kToday).value()->warnings;
}

std::string TextOf(const BioPtr& memory) {
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

enum class KeyForm { kTraditional, kEncryptedPkcs8, kEncryptedTraditional };

std::string KeyPem(const EVP_PKEY& key, KeyForm form) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  const std::string phrase = "secret";
  const auto* bytes = reinterpret_cast<const unsigned char*>(phrase.data());
  const int size = static_cast<int>(phrase.size());
  switch (form) {
    case KeyForm::kTraditional:
      PEM_write_bio_PrivateKey_traditional(memory.get(), &key, nullptr, nullptr, 0, nullptr,
                                           nullptr);
      break;
    case KeyForm::kEncryptedTraditional:
      PEM_write_bio_PrivateKey_traditional(memory.get(), &key, EVP_aes_128_cbc(), bytes, size,
                                           nullptr, nullptr);
      break;
    case KeyForm::kEncryptedPkcs8:
      PEM_write_bio_PKCS8PrivateKey(memory.get(), &key, EVP_aes_128_cbc(), phrase.data(), size,
                                    nullptr, nullptr);
      break;
  }
  return TextOf(memory);
}

}  // namespace

TEST_CASE("a pair of every usual key type and form is taken without a word") {
  const Forged ca = Forge({"ca", nullptr, kCaExtensions});
  Shape shape;
  shape.issuer = &ca;
  const auto check = [&shape](EvpPkeyPtr key, const std::string& description) {
    INFO(description);
    const Forged leaf = Forge(shape, std::move(key));
    const auto pair = ParseCertPair(Files(leaf.pem(), leaf.key_pem()), kToday);
    REQUIRE(pair.has_value());
    CHECK((*pair)->facts.key == description);
    CHECK((*pair)->warnings.empty());
    CHECK(Refusal(Files(leaf.pem(), KeyPem(*leaf.key, KeyForm::kTraditional))) == "accepted");
  };
  check(EcKey("P-256"), "ECDSA P-256");
  check(EcKey("P-384"), "ECDSA P-384");
  check(RsaKey(2048), "RSA 2048");
}

TEST_CASE("a chain is kept in order, and text around the blocks is passed over") {
  const Forged root = Forge({"root", nullptr, kCaExtensions});
  const Forged intermediate = Forge({"intermediate", &root, kCaExtensions});
  const Forged leaf = Forge({"leaf", &intermediate});
  const std::string text = "subject=leaf\r\n" + leaf.pem() + "\nissuer\n" + intermediate.pem();
  const auto pair = ParseCertPair(Files(text, "# key\n" + leaf.key_pem()), kToday);
  REQUIRE(pair.has_value());
  CHECK((*pair)->facts.subject == "CN=leaf");
  REQUIRE(sk_X509_num((*pair)->chain.get()) == 1);
  CHECK(X509_cmp(sk_X509_value((*pair)->chain.get(), 0), intermediate.certificate.get()) == 0);
  CHECK((*pair)->warnings.empty());
}

TEST_CASE("one file may hold both certificate and key, as kubelets keep it") {
  const Forged leaf = Forge({});
  const std::string both = leaf.pem() + leaf.key_pem();
  CHECK(Refusal(Files(both, both)) == "accepted");
}

TEST_CASE("a key of another certificate is refused, with both public halves") {
  const Forged leaf = Forge({});
  const Forged other = Forge({}, RsaKey(2048));
  CHECK(Refusal(Files(leaf.pem(), other.key_pem())) ==
        "tls.key does not fit tls.crt: the key's public half is RSA 2048 #, the certificate's "
        "(CN=leaf) is ECDSA P-256 #; are they from different pairs, or is one of them still to be "
        "written?");
}

TEST_CASE("a chain that does not begin with the serving certificate is refused") {
  const Forged ca = Forge({"ca", nullptr, kCaExtensions});
  const Forged leaf = Forge({"leaf", &ca});
  const std::string ca_pem = ca.pem();
  const auto lines = std::count(ca_pem.begin(), ca_pem.end(), '\n');
  CHECK(Refusal(Files(ca_pem + leaf.pem(), leaf.key_pem())) ==
        "tls.crt:" + std::to_string(lines + 1) +
            ": the key in tls.key fits certificate 2 of the file; the serving certificate must be "
            "the first, those of its issuers follow");
}

TEST_CASE("an expired certificate is refused with its dates, the clock and the remedy") {
  const Forged leaf = Forge({});
  CHECK(Refusal(Files(leaf.pem(), leaf.key_pem()), kToday + days(90)) == "accepted");
  CHECK(Refusal(Files(leaf.pem(), leaf.key_pem()), kToday + days(91)) ==
        "tls.crt: the certificate (CN=leaf) has expired: it was valid from 2026-05-01T11:00:00Z to "
        "2026-07-30T12:00:00Z, and the clock here says 2026-07-31T12:00:00Z; put a renewed pair in "
        "its place (`mountguard certs issue` makes one)");
}

TEST_CASE("a certificate of tomorrow is taken with a warning: only the API server's clock counts") {
  Shape shape;
  shape.not_before = kToday + days(1);
  const Forged leaf = Forge(shape);
  CHECK(Warnings(Files(leaf.pem(), leaf.key_pem())) ==
        std::vector<std::string>{
            "tls.crt: it is not valid before 2026-05-02T12:00:00Z: is a clock wrong?"});
}

TEST_CASE("what the API server would refuse later is warned of at once") {
  Shape bare;
  bare.extensions = {};
  const Forged nameless = Forge(bare);
  CHECK(Warnings(Files(nameless.pem(), nameless.key_pem())) ==
        std::vector<std::string>{"tls.crt: it has no subject alternative name: the API server "
                                 "ignores the common name and will refuse it"});

  Shape client_shape;
  client_shape.extensions.emplace_back(NID_ext_key_usage, "clientAuth");
  const Forged client = Forge(client_shape);
  CHECK(Warnings(Files(client.pem(), client.key_pem())) ==
        std::vector<std::string>{
            "tls.crt: its extended key usage lacks serverAuth: the API server will refuse it"});

  Shape authority_shape;
  authority_shape.extensions.emplace_back(NID_basic_constraints, "CA:TRUE");
  const Forged authority = Forge(authority_shape);
  CHECK(Warnings(Files(authority.pem(), authority.key_pem())) ==
        std::vector<std::string>{"tls.crt: it is a certificate authority: whoever has its key can "
                                 "issue certificates"});

  Shape ending;
  ending.not_before = kToday - days(80);
  ending.not_after = kToday + days(10);
  const Forged old = Forge(ending);
  CHECK(Warnings(Files(old.pem(), old.key_pem())) ==
        std::vector<std::string>{"tls.crt: it expires in 10 days"});
}

TEST_CASE("a certificate in the chain that issued nothing there is warned of") {
  const Forged ca = Forge({"ca", nullptr, kCaExtensions});
  const Forged stranger = Forge({"stranger", nullptr, kCaExtensions});
  const Forged leaf = Forge({"leaf", &ca});
  const std::string leaf_pem = leaf.pem();
  const auto lines = std::count(leaf_pem.begin(), leaf_pem.end(), '\n');
  CHECK(Warnings(Files(leaf_pem + stranger.pem(), leaf.key_pem())) ==
        std::vector<std::string>{
            "tls.crt:" + std::to_string(lines + 1) +
            ": certificate 2 (CN=stranger) did not issue the one before it (CN=leaf): clients may "
            "not find the way to their CA"});
}

TEST_CASE("keys and signatures that handshakes would refuse are refused at once") {
  const Forged small = Forge({}, RsaKey(1024));
  CHECK(Refusal(Files(small.pem(), small.key_pem())) ==
        "tls.crt: OpenSSL refuses to serve the certificate (CN=leaf, key RSA 1024, signature "
        "sha256WithRSAEncryption): ee key too small; RSA keys need 2048 bits, signatures SHA-256");

  const Forged ca = Forge({"ca", nullptr, kCaExtensions});
  Shape sha1;
  sha1.issuer = &ca;
  sha1.digest = EVP_sha1();
  const Forged old = Forge(sha1);
  CHECK(Refusal(Files(old.pem(), old.key_pem())) ==
        "tls.crt: OpenSSL refuses to serve the certificate (CN=leaf, key ECDSA P-256, signature "
        "ecdsa-with-SHA1): ca md too weak; RSA keys need 2048 bits, signatures SHA-256");

  const EvpPkeyPtr x25519(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"));
  CHECK(Refusal(Files(ca.pem(), ToPem(*x25519))) ==
        "tls.key: a key of type X25519; expected ECDSA (P-256), RSA or Ed25519");
}

TEST_CASE("an encrypted key is refused in both forms, without asking on the terminal") {
  const Forged leaf = Forge({}, RsaKey(2048));
  for (const KeyForm form : {KeyForm::kEncryptedPkcs8, KeyForm::kEncryptedTraditional}) {
    CHECK(Refusal(Files(leaf.pem(), KeyPem(*leaf.key, form))) ==
          "tls.key:1: the private key is encrypted, and there is nobody to ask for its passphrase; "
          "decrypt it with `openssl pkey -in tls.key`");
  }
}

TEST_CASE("files that are not what they should be are named for what they are") {
  const Forged leaf = Forge({});
  const std::string pem = leaf.pem();
  const std::string key = leaf.key_pem();
  CHECK(Refusal(Files("", key)) ==
        "tls.crt: the file is empty; expected a certificate in PEM form");
  CHECK(Refusal(Files(pem, "\n \n")) ==
        "tls.key: the file is empty; expected a private key in PEM form");
  CHECK(Refusal(Files("hello", key)) ==
        "tls.crt: no PEM block in the file; expected a certificate (-----BEGIN ...-----)");
  CHECK(Refusal(Files("\x30\x82\x01", key)) ==
        "tls.crt: the file is binary DER; expected a certificate in PEM form: convert it with "
        "`openssl x509 -inform der -in tls.crt`");
  CHECK(Refusal(Files(pem, "\x30\x81\x01")) ==
        "tls.key: the file is binary DER; expected a private key in PEM form: convert it with "
        "`openssl pkey -inform der -in tls.key`");
  CHECK(Refusal(Files(key, pem)) ==
        "tls.crt:1: expected a certificate, found PRIVATE KEY; were the certificate and the key "
        "file swapped?");
  CHECK(Refusal(Files(pem, pem)) ==
        "tls.key:1: expected a private key, found CERTIFICATE; were the certificate and the key "
        "file swapped?");
  CHECK(Refusal(Files("-----BEGIN CERTIFICATE REQUEST-----\nAA==\n"
                      "-----END CERTIFICATE REQUEST-----\n",
                      key)) == "tls.crt:1: expected a certificate, found CERTIFICATE REQUEST");
}

TEST_CASE("a file that is cut short anywhere is refused, never read as half a chain") {
  const Forged ca = Forge({"ca", nullptr, kCaExtensions});
  const Forged leaf = Forge({"leaf", &ca});
  const std::string chain = leaf.pem() + ca.pem();
  const std::size_t leaf_size = leaf.pem().size();
  const std::string key = leaf.key_pem();
  // The leaf alone is whole, with its line break or without, and so is the chain.
  for (std::size_t size = 0; size + 1 < chain.size(); ++size) {
    INFO(size);
    const bool is_whole = size + 1 == leaf_size || size == leaf_size;
    CHECK((Refusal(Files(chain.substr(0, size), key)) == "accepted") == is_whole);
  }
  CHECK(Refusal(Files("junk\n" + chain.substr(0, 200), key)) ==
        "tls.crt:2: the block CERTIFICATE has no END line: the file is cut short, or two were "
        "joined without a line break");
  CHECK(Refusal(Files("-----BEGIN CERTIF", key)) ==
        "tls.crt:1: a BEGIN line that is not whole: the file is cut short");
}

TEST_CASE("a block that does not decode is refused with its line and OpenSSL's reason") {
  const Forged leaf = Forge({});
  const std::string broken_certificate =
      "\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const std::string broken_key = "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n";
  CHECK(Refusal(Files(broken_certificate, leaf.key_pem()))
            .starts_with("tls.crt:2: the certificate cannot be decoded: "));
  CHECK(Refusal(Files(leaf.pem(), broken_key))
            .starts_with("tls.key:1: the private key cannot be decoded: "));
}

TEST_CASE("a pair is read from its files, and one that is absent is named") {
  const auto files = ReadCertPairFiles("no/such/tls.crt", "no/such/tls.key", SystemFileReader());
  REQUIRE_FALSE(files.has_value());
  CHECK(files.error().message == "no/such/tls.crt: No such file or directory");
}

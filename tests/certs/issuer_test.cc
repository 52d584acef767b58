#include "certs/issuer.h"

#include <catch2/catch.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <string>

#include "certs/cert_store.h"
#include "certs/certificate_facts.h"
#include "certs/tls_context.h"
#include "core/file_reader.h"
#include "tests/certs/forge.h"
#include "tests/certs/handshake.h"
#include "tests/temporary_directory.h"

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using mountguard::core::FixedClock;
using mountguard::core::SystemFileReader;
using mountguard::tests::Client;
using mountguard::tests::Connect;
using mountguard::tests::Connection;
using mountguard::tests::kToday;
using mountguard::tests::TemporaryDirectory;
using std::chrono::days;

namespace {

const FixedClock kClock(kToday);

IssueOptions WebhookOptions() {
  IssueOptions options;
  options.service = "webhook";
  options.service_namespace = "mountguard-system";
  return options;
}

std::string Refusal(const IssueOptions& options) {
  const auto issued = Issue(options, kClock);
  return issued ? "issued" : issued.error().message;
}

X509Ptr Parse(const std::string& pem) {
  const PemFile file{"test", pem};
  return std::move(ReadCertificates(file).value().front().certificate);
}

/// OpenSSL's own judgement of a serving certificate for `host` at `now`; "ok" or its reason.
std::string Verify(const IssuedCertificates& issued, const std::string& host,
                   mountguard::core::WallTime now) {
  const X509Ptr authority = Parse(issued.authority.certificate);
  const X509Ptr serving = Parse(issued.serving.certificate);
  const X509StorePtr store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), authority.get());
  const X509StoreCtxPtr context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), serving.get(), nullptr);
  X509_VERIFY_PARAM* const param = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_X509_STRICT | X509_V_FLAG_CHECK_SS_SIGNATURE);
  X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_SERVER);
  X509_VERIFY_PARAM_set_time(param, std::chrono::system_clock::to_time_t(now));
  if (X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str()) != 1) {
    X509_VERIFY_PARAM_set1_host(param, host.c_str(), 0);
  }
  if (X509_verify_cert(context.get()) == 1) return "ok";
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

mode_t ModeOf(const std::filesystem::path& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777;
}

/// The value of an extension as OpenSSL prints it, "critical " first if it is; "" if absent.
std::string ExtensionText(const X509& certificate, int nid) {
  const int at = X509_get_ext_by_NID(&certificate, nid, -1);
  if (at < 0) return "";
  X509_EXTENSION* const extension = X509_get_ext(&certificate, at);
  const BioPtr memory(BIO_new(BIO_s_mem()));
  X509V3_EXT_print(memory.get(), extension, 0, 0);
  char* data = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &data);
  return (X509_EXTENSION_get_critical(extension) != 0 ? "critical " : "") +
         std::string(data, static_cast<std::size_t>(size));
}

}  // namespace

TEST_CASE("what is issued passes strict verification for every name it was issued for, no other") {
  IssueOptions options = WebhookOptions();
  options.dns_names = {"webhook.example.org", "*.hooks.example.org"};
  options.ip_addresses = {"10.0.0.7", "fd00::7"};
  for (const KeyAlgorithm algorithm : {KeyAlgorithm::kEcdsaP256, KeyAlgorithm::kRsa2048}) {
    options.algorithm = algorithm;
    const auto issued = Issue(options, kClock);
    REQUIRE(issued.has_value());
    for (const char* host :
         {"webhook", "webhook.mountguard-system", "webhook.mountguard-system.svc",
          "webhook.mountguard-system.svc.cluster.local", "webhook.example.org",
          "a.hooks.example.org", "10.0.0.7", "fd00::7"}) {
      INFO(host);
      CHECK(Verify(*issued, host, kToday) == "ok");
    }
    CHECK(Verify(*issued, "other.mountguard-system.svc", kToday) == "hostname mismatch");
    CHECK(Verify(*issued, "10.0.0.8", kToday) == "IP address mismatch");
  }
}

TEST_CASE("validity begins an hour ago and ends after the days that were asked for") {
  const auto issued = Issue(WebhookOptions(), kClock).value();
  const std::string host = "webhook.mountguard-system.svc";
  using std::chrono::hours;
  using std::chrono::minutes;
  CHECK(Verify(issued, host, kToday - minutes(59)) == "ok");
  CHECK(Verify(issued, host, kToday - minutes(61)) == "certificate is not yet valid");
  CHECK(Verify(issued, host, kToday + days(90) - minutes(1)) == "ok");
  CHECK(Verify(issued, host, kToday + days(90) + minutes(1)) == "certificate has expired");
  const X509Ptr authority = Parse(issued.authority.certificate);
  CHECK(ReadFacts(*authority).not_after == kToday + days(3650));
}

TEST_CASE("a CA may sign certificates but no CA, and a serving certificate may only serve") {
  const auto issued = Issue(WebhookOptions(), kClock).value();
  const X509Ptr authority = Parse(issued.authority.certificate);
  CHECK(ExtensionText(*authority, NID_basic_constraints) == "critical CA:TRUE, pathlen:0");
  CHECK(ExtensionText(*authority, NID_key_usage) == "critical Certificate Sign, CRL Sign");
  CHECK_FALSE(ExtensionText(*authority, NID_subject_key_identifier).empty());

  const X509Ptr serving = Parse(issued.serving.certificate);
  CHECK(ExtensionText(*serving, NID_basic_constraints) == "critical CA:FALSE");
  CHECK(ExtensionText(*serving, NID_key_usage) == "critical Digital Signature");
  CHECK(ExtensionText(*serving, NID_ext_key_usage) == "TLS Web Server Authentication");
  CHECK(ExtensionText(*serving, NID_authority_key_identifier) ==
        ExtensionText(*authority, NID_subject_key_identifier));
  CHECK(ReadFacts(*serving).common_name == "webhook.mountguard-system.svc");

  IssueOptions rsa = WebhookOptions();
  rsa.algorithm = KeyAlgorithm::kRsa2048;
  const X509Ptr rsa_serving = Parse(Issue(rsa, kClock).value().serving.certificate);
  CHECK(ExtensionText(*rsa_serving, NID_key_usage) ==
        "critical Digital Signature, Key Encipherment");
  CHECK(ReadFacts(*rsa_serving).key == "RSA 2048");
}

TEST_CASE(
    "serial numbers have 20 bytes, are positive and never repeat; CAs have names of their own") {
  std::set<std::string> serials;
  std::set<std::string> subjects;
  for (int i = 0; i < 20; ++i) {
    const auto authority = IssueAuthority(WebhookOptions(), kToday);
    REQUIRE(authority.has_value());
    const CertificateFacts facts = ReadFacts(*Parse(authority->certificate));
    CHECK(facts.serial.size() == 40);
    CHECK(facts.serial.front() >= '4');
    CHECK(facts.serial.front() <= '7');
    serials.insert(facts.serial);
    subjects.insert(facts.subject);
  }
  CHECK(serials.size() == 20);
  CHECK(subjects.size() == 20);
}

TEST_CASE("a name too long for a common name stands in critical alternative names alone") {
  IssueOptions options;
  options.service = std::string(40, 's');
  options.service_namespace = std::string(40, 'n');
  const auto issued = Issue(options, kClock).value();
  const X509Ptr serving = Parse(issued.serving.certificate);
  CHECK(ReadFacts(*serving).subject.empty());
  CHECK(ExtensionText(*serving, NID_subject_alt_name).starts_with("critical DNS:"));
  CHECK(Verify(issued, options.service + "." + options.service_namespace + ".svc", kToday) == "ok");
}

TEST_CASE("a certificate for addresses alone verifies") {
  IssueOptions options;
  options.ip_addresses = {"127.0.0.1"};
  CHECK(Verify(Issue(options, kClock).value(), "127.0.0.1", kToday) == "ok");
}

TEST_CASE("a second serving certificate of a kept CA verifies under it") {
  auto issued = Issue(WebhookOptions(), kClock).value();
  const auto renewed = IssueServing(WebhookOptions(), issued.authority, kToday + days(60));
  REQUIRE(renewed.has_value());
  issued.serving = *renewed;
  CHECK(Verify(issued, "webhook.mountguard-system.svc", kToday + days(149)) == "ok");
}

TEST_CASE("wishes that cannot be met are refused with what was expected") {
  IssueOptions options;
  CHECK(Refusal(options) ==
        "a serving certificate needs a name: give a service with its namespace, a DNS name or an "
        "IP address");
  options.service = "webhook";
  CHECK(Refusal(options) ==
        "service \"webhook\" needs its namespace: the API server calls it webhook.NAMESPACE.svc");
  options = {};
  options.service_namespace = "ns";
  CHECK(Refusal(options) == "a namespace without a service names nothing: give the service too");

  options = WebhookOptions();
  options.service = "Web_Hook";
  CHECK(
      Refusal(options) ==
      "service \"Web_Hook\" is no Kubernetes name: expected lower-case letters, digits and \"-\", "
      "at most 63, beginning and ending with a letter or digit");
  options = WebhookOptions();
  options.service_namespace = std::string(64, 'n');
  CHECK(Refusal(options) ==
        "namespace \"" + std::string(64, 'n') +
            "\" is no Kubernetes name: expected lower-case letters, digits and \"-\", at most 63, "
            "beginning and ending with a letter or digit");

  for (const std::string name : {"", "a..b", "-a.org", "a-.org", "https://a.org", "a.org.", "a b",
                                 "a.*.org", "*", "A.org", "a_b.org"}) {
    options = WebhookOptions();
    options.dns_names = {name};
    CHECK(Refusal(options) ==
          "\"" + name +
              "\" is no DNS name: expected labels of lower-case letters, digits "
              "and \"-\" joined by dots, such as webhook.example.org or "
              "*.example.org");
  }
  options = WebhookOptions();
  options.dns_names = {"10.0.0.1"};
  CHECK(Refusal(options) == "\"10.0.0.1\" is an address, not a DNS name: give it as an IP");
  for (const std::string address : {"", "10.0.0", "10.0.0.1:8443", "10.0.0.0/8", "fe80::1%eth0"}) {
    options = WebhookOptions();
    options.ip_addresses = {address};
    CHECK(Refusal(options) == "\"" + address +
                                  "\" is no IP address: expected one such as 10.0.0.1 or fd00::1, "
                                  "without port or prefix length");
  }
}

TEST_CASE("lifetimes that make no sense are refused with what was expected") {
  IssueOptions options = WebhookOptions();
  options.lifetime = days(0);
  CHECK(
      Refusal(options) ==
      "the serving certificate cannot be valid for 0 days: expected more than 0 and at most 36500 "
      "days");
  options.lifetime = days(-3);
  CHECK(
      Refusal(options) ==
      "the serving certificate cannot be valid for -3 days: expected more than 0 and at most 36500 "
      "days");
  options = WebhookOptions();
  options.ca_lifetime = days(36501);
  CHECK(Refusal(options) ==
        "the CA cannot be valid for 36501 days: expected more than 0 and at most 36500 days");
  options.ca_lifetime = days(30);
  CHECK(Refusal(options) ==
        "the serving certificate (90 days) would outlive its CA (30 days): give it a shorter life, "
        "or the CA a longer one");
  options.lifetime = days(30);
  CHECK(Refusal(options) == "issued");
}

TEST_CASE("files are written with keys for their owner alone, and are never overwritten") {
  const TemporaryDirectory temporary;
  const std::filesystem::path directory = temporary / "new" / "certs";
  const auto issued = Issue(WebhookOptions(), kClock).value();
  REQUIRE(WriteCertificates(directory.string(), issued).has_value());
  const SystemFileReader reader;
  CHECK(reader.List(directory.string()).value() ==
        std::vector<std::string>{"ca.crt", "ca.key", "tls.crt", "tls.key"});
  CHECK(ModeOf(directory / "ca.key") == 0600);
  CHECK(ModeOf(directory / "tls.key") == 0600);
  CHECK((ModeOf(directory / "ca.crt") & 0444) == 0444);
  CHECK(reader.Read((directory / "ca.crt").string()).value() == issued.authority.certificate);
  CHECK(reader.Read((directory / "tls.key").string()).value() == issued.serving.key);

  std::filesystem::remove(directory / "ca.crt");
  std::filesystem::remove(directory / "tls.crt");
  const auto again = WriteCertificates(directory.string(), Issue(WebhookOptions(), kClock).value());
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().message ==
        directory.string() +
            " already holds ca.key, tls.key: nothing was written, for what trusts that CA would be "
            "cut off; give another directory, or move the old files away");
  CHECK(reader.Read((directory / "ca.key").string()).value() == issued.authority.key);
  CHECK_FALSE(std::filesystem::exists(directory / "ca.crt"));
}

TEST_CASE("a directory that cannot be made is named") {
  const TemporaryDirectory temporary;
  const std::string file = (temporary / "file").string();
  REQUIRE(std::filesystem::create_directory(temporary / "d"));
  std::filesystem::create_symlink("/proc/nowhere", file);
  const auto written = WriteCertificates(file + "/certs", Issue(WebhookOptions(), kClock).value());
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().message.starts_with("cannot create " + file + "/certs: "));
}

TEST_CASE("key algorithms go by their flag's words") {
  CHECK(KeyAlgorithmFromText("ecdsa-p256") == KeyAlgorithm::kEcdsaP256);
  CHECK(KeyAlgorithmFromText("rsa-2048") == KeyAlgorithm::kRsa2048);
  CHECK_FALSE(KeyAlgorithmFromText("rsa-1024").has_value());
  CHECK(ToString(KeyAlgorithm::kRsa2048) == "rsa-2048");
}

TEST_CASE("a TLS client that trusts the CA shakes hands by the service's name and by no other") {
  const auto issued = Issue(WebhookOptions(), kClock).value();
  CertStore store(
      ParseCertPair({{"tls.crt", issued.serving.certificate}, {"tls.key", issued.serving.key}},
                    kToday)
          .value());
  const auto context = MakeServerContext({}, store);
  REQUIRE(context.has_value());
  Client client;
  client.ca_pem = issued.authority.certificate;
  client.host = "webhook.mountguard-system.svc";
  Connection good = Connect(context->get(), client);
  CHECK(good.failure == "");
  CHECK(good.Echo());

  client.host = "other.mountguard-system.svc";
  CHECK(Connect(context->get(), client).failure == "hostname mismatch");

  client.host = "webhook.mountguard-system.svc";
  client.ca_pem = Issue(WebhookOptions(), kClock).value().authority.certificate;
  CHECK(Connect(context->get(), client).failure == "unable to get local issuer certificate");
}

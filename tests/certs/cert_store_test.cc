#include "certs/cert_store.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "certs/issuer.h"
#include "certs/tls_context.h"
#include "tests/certs/forge.h"
#include "tests/certs/handshake.h"

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using mountguard::tests::Client;
using mountguard::tests::Connect;
using mountguard::tests::Connection;
using mountguard::tests::kToday;

namespace {

constexpr const char* kHost = "webhook.ns.svc";

IssueOptions Options() {
  IssueOptions options;
  options.service = "webhook";
  options.service_namespace = "ns";
  return options;
}

std::shared_ptr<const CertPair> Pair(const PemPair& issued) {
  return ParseCertPair({{"tls.crt", issued.certificate}, {"tls.key", issued.key}}, kToday).value();
}

std::shared_ptr<const CertPair> NewPair(const PemPair& authority) {
  return Pair(IssueServing(Options(), authority, kToday).value());
}

}  // namespace

TEST_CASE("a new handshake is given the newest pair, and a connection keeps its own") {
  const PemPair authority = IssueAuthority(Options(), kToday).value();
  CertStore store(NewPair(authority));
  const SslCtxPtr context = MakeServerContext({}, store).value();
  Client client;
  client.ca_pem = authority.certificate;
  client.host = kHost;

  Connection before = Connect(context.get(), client);
  REQUIRE(before.established);
  const std::string first_serial = store.Current()->facts.serial;
  CHECK(before.ServerSerial() == first_serial);

  store.Replace(NewPair(authority));
  Connection after = Connect(context.get(), client);
  REQUIRE(after.established);
  CHECK(after.ServerSerial() == store.Current()->facts.serial);
  CHECK(after.ServerSerial() != first_serial);
  CHECK(before.Echo());
  CHECK(before.ServerSerial() == first_serial);
}

TEST_CASE("without a pair handshakes are refused until there is one") {
  CertStore store;
  CHECK(store.Current() == nullptr);
  const SslCtxPtr context = MakeServerContext({}, store).value();
  const PemPair authority = IssueAuthority(Options(), kToday).value();
  Client client;
  client.ca_pem = authority.certificate;
  client.host = kHost;
  CHECK(Connect(context.get(), client).failure == "server: cert cb error");
  store.Replace(NewPair(authority));
  CHECK(Connect(context.get(), client).established);
}

TEST_CASE("the client is sent the whole chain") {
  const auto root = mountguard::tests::Forge({"root", nullptr, mountguard::tests::kCaExtensions});
  const auto middle = mountguard::tests::Forge({"middle", &root, mountguard::tests::kCaExtensions});
  const auto leaf = mountguard::tests::Forge({"leaf", &middle});
  CertStore store(Pair({leaf.pem() + middle.pem(), leaf.key_pem()}));
  const SslCtxPtr context = MakeServerContext({}, store).value();
  Client client;
  client.ca_pem = root.pem();
  client.host = kHost;
  CHECK(Connect(context.get(), client).failure == "");
  store.Replace(Pair({leaf.pem(), leaf.key_pem()}));
  CHECK(Connect(context.get(), client).failure == "unable to get local issuer certificate");
}

TEST_CASE("pairs of every kind are swapped under load, and no handshake fails") {
  const PemPair authority = IssueAuthority(Options(), kToday).value();
  IssueOptions rsa = Options();
  rsa.algorithm = KeyAlgorithm::kRsa2048;
  const std::vector<std::shared_ptr<const CertPair>> pairs = {
      NewPair(authority), NewPair(authority), Pair(IssueServing(rsa, authority, kToday).value())};
  CertStore store(pairs[0]);
  const SslCtxPtr context = MakeServerContext({}, store).value();

  constexpr int kHandshakes = 60;
  std::atomic<int> failures{0};
  std::atomic<int> running{2};
  std::vector<std::set<std::string>> seen(2);
  std::vector<std::thread> clients;
  for (auto& serials : seen) {
    clients.emplace_back([&] {
      Client client;
      client.ca_pem = authority.certificate;
      client.host = kHost;
      for (int i = 0; i < kHandshakes; ++i) {
        Connection connection = Connect(context.get(), client);
        if (!connection.established || !connection.Echo()) ++failures;
        serials.insert(connection.ServerSerial());
      }
      --running;
    });
  }
  for (std::size_t swap = 1; running > 0; ++swap) {
    store.Replace(pairs[swap % pairs.size()]);
    std::this_thread::yield();
  }
  for (std::thread& client : clients) client.join();
  CHECK(failures == 0);
  for (const auto& serials : seen) {
    for (const std::string& serial : serials) {
      CHECK(std::any_of(pairs.begin(), pairs.end(),
                        [&](const auto& pair) { return pair->facts.serial == serial; }));
    }
  }
}

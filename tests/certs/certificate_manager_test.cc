#include "certs/certificate_manager.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/certs/fake_cluster.h"
#include "tests/certs/forge.h"

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using mountguard::core::WallTime;
using mountguard::tests::FakeApi;
using mountguard::tests::FakeCluster;
using mountguard::tests::kToday;
using namespace std::chrono_literals;
using Fate = FakeApi::Fate;

namespace {

class TestClock final : public mountguard::core::Clock {
 public:
  WallTime Now() const override { return now_; }
  void Advance(std::chrono::milliseconds time) { now_ += time; }
  std::chrono::steady_clock::time_point Steady() const {
    return std::chrono::steady_clock::time_point(now_ - kToday);
  }

 private:
  WallTime now_ = kToday;
};

/// A replica with its way to the cluster, driven by hand.
struct Replica {
  Replica(FakeCluster* cluster, const TestClock& clock) : api(cluster) {
    ManagerOptions options;
    options.issue.service = "webhook";
    options.issue.service_namespace = "ns";
    options.secret = {"ns", "mountguard-certificates"};
    options.webhook_configuration = "mountguard";
    options.rotation.lifetime = 10h;
    options.rotation.ca_lifetime = 100h;
    options.steady_now = [&clock] { return clock.Steady(); };
    manager = CertificateManager::Create(
                  options, &api, clock,
                  {[this](std::shared_ptr<const CertPair> pair) { served = std::move(pair); },
                   [this](const ManagerEvent& event) { events.push_back(Text(event)); }})
                  .value();
  }

  static std::string Text(const ManagerEvent& event) {
    constexpr const char* kResults[] = {"done", "conflict", "failed", "warning"};
    return std::string(event.step) + " " + kResults[static_cast<int>(event.result)] + ": " +
           event.text + (event.repeated ? " (again)" : "");
  }

  bool Told(const std::string& text) const {
    return std::any_of(events.begin(), events.end(), [&](const std::string& event) {
      return event.find(text) != std::string::npos;
    });
  }

  FakeApi api;
  std::shared_ptr<const CertPair> served;
  std::vector<std::string> events;
  std::unique_ptr<CertificateManager> manager;
};

/// Whether a client that trusts `bundle` takes the certificate.
bool Trusts(const std::string& bundle, const CertPair& pair) {
  X509StorePtr store(X509_STORE_new());
  for (const Authority& authority : ReadTrustBundle(bundle).authorities) {
    const auto certificates = ReadCertificates({"ca", authority.pem.certificate});
    X509_STORE_add_cert(store.get(), certificates->front().certificate.get());
  }
  X509StoreCtxPtr context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), pair.certificate.get(), nullptr);
  X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context.get()),
                             std::chrono::system_clock::to_time_t(kToday));
  X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(context.get()), X509_V_FLAG_NO_CHECK_TIME);
  return X509_verify_cert(context.get()) == 1;
}

const std::string& BundleOf(const FakeCluster& cluster) {
  return cluster.configuration->clients[0].ca_bundle;
}

/// Looks until all is well, a few seconds after each failure.
void Settle(Replica* replica, TestClock* clock) {
  for (int i = 0; i < 4; ++i) {
    replica->manager->Look();
    clock->Advance(2s);
    if (replica->manager->Status().problem.empty()) return;
  }
}

}  // namespace

TEST_CASE("a first look makes the certificate, stores it and is trusted") {
  FakeCluster cluster;
  cluster.PutConfiguration("");
  TestClock clock;
  Replica replica(&cluster, clock);
  CHECK(replica.manager->Status().problem == "the API server has not been asked yet");
  const auto wait = replica.manager->Look();
  CHECK(wait <= 1min);
  CHECK(wait >= 54s);
  REQUIRE(replica.served != nullptr);
  CHECK(replica.served->facts.dns_names.front() == "webhook.ns.svc");
  CHECK(Trusts(BundleOf(cluster), *replica.served));
  CHECK(replica.events ==
        std::vector<std::string>{"stage-ca done: there is no Secret",
                                 "trust done: caBundle lacks a CA",
                                 "promote-ca done: every API server trusts the new CA",
                                 "serve done: it is the stored one"});
  const ManagerStatus status = replica.manager->Status();
  CHECK(status.has_certificate);
  CHECK(status.problem.empty());
  CHECK(status.authority_expiry == kToday + 100h);
  // Nobody but the Secret has a key.
  CHECK(BundleOf(cluster).find("PRIVATE KEY") == std::string::npos);
  CHECK(cluster.secret->data.count("ca.key") == 1);
}

TEST_CASE("a second replica takes what the first has made") {
  FakeCluster cluster;
  cluster.PutConfiguration("");
  TestClock clock;
  Replica first(&cluster, clock);
  Replica second(&cluster, clock);
  first.manager->Look();
  second.manager->Look();
  REQUIRE(second.served != nullptr);
  CHECK(second.served->facts.serial == first.served->facts.serial);
  CHECK(cluster.authorities.size() == 1);
}

TEST_CASE("a CA is replaced with each call failing in turn, and nothing is made twice") {
  struct Mishap {
    Fate fate;
    FakeApi::Kind kind;
  };
  const Mishap mishap = GENERATE(Mishap{Fate::kFails, FakeApi::Kind::kUnreachable},
                                 Mishap{Fate::kFails, FakeApi::Kind::kConflict},
                                 Mishap{Fate::kAnswerLost, FakeApi::Kind::kUnreachable});
  bool reached = true;
  for (int call = 0; reached; ++call) {
    CAPTURE(static_cast<int>(mishap.fate), static_cast<int>(mishap.kind), call);
    FakeCluster cluster;
    cluster.PutConfiguration("");
    TestClock clock;
    Replica replica(&cluster, clock);
    Replica bystander(&cluster, clock);
    replica.api.FailAt(call, mishap.fate, mishap.kind);
    Settle(&replica, &clock);
    Settle(&bystander, &clock);
    REQUIRE(replica.served != nullptr);
    REQUIRE(cluster.authorities.size() == 1);
    REQUIRE(cluster.leaves.size() == 1);

    // The operator's way to force a rotation: the CA's key is taken away.
    auto data = cluster.secret->data;
    data.erase("ca.key");
    cluster.PutSecret(data);
    const std::string old_bundle = BundleOf(cluster);
    Settle(&replica, &clock);
    REQUIRE(Trusts(BundleOf(cluster), *replica.served));
    REQUIRE(Trusts(old_bundle, *replica.served));  // for API servers that have not seen the new one
    clock.Advance(1min);
    Settle(&replica, &clock);
    clock.Advance(1min);
    Settle(&replica, &clock);
    REQUIRE_FALSE(Trusts(old_bundle, *replica.served));
    REQUIRE(Trusts(BundleOf(cluster), *replica.served));
    REQUIRE(Trusts(BundleOf(cluster), *bystander.served));  // which has not looked since
    REQUIRE(cluster.authorities.size() == 2);
    REQUIRE(cluster.leaves.size() == 2);
    reached = replica.api.calls() > call;
    Settle(&replica, &clock);
    REQUIRE(replica.manager->Status().problem.empty());
  }
}

TEST_CASE("what fails is tried again, later each time, and told once") {
  FakeCluster cluster;
  TestClock clock;
  Replica replica(&cluster, clock);
  replica.api.set_down(true);
  auto longest = 0ms;
  for (int i = 0; i < 12; ++i) {
    const auto wait = replica.manager->Look();
    CHECK(wait >= 250ms);
    CHECK(wait <= 1min);
    longest = std::max(longest, wait);
  }
  CHECK(longest >= 30s);
  CHECK(replica.events[0] == "read-secret failed: the API says unreachable");
  CHECK(replica.events[1] == "read-secret failed: the API says unreachable (again)");
  CHECK(replica.manager->Status().problem == "the API says unreachable");
  CHECK_FALSE(replica.manager->Status().has_certificate);
  replica.api.set_down(false);
  replica.manager->Look();
  CHECK(replica.served != nullptr);
}

TEST_CASE("without the webhook configuration it serves, says so, and looks again soon") {
  FakeCluster cluster;
  TestClock clock;
  Replica replica(&cluster, clock);
  CHECK(replica.manager->Look() <= 5s);
  CHECK(replica.served != nullptr);
  CHECK(replica.manager->Status().problem == "there is no such webhook configuration");
  CHECK(replica.Told("wait warning: there is no such webhook configuration"));
  cluster.PutConfiguration("");
  replica.manager->Look();
  CHECK(Trusts(BundleOf(cluster), *replica.served));
  CHECK(replica.manager->Status().problem.empty());
}

TEST_CASE("webhooks of others keep their bundle") {
  FakeCluster cluster;
  cluster.PutConfiguration("");
  WebhookClient other = cluster.configuration->clients[0];
  other.pointer = "/webhooks/1/clientConfig";
  other.service = "someone-else";
  other.ca_bundle = "theirs";
  cluster.configuration->clients.push_back(other);
  TestClock clock;
  Replica replica(&cluster, clock);
  replica.manager->Look();
  CHECK(cluster.configuration->clients[1].ca_bundle == "theirs");
  CHECK(Trusts(BundleOf(cluster), *replica.served));
}

TEST_CASE("a configuration without a webhook of ours is an obstacle, not a victim") {
  FakeCluster cluster;
  cluster.PutConfiguration("theirs");
  cluster.configuration->clients[0].service = "someone-else";
  TestClock clock;
  Replica replica(&cluster, clock);
  replica.manager->Look();
  CHECK(replica.served == nullptr);
  CHECK(BundleOf(cluster) == "theirs");
  CHECK(replica.manager->Status().problem.find("no webhook of the configuration points at") == 0);
}

TEST_CASE("time is the API server's") {
  FakeCluster cluster;
  cluster.PutConfiguration("");
  TestClock clock;
  Replica replica(&cluster, clock);
  replica.api.clock_offset = 5h;
  replica.manager->Look();
  REQUIRE(replica.served != nullptr);
  CHECK(replica.served->facts.not_after == kToday + 5h + 10h);
  CHECK(replica.Told("the clock here is 5 hours behind that of the API server, which is gone by"));
  CHECK(replica.manager->Status().clock_offset == 5h);
}

TEST_CASE("events and problems tell no key") {
  FakeCluster cluster;
  cluster.PutConfiguration("");
  TestClock clock;
  Replica replica(&cluster, clock);
  replica.manager->Look();
  auto data = cluster.secret->data;
  std::swap(data["tls.crt"], data["tls.key"]);
  std::swap(data["ca.crt"], data["ca.key"]);
  const std::string secret_line = data["ca.crt"].substr(30, 40);
  cluster.PutSecret(data);
  replica.manager->Look();
  CHECK(replica.Told("read-secret warning: Secret ns/mountguard-certificates: "));
  CHECK_FALSE(replica.Told(secret_line));
}

TEST_CASE("names that no certificate can have are refused at the start") {
  FakeCluster cluster;
  TestClock clock;
  FakeApi api(&cluster);
  ManagerOptions options;
  options.issue.service = "Not_A_Name";
  options.issue.service_namespace = "ns";
  CHECK_FALSE(CertificateManager::Create(options, &api, clock, {}).has_value());
}

TEST_CASE("it looks on a thread of its own and stops when told to") {
  FakeCluster cluster;
  cluster.PutConfiguration("");
  TestClock clock;
  FakeApi api(&cluster);
  std::atomic<int> served{0};
  ManagerOptions options;
  options.issue.service = "webhook";
  options.issue.service_namespace = "ns";
  auto manager =
      CertificateManager::Create(options, &api, clock,
                                 {[&](const auto&) { ++served; }, [](const ManagerEvent&) {}})
          .value();
  REQUIRE(manager->Start().has_value());
  for (int i = 0; i < 500 && served == 0; ++i) std::this_thread::sleep_for(10ms);
  CHECK(served == 1);
  manager->Stop();
  CHECK(manager->Status().has_certificate);
}

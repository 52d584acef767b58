#ifndef MOUNTGUARD_TESTS_CERTS_FAKE_CLUSTER_H_
#define MOUNTGUARD_TESTS_CERTS_FAKE_CLUSTER_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "certs/kubernetes_api.h"

namespace mountguard::tests {

/// What a cluster stores of one Secret and one webhook configuration, and what it ever stored.
struct FakeCluster {
  std::optional<certs::Secret> secret;
  std::optional<certs::WebhookConfiguration> configuration;
  int version = 0;
  std::set<std::string> authorities;  // PEM, of ca.crt and next-ca.crt
  std::set<std::string> leaves;       // PEM, of tls.crt

  void PutSecret(const std::map<std::string, std::string>& data) {
    secret = certs::Secret{data, std::to_string(++version), ""};
    for (const char* key : {"ca.crt", "next-ca.crt"}) {
      if (data.count(key) != 0) authorities.insert(data.at(key));
    }
    if (data.count("tls.crt") != 0) leaves.insert(data.at("tls.crt"));
  }

  /// A configuration with one webhook, which points at the service "webhook" in "ns".
  void PutConfiguration(const std::string& ca_bundle) {
    certs::WebhookClient client;
    client.name = "mounts";
    client.pointer = "/webhooks/0/clientConfig";
    client.service = "webhook";
    client.service_namespace = "ns";
    client.ca_bundle = ca_bundle;
    configuration = certs::WebhookConfiguration{};
    configuration->name = "mountguard";
    configuration->clients = {client};
    TouchConfiguration();
  }

  void TouchConfiguration() {
    configuration->resource_version = std::to_string(++version);
    configuration->generation = configuration->resource_version;
  }
};

/// One replica's way to a FakeCluster, whose calls can be made to fail.
class FakeApi final : public certs::KubernetesApi {
 public:
  using Kind = certs::ApiError::Kind;
  enum class Fate { kWell, kFails, kAnswerLost };

  explicit FakeApi(FakeCluster* cluster) : cluster_(*cluster) {}

  /// The call of that number, from 0, fails once: before it has any effect, or after.
  void FailAt(int call, Fate fate, Kind kind) {
    fail_at_ = call;
    fate_ = fate;
    kind_ = kind;
  }
  /// Every call fails until told otherwise.
  void set_down(bool down) { down_ = down; }
  int calls() const { return calls_; }
  std::chrono::seconds clock_offset{0};

  certs::ApiResult<certs::Secret> GetSecret(const certs::SecretName&) override {
    return Do<certs::Secret>([this]() -> certs::ApiResult<certs::Secret> {
      if (!cluster_.secret) return Refuse(Kind::kNotFound);
      return *cluster_.secret;
    });
  }
  certs::ApiResult<certs::Secret> CreateSecret(
      const certs::SecretName&, const std::map<std::string, std::string>& data) override {
    return Do<certs::Secret>([&]() -> certs::ApiResult<certs::Secret> {
      if (cluster_.secret) return Refuse(Kind::kConflict);
      cluster_.PutSecret(data);
      return *cluster_.secret;
    });
  }
  certs::ApiResult<certs::Secret> UpdateSecret(
      const certs::SecretName&, const certs::Secret& secret,
      const std::map<std::string, std::string>& data) override {
    return Do<certs::Secret>([&]() -> certs::ApiResult<certs::Secret> {
      if (!cluster_.secret) return Refuse(Kind::kNotFound);
      if (cluster_.secret->resource_version != secret.resource_version) {
        return Refuse(Kind::kConflict);
      }
      cluster_.PutSecret(data);
      return *cluster_.secret;
    });
  }
  certs::ApiResult<certs::WebhookConfiguration> GetWebhooks(certs::WebhookKind,
                                                            const std::string&) override {
    return Do<certs::WebhookConfiguration>(
        [this]() -> certs::ApiResult<certs::WebhookConfiguration> {
          if (!cluster_.configuration) return Refuse(Kind::kNotFound);
          return *cluster_.configuration;
        });
  }
  certs::ApiResult<certs::WebhookConfiguration> SetCaBundles(
      const certs::WebhookConfiguration& configuration,
      const std::map<std::string, std::string>& bundles) override {
    return Do<certs::WebhookConfiguration>([&]() -> certs::ApiResult<certs::WebhookConfiguration> {
      if (!cluster_.configuration) return Refuse(Kind::kNotFound);
      if (cluster_.configuration->resource_version != configuration.resource_version) {
        return Refuse(Kind::kConflict);
      }
      for (certs::WebhookClient& client : cluster_.configuration->clients) {
        if (bundles.count(client.pointer) != 0) client.ca_bundle = bundles.at(client.pointer);
      }
      cluster_.TouchConfiguration();
      return *cluster_.configuration;
    });
  }
  std::chrono::seconds ClockOffset() const override { return clock_offset; }

 private:
  static core::Unexpected<certs::ApiError> Refuse(Kind kind) {
    return core::Unexpected(certs::ApiError{kind, "the API says " + std::string(ToString(kind))});
  }

  template <class T, class Effect>
  certs::ApiResult<T> Do(const Effect& effect) {
    const bool fails = calls_++ == fail_at_;
    if (down_) return Refuse(Kind::kUnreachable);
    if (fails && fate_ == Fate::kFails) return Refuse(kind_);
    auto result = effect();
    if (fails && fate_ == Fate::kAnswerLost) return Refuse(kind_);
    return result;
  }

  FakeCluster& cluster_;
  int calls_ = 0;
  int fail_at_ = -1;
  Fate fate_ = Fate::kWell;
  Kind kind_ = Kind::kUnreachable;
  bool down_ = false;
};

}  // namespace mountguard::tests

#endif  // MOUNTGUARD_TESTS_CERTS_FAKE_CLUSTER_H_

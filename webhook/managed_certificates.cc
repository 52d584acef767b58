#include <arpa/inet.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "certs/api_access.h"
#include "certs/certificate_manager.h"
#include "certs/kubernetes_api.h"
#include "webhook/certificate_source.h"

namespace mountguard::webhook {
namespace {

using certs::ManagerEvent;
using Pair = std::shared_ptr<const certs::CertPair>;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

certs::ApiAccessSource AccessTo(const std::string& kubeconfig, const core::FileReader& reader) {
  if (!kubeconfig.empty()) {
    return [kubeconfig, &reader] { return certs::ReadKubeconfig(kubeconfig, reader); };
  }
  return [host = FromEnvironment("KUBERNETES_SERVICE_HOST"),
          port = FromEnvironment("KUBERNETES_SERVICE_PORT"),
          &reader] { return certs::ReadInCluster(host, port, reader); };
}

bool IsAddress(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

/// A certificate that nobody trusts. Its issuer is forgotten.
core::Result<Pair> MakePlaceholder(core::WallTime now) {
  certs::IssueOptions options;
  options.dns_names = {"certificate-not-ready.mountguard.invalid"};
  const auto authority = certs::IssueAuthority(options, now);
  if (!authority) return core::Unexpected(authority.error());
  const auto serving = certs::IssueServing(options, *authority, now);
  if (!serving) return core::Unexpected(serving.error());
  return certs::ParseCertPair(
      {{"placeholder", serving->certificate}, {"placeholder", serving->key}}, now);
}

std::string_view ResultLabel(const ManagerEvent& event) {
  switch (event.result) {
    case ManagerEvent::Result::kDone:
      return "done";
    case ManagerEvent::Result::kConflict:
      return "conflict";
    case ManagerEvent::Result::kFailed:
    case ManagerEvent::Result::kWarning:
      return event.reason;
  }
  return "";
}

class ManagedCertificates final : public CertificateSource {
 public:
  explicit ManagedCertificates(const CertificateWorld& world) : world_(world) {}
  ~ManagedCertificates() override {
    if (manager_ != nullptr) manager_->Stop();
  }

  core::Result<void, StartError> Start(const ManagedCertificatesConfig& config) {
    certs::ApiAccessSource access = AccessTo(config.kubeconfig, world_.reader);
    if (const auto works = access(); !works) return Unavailable(works.error().message);
    certs::ManagerOptions options;
    options.secret = {config.namespace_name, config.secret_name};
    if (options.secret.namespace_name.empty()) {
      auto own = certs::ReadOwnNamespace(world_.reader);
      if (!own) return Wrong("--namespace is missing, and this is no pod: " + own.error().message);
      options.secret.namespace_name = std::move(*own);
    }
    options.webhook_configuration = config.webhook_configuration;
    options.rotation = config.rotation;
    options.issue.service = config.service_name;
    if (!config.service_name.empty()) {
      options.issue.service_namespace = options.secret.namespace_name;
    }
    for (const std::string& name : config.names) {
      (IsAddress(name) ? options.issue.ip_addresses : options.issue.dns_names).push_back(name);
    }
    auto placeholder = MakePlaceholder(world_.clock.Now());
    if (!placeholder) return Wrong(placeholder.error().message);
    world_.store->Replace(std::move(*placeholder));

    api_ = std::make_unique<certs::HttpKubernetesApi>(std::move(access), config.api_timeout,
                                                      world_.clock);
    auto manager =
        certs::CertificateManager::Create(std::move(options), api_.get(), world_.clock,
                                          {[this](Pair pair) { Serve(std::move(pair)); },
                                           [this](const ManagerEvent& event) { Tell(event); }});
    if (!manager) return Wrong("--manage-certificates: " + manager.error().message);
    manager_ = std::move(*manager);
    if (auto started = manager_->Start(); !started) return Unavailable(started.error().message);
    return {};
  }

  CertificateHealth Health() const override {
    const certs::ManagerStatus status = manager_->Status();
    CertificateHealth health;
    health.authority_expiry = status.authority_expiry;
    health.is_stalled = !status.problem.empty();
    health.clock_offset = status.clock_offset;
    if (!status.has_certificate) {
      health.problem = "there is none yet";
      if (health.is_stalled) health.problem += ": " + status.problem;
      return health;
    }
    health.expiry = world_.store->Current()->facts.not_after;
    if (*health.expiry <= world_.clock.Now() + status.clock_offset) {
      health.problem = "it has expired";
      if (health.is_stalled) health.problem += ": " + status.problem;
    }
    return health;
  }

 private:
  void Serve(Pair pair) {
    const auto expires =
        std::chrono::floor<std::chrono::seconds>(pair->facts.not_after.time_since_epoch());
    world_.log.Info("certificate in force", {{"serial", std::string_view(pair->facts.serial)},
                                             {"expires", std::int64_t{expires.count()}}});
    world_.store->Replace(std::move(pair));
  }

  void Tell(const ManagerEvent& event) {
    world_.metrics->CountCertificateStep(event.step, ResultLabel(event));
    const std::string_view text = event.text;
    switch (event.result) {
      case ManagerEvent::Result::kDone:
        return world_.log.Info("certificate step", {{"step", event.step}, {"because", text}});
      case ManagerEvent::Result::kConflict:
        return world_.log.Info("certificate step: another replica was quicker",
                               {{"step", event.step}, {"answer", text}});
      case ManagerEvent::Result::kFailed:
      case ManagerEvent::Result::kWarning:
        break;
    }
    const bool failed = event.result == ManagerEvent::Result::kFailed;
    const std::string_view message =
        failed ? "certificate step failed: the last good certificate stays in force, and it is "
                 "tried again"
               : "certificate warning";
    const std::initializer_list<LogField> fields = {{"step", event.step}, {"problem", text}};
    if (event.repeated) {
      world_.log.Debug(message, fields);
    } else if (failed) {
      world_.log.Error(message, fields);
    } else {
      world_.log.Warn(message, fields);
    }
  }

  const CertificateWorld world_;
  std::unique_ptr<certs::KubernetesApi> api_;
  std::unique_ptr<certs::CertificateManager> manager_;
};

}  // namespace

core::Result<std::unique_ptr<CertificateSource>, StartError> StartManagedCertificates(
    const ManagedCertificatesConfig& config, const CertificateWorld& world) {
  auto source = std::make_unique<ManagedCertificates>(world);
  if (auto started = source->Start(config); !started) {
    return core::Unexpected(std::move(started).error());
  }
  return std::unique_ptr<CertificateSource>(std::move(source));
}

}  // namespace mountguard::webhook

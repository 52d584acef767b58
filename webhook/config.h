#ifndef MOUNTGUARD_WEBHOOK_CONFIG_H_
#define MOUNTGUARD_WEBHOOK_CONFIG_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "certs/rotation.h"
#include "core/result.h"
#include "core/runtime.h"
#include "policy/finding.h"
#include "webhook/log.h"

namespace mountguard::webhook {

/// How the server looks after its certificates itself (`--manage-certificates`).
struct ManagedCertificatesConfig {
  bool enabled = false;
  std::string service_name;
  std::string namespace_name;  // "": the pod's own
  std::string webhook_configuration;
  std::string secret_name = "mountguard-certificates";
  std::vector<std::string> names;  // DNS names and addresses beside the service's
  std::string kubeconfig;          // "": the pod's service account
  std::chrono::milliseconds api_timeout{10'000};
  certs::RotationSettings rotation;
};

/// A flag as it counts, given or not.
struct EffectiveFlag {
  std::string name;   // "secure-port"
  std::string value;  // "8443"; the parts of a list joined by commas
};

/// Everything that `mountguard serve` can be told; the defaults are those of its flags.
struct ServerConfig {
  std::string bind_address = "0.0.0.0";
  std::uint16_t secure_port = 8443;  // 0 picks a free one
  std::string tls_cert_file;
  std::string tls_private_key_file;
  ManagedCertificatesConfig managed_certificates;  // instead of the two files
  std::string tls_min_version = "VersionTLS12";
  std::vector<std::string> tls_cipher_suites;
  std::string client_ca_file;
  std::vector<std::string> client_allowed_names;
  std::vector<std::string> policies;  // files and directories; none: the built-in baseline
  policy::Action enforcement_action = policy::Action::kDeny;
  core::Runtime runtime = core::Runtime::kContainerd;
  std::string metrics_bind_address = ":8080";  // "": no metrics port
  bool profiling = false;                      // GET /debug/ on the metrics port
  std::chrono::milliseconds shutdown_delay{5'000};
  std::size_t max_request_bytes = 7'340'032;
  std::size_t max_connections = 2'048;
  std::chrono::milliseconds idle_timeout{120'000};
  std::chrono::milliseconds request_timeout{10'000};
  /// How long changed files must rest before they are read; no flag, tests shorten it.
  std::chrono::milliseconds reload_settle_time{100};
  LogFormat log_format = LogFormat::kJson;
  LogLevel log_level = LogLevel::kInfo;
  std::vector<EffectiveFlag> flags;  // for /debug/flags
};

/// A host and a port, as they are bound.
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

/// "127.0.0.1:8080", "[::1]:8080", ":8080" (every address). The error says what was expected.
core::Result<Endpoint> ParseEndpoint(std::string_view text);

/// Go's notation of a duration, as Kubernetes' flags take it: "5s", "1m30s", "250ms", "0"; at most
/// `longest`.
core::Result<std::chrono::milliseconds> ParseDuration(
    std::string_view text, std::chrono::hours longest = std::chrono::hours(1000));

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_CONFIG_H_

#include "cli/serve.h"

#include <fmt/format.h>
#include <fmt/ostream.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/names.h"
#include "webhook/app.h"
#include "webhook/config.h"

namespace mountguard::cli {
namespace {

using webhook::ServerConfig;

/// The flags as they are written; what is not given keeps the configuration's default.
struct ServeFlags {
  std::string enforcement_action = "Deny";
  std::string runtime = "containerd";
  std::string log_format = "json";
  std::string log_level = "info";
  bool verbose = false;
  int secure_port = 0;
  int max_request_bytes = 0;
  int max_connections = 0;
  std::vector<std::string> cipher_suites;
  std::vector<std::string> client_allowed_names;
  std::string shutdown_delay = "5s";
  std::string idle_timeout = "120s";
  std::string request_timeout = "10s";
  std::string certificate_lifetime = "2160h";
  std::string ca_lifetime = "26280h";
  std::string ca_bundle_wait = "1m";
  std::string clock_skew = "1h";
  std::string certificate_check_interval = "1m";
  std::string kubernetes_api_timeout = "10s";
};

std::vector<FlagGroup> FlagGroups(ServeFlags* flags, ServerConfig* config) {
  webhook::ManagedCertificatesConfig& managed = config->managed_certificates;
  return {
      {"Ports",
       {{"--bind-address", &config->bind_address, "ADDRESS", "address of the secure port"},
        {"--secure-port", &flags->secure_port, "PORT", "0 picks a free one; the log tells which"},
        {"--metrics-bind-address", &config->metrics_bind_address, "HOST:PORT",
         "address of GET /metrics, plain HTTP; empty: none"},
        {"--profiling", &config->profiling, "",
         "GET /debug/ on that port: connections, policy, flags, threads"}}},
      {"TLS",
       {{"--tls-cert-file", &config->tls_cert_file, "FILE",
         "the serving certificate and its chain, PEM; read again when it changes"},
        {"--tls-private-key-file", &config->tls_private_key_file, "FILE", "its private key, PEM"},
        {"--tls-min-version", &config->tls_min_version, "VersionTLS12|VersionTLS13",
         "the oldest version that is spoken"},
        {"--tls-cipher-suites", &flags->cipher_suites, "SUITE,...",
         "suites of TLS 1.2 by Go's names, best first"},
        {"--client-ca-file", &config->client_ca_file, "FILE",
         "ask every POST for a client certificate of these CAs"},
        {"--client-allowed-names", &flags->client_allowed_names, "NAME,...",
         "names that a client certificate must have one of; default: any"}}},
      {"Certificates that look after themselves (instead of --tls-cert-file)",
       {{"--manage-certificates", &managed.enabled, "",
         "make them, store them in a Secret, renew them, and keep caBundle right"},
        {"--service-name", &managed.service_name, "NAME", "the Service in front of the webhook"},
        {"--namespace", &managed.namespace_name, "NS",
         "of the Service and the Secret; default: the pod's own"},
        {"--webhook-configuration", &managed.webhook_configuration, "NAME",
         "the ValidatingWebhookConfiguration that calls it"},
        {"--certificate-secret", &managed.secret_name, "NAME", "where they are stored"},
        {"--certificate-name", &managed.names, "NAME",
         "a further DNS name or address, for webhooks with a url; repeatable"},
        {"--certificate-lifetime", &flags->certificate_lifetime, "DURATION",
         "of the serving certificate (2160h); renewed at two thirds"},
        {"--ca-lifetime", &flags->ca_lifetime, "DURATION",
         "of the CA (26280h); replaced at two thirds"},
        {"--ca-bundle-wait", &flags->ca_bundle_wait, "DURATION",
         "within which every API server has seen a new caBundle (1m)"},
        {"--clock-skew", &flags->clock_skew, "DURATION",
         "how far clocks may differ: an old CA is trusted that much longer (1h)"},
        {"--certificate-check-interval", &flags->certificate_check_interval, "DURATION",
         "how often the Secret and caBundle are looked at (1m)"},
        {"--kubeconfig", &managed.kubeconfig, "FILE",
         "how to reach the API server; default: the pod's service account"},
        {"--kubernetes-api-timeout", &flags->kubernetes_api_timeout, "DURATION",
         "of one call (10s)"}}},
      {"Policy",
       {{"--policy", &config->policies, "PATH",
         "file or directory, repeatable, re-read when it changes; default: the baseline"},
        {"--enforcement-action", &flags->enforcement_action, "Deny|Warn|Audit",
         "weaken every finding to this, for a roll-out"},
        {"--runtime", &flags->runtime, "containerd|cri-o|cri-dockerd", "what the nodes run"}}},
      {"Limits",
       {{"--max-request-bytes", &flags->max_request_bytes, "N", "of a request's body"},
        {"--max-connections", &flags->max_connections, "N",
         "open at the same time; lowered to what the limit of open files allows"},
        {"--idle-timeout", &flags->idle_timeout, "DURATION", "of a kept connection"},
        {"--request-timeout", &flags->request_timeout, "DURATION",
         "of a whole request; its own ?timeout= shortens it"},
        {"--shutdown-delay", &flags->shutdown_delay, "DURATION",
         "how long it still answers after SIGTERM, while it is not ready"}}},
      {"Log",
       {{"--log-format", &flags->log_format, "json|text", "a line an event, on standard error"},
        {"--log-level", &flags->log_level, "debug|info|warn|error", "the least that is logged"},
        {"-v", &flags->verbose, "", "the same as --log-level debug"}}},
  };
}

/// "a,b" given twice is as good as "a", "b" and so on.
std::vector<std::string> SplitCommas(const std::vector<std::string>& values) {
  std::vector<std::string> parts;
  for (const std::string& value : values) {
    std::size_t start = 0;
    while (start <= value.size()) {
      const std::size_t comma = std::min(value.find(',', start), value.size());
      if (comma > start) parts.push_back(value.substr(start, comma - start));
      start = comma + 1;
    }
  }
  return parts;
}

/// A certificate's life is longer than any wait: a hundred years, as `certs issue` has it.
constexpr std::chrono::hours kLongestDuration(1000);
constexpr std::chrono::hours kLongestLife(24 * 36500);

/// Reads the flags of --manage-certificates; why they are wrong, or nothing.
std::optional<std::string> CompleteManaged(const ServeFlags& flags, ServerConfig* config) {
  webhook::ManagedCertificatesConfig& managed = config->managed_certificates;
  std::chrono::milliseconds lifetime{0};
  std::chrono::milliseconds ca_lifetime{0};
  const struct {
    std::string_view flag;
    const std::string& text;
    std::chrono::milliseconds* target;
    std::chrono::hours longest;
  } durations[] = {
      {"--certificate-lifetime", flags.certificate_lifetime, &lifetime, kLongestLife},
      {"--ca-lifetime", flags.ca_lifetime, &ca_lifetime, kLongestLife},
      {"--ca-bundle-wait", flags.ca_bundle_wait, &managed.rotation.trust_wait, kLongestDuration},
      {"--clock-skew", flags.clock_skew, &managed.rotation.clock_skew, kLongestDuration},
      {"--certificate-check-interval", flags.certificate_check_interval,
       &managed.rotation.check_interval, kLongestDuration},
      {"--kubernetes-api-timeout", flags.kubernetes_api_timeout, &managed.api_timeout,
       kLongestDuration},
  };
  for (const auto& [flag, text, target, longest] : durations) {
    const auto duration = webhook::ParseDuration(text, longest);
    if (!duration) return fmt::format("{}: {}", flag, duration.error().message);
    *target = *duration;
  }
  managed.rotation.lifetime = std::chrono::floor<std::chrono::seconds>(lifetime);
  managed.rotation.ca_lifetime = std::chrono::floor<std::chrono::seconds>(ca_lifetime);
  if (!managed.enabled) {
    const bool stray = !managed.service_name.empty() || !managed.webhook_configuration.empty() ||
                       !managed.names.empty() || !managed.kubeconfig.empty();
    if (!stray) return std::nullopt;
    return "--service-name, --webhook-configuration, --certificate-name and --kubeconfig need "
           "--manage-certificates";
  }
  if (!config->tls_cert_file.empty() || !config->tls_private_key_file.empty()) {
    return "--manage-certificates makes the certificate itself: take away --tls-cert-file and "
           "--tls-private-key-file";
  }
  if (managed.service_name.empty() && managed.names.empty()) {
    return "--manage-certificates needs --service-name NAME, or --certificate-name NAME where the "
           "webhooks have a url";
  }
  if (managed.webhook_configuration.empty()) {
    return "--manage-certificates needs --webhook-configuration NAME: whose caBundle it keeps "
           "right";
  }
  const struct {
    std::string_view flag;
    const std::string& name;
  } names[] = {{"--webhook-configuration", managed.webhook_configuration},
               {"--certificate-secret", managed.secret_name}};
  for (const auto& [flag, name] : names) {
    if (core::IsDns1123Subdomain(name)) continue;
    return fmt::format(
        "{}: \"{}\" is no Kubernetes name: expected lower-case letters, digits, \"-\" and \".\"",
        flag, name);
  }
  if (managed.rotation.check_interval < std::chrono::milliseconds(100)) {
    return "--certificate-check-interval must be at least 100ms";
  }
  if (managed.api_timeout < std::chrono::milliseconds(100)) {
    return "--kubernetes-api-timeout must be at least 100ms";
  }
  return std::nullopt;
}

/// What every flag is now, whether it was given or not.
std::vector<webhook::EffectiveFlag> EffectiveFlags(const std::vector<FlagGroup>& groups) {
  struct Render {
    std::string operator()(const bool* on) const { return *on ? "true" : "false"; }
    std::string operator()(const int* number) const { return std::to_string(*number); }
    std::string operator()(const std::string* text) const { return *text; }
    std::string operator()(const std::optional<std::string>* text) const {
      return text->value_or("");
    }
    std::string operator()(const std::vector<std::string>* texts) const {
      return fmt::format("{}", fmt::join(*texts, ","));
    }
  };
  std::vector<webhook::EffectiveFlag> flags;
  for (const FlagGroup& group : groups) {
    for (const Flag& flag : group.flags) {
      const std::size_t name = flag.names.find_first_not_of('-');
      flags.push_back({std::string(flag.names.substr(name)), std::visit(Render(), flag.target)});
    }
  }
  return flags;
}

/// Why the flags make no configuration, or nothing once `config` is complete.
std::optional<std::string> Complete(const ServeFlags& flags, ServerConfig* config) {
  const struct {
    std::string_view flag;
    const std::string& text;
    std::chrono::milliseconds* target;
  } durations[] = {
      {"--shutdown-delay", flags.shutdown_delay, &config->shutdown_delay},
      {"--idle-timeout", flags.idle_timeout, &config->idle_timeout},
      {"--request-timeout", flags.request_timeout, &config->request_timeout},
  };
  for (const auto& [flag, text, target] : durations) {
    const auto duration = webhook::ParseDuration(text);
    if (!duration) return fmt::format("{}: {}", flag, duration.error().message);
    *target = *duration;
  }
  const struct {
    std::string_view flag;
    int value;
    int least;
    int most;
  } numbers[] = {
      {"--secure-port", flags.secure_port, 0, std::numeric_limits<std::uint16_t>::max()},
      {"--max-request-bytes", flags.max_request_bytes, 1, std::numeric_limits<int>::max()},
      {"--max-connections", flags.max_connections, 1, std::numeric_limits<int>::max()},
  };
  for (const auto& [flag, value, least, most] : numbers) {
    if (value < least || value > most) {
      return fmt::format("{}: {} is not between {} and {}", flag, value, least, most);
    }
  }
  config->secure_port = static_cast<std::uint16_t>(flags.secure_port);
  config->max_request_bytes = static_cast<std::size_t>(flags.max_request_bytes);
  config->max_connections = static_cast<std::size_t>(flags.max_connections);
  config->tls_cipher_suites = SplitCommas(flags.cipher_suites);
  config->client_allowed_names = SplitCommas(flags.client_allowed_names);
  // The flag parser has held these four against their words.
  config->enforcement_action = *policy::ActionFromText(flags.enforcement_action);
  config->runtime = *core::RuntimeFromText(flags.runtime);
  config->log_format = *webhook::LogFormatFromText(flags.log_format);
  config->log_level =
      flags.verbose ? webhook::LogLevel::kDebug : *webhook::LogLevelFromText(flags.log_level);
  if (config->profiling && config->metrics_bind_address.empty()) {
    return "--profiling needs --metrics-bind-address: its pages are on that port";
  }
  if (auto wrong = CompleteManaged(flags, config)) return wrong;
  if (!config->client_allowed_names.empty() && config->client_ca_file.empty()) {
    return "--client-allowed-names needs --client-ca-file: without it no certificate is asked for";
  }
  return std::nullopt;
}

ExitCode RunServe(const Command& command, const Arguments& arguments, Environment& env) {
  ServerConfig config;
  ServeFlags flags;
  flags.secure_port = config.secure_port;
  flags.max_request_bytes = static_cast<int>(config.max_request_bytes);
  flags.max_connections = static_cast<int>(config.max_connections);
  const std::vector<FlagGroup> groups = FlagGroups(&flags, &config);
  if (const auto exit = ParseFlags(command, groups, nullptr, arguments, env)) return *exit;
  config.flags = EffectiveFlags(groups);
  if (const auto wrong = Complete(flags, &config)) return WrongUsage(command, *wrong, env);

  webhook::Log log(config.log_level, config.log_format);
  const auto app = webhook::App::Start(config, env.files, env.clock, log);
  if (!app) {
    log.Flush();
    fmt::print(env.err, "{}\n", app.error().message);
    return app.error().kind == webhook::StartError::Kind::kWrong ? ExitCode::kUsage
                                                                 : ExitCode::kUnreadable;
  }
  (*app)->RunUntilSignal();
  return ExitCode::kClean;
}

}  // namespace

const Command kServeCommand = {
    "serve",
    "",
    "HTTPS admission server",
    "Answers AdmissionReviews at /validate and /validate/PROFILE, tells its health at /livez, "
    "/readyz\n"
    "and /healthz, and its metrics at /metrics on a port of their own. It listens only once policy "
    "and\n"
    "certificate are loaded, and reads both again when their files change.",
    "  mountguard serve --tls-cert-file tls.crt --tls-private-key-file tls.key --policy policies/\n"
    "  mountguard serve --tls-cert-file tls.crt --tls-private-key-file tls.key "
    "--enforcement-action Audit\n"
    "  mountguard serve --manage-certificates --service-name mountguard --namespace "
    "mountguard-system \\\n"
    "    --webhook-configuration mountguard\n",
    RunServe,
};

}  // namespace mountguard::cli

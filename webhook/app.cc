#include "webhook/app.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>
#include <utility>
#include <vector>

#include "certs/cert_store.h"
#include "certs/tls_context.h"
#include "core/thread.h"
#include "webhook/admission_handler.h"
#include "webhook/admission_response.h"
#include "webhook/certificate_source.h"
#include "webhook/client_authorization.h"
#include "webhook/client_ca_file.h"
#include "webhook/connection_limits.h"
#include "webhook/debug_pages.h"
#include "webhook/decision_recorder.h"
#include "webhook/health.h"
#include "webhook/http_server.h"
#include "webhook/metrics.h"
#include "webhook/policy_files.h"
#include "webhook/policy_handler.h"
#include "webhook/signals.h"

namespace mountguard::webhook {
namespace {

using std::chrono::milliseconds;

/// How long requests that are under way may still take once the server drains.
constexpr milliseconds kDrainGrace{10'000};
/// How often it is looked, while the server stops, whether that is done.
constexpr milliseconds kSignalPause{10};

HttpResponse ErrorResponseFor(int status, std::string_view message) {
  return {status, "application/json", EncodeStatus(status, message)};
}

std::int64_t UnixSeconds(core::WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

class App::Impl {
 public:
  Impl(const ServerConfig& config, const core::FileReader& reader, const core::Clock& clock,
       Log& log)
      : config_(config), reader_(reader), clock_(clock), log_(log), recorder_(log, metrics_) {}

  ~Impl() { Stop(milliseconds(0)); }

  core::Result<void, StartError> Start();
  void RunUntilSignal();
  static const std::string& AddressOf(const std::unique_ptr<HttpServer>& server) {
    static const std::string none;
    return server == nullptr ? none : server->address();
  }
  const std::string& secure_address() const { return AddressOf(secure_server_); }
  const std::string& metrics_address() const { return AddressOf(metrics_server_); }

 private:
  core::Result<void, StartError> StartPolicies();
  core::Result<void, StartError> PrepareTls();
  core::Result<void, StartError> StartCertificates();
  core::Result<void, StartError> Listen();
  core::Result<void, StartError> ListenSecurely();
  core::Result<void, StartError> ListenForScrapes();
  core::Result<std::unique_ptr<HttpServer>, StartError> StartServer(HttpServerSettings settings,
                                                                    std::string_view endpoint);

  std::vector<Route> SecureRoutes();
  std::vector<Route> DebugRoutes();
  HttpServerHooks Hooks();
  Metrics::Gauges MakeGauges();
  HttpResponse Validate(const HttpRequest& request);
  HttpResponse ValidatePolicy(const HttpRequest& request);
  HttpResponse Health(std::string_view endpoint, bool readiness, const HttpRequest& request) const;
  HttpResponse Unauthorized(std::string_view why);
  bool IsToStop(int signal);
  void Stop(milliseconds grace);

  const ServerConfig config_;
  const core::FileReader& reader_;
  const core::Clock& clock_;
  Log& log_;
  Signals signals_;  // before any thread
  Metrics metrics_;
  const DecisionRecorder recorder_;
  certs::CertStore certificates_;
  std::unique_ptr<ClientCaFile> client_ca_file_;
  certs::SslCtxPtr tls_;
  std::unique_ptr<PolicyFiles> policies_;
  std::unique_ptr<AdmissionHandler> handler_;
  std::unique_ptr<PolicyHandler> policy_handler_;
  ConnectionLimits limits_;
  std::vector<AdmissionScratch> scratches_;  // one a worker of the secure server
  std::atomic<bool> stopping_{false};
  std::unique_ptr<CertificateSource> certificate_source_;
  std::unique_ptr<HttpServer> metrics_server_;
  std::unique_ptr<HttpServer> secure_server_;
};

core::Result<void, StartError> App::Impl::StartPolicies() {
  auto policies = PolicyFiles::Start(config_, {reader_, clock_, log_, &metrics_});
  if (!policies) return core::Unexpected(std::move(policies).error());
  policies_ = std::move(*policies);
  return {};
}

core::Result<void, StartError> App::Impl::PrepareTls() {
  certs::TlsOptions options;
  options.min_version = config_.tls_min_version;
  options.cipher_suites = config_.tls_cipher_suites;
  if (!config_.client_ca_file.empty()) {
    auto file = ClientCaFile::Start(config_.client_ca_file, config_.reload_settle_time, reader_,
                                    log_, &metrics_);
    if (!file) return core::Unexpected(std::move(file).error());
    client_ca_file_ = std::move(*file);
    options.client_cas = &client_ca_file_->store();
  }
  auto context = certs::MakeServerContext(options, certificates_);
  if (!context) return Wrong(context.error().message);
  tls_ = std::move(*context);
  return {};
}

core::Result<void, StartError> App::Impl::StartCertificates() {
  const CertificateWorld world{reader_, clock_, log_, &metrics_, &certificates_};
  auto source = config_.managed_certificates.enabled
                    ? StartManagedCertificates(config_.managed_certificates, world)
                    : StartFileCertificates(config_, world);
  if (!source) return core::Unexpected(std::move(source).error());
  certificate_source_ = std::move(*source);
  return {};
}

core::Result<std::unique_ptr<HttpServer>, StartError> App::Impl::StartServer(
    HttpServerSettings settings, std::string_view endpoint) {
  settings.error_response = ErrorResponseFor;
  settings.hooks = Hooks();
  auto server = HttpServer::Start(std::move(settings));
  if (!server) return Unavailable(server.error().message);
  log_.Info("listening",
            {{"address", std::string_view((*server)->address())}, {"endpoint", endpoint}});
  return std::move(*server);
}

core::Result<void, StartError> App::Impl::Listen() {
  handler_ =
      std::make_unique<AdmissionHandler>(&policies_->store(), &clock_, config_.enforcement_action);
  policy_handler_ =
      std::make_unique<PolicyHandler>(&policies_->store(), &clock_, config_.enforcement_action);
  metrics_.SetGauges(MakeGauges());
  const auto limits = ShareOut(FreeDescriptors(), config_.max_connections);
  if (!limits) return Unavailable(limits.error().message);
  if (limits->secure < config_.max_connections) {
    log_.Warn("fewer connections than wanted: the limit of open files is too low",
              {{"wanted", static_cast<std::int64_t>(config_.max_connections)},
               {"allowed", static_cast<std::int64_t>(limits->secure)}});
  }
  limits_ = *limits;
  if (auto listening = ListenSecurely(); !listening) return listening;
  // Second, because a scrape asks the secure server for its connections.
  return config_.metrics_bind_address.empty() ? core::Result<void, StartError>()
                                              : ListenForScrapes();
}

core::Result<void, StartError> App::Impl::ListenForScrapes() {
  const auto endpoint = ParseEndpoint(config_.metrics_bind_address);
  if (!endpoint) return Wrong("--metrics-bind-address: " + endpoint.error().message);
  HttpServerSettings settings;
  settings.address = endpoint->host;
  settings.port = endpoint->port;
  settings.workers = 1;
  settings.max_connections = limits_.metrics;
  settings.routes = {{"GET", "/metrics", [this](const HttpRequest&) -> HttpResponse {
                        return {200, "text/plain; version=0.0.4; charset=utf-8", metrics_.Render()};
                      }}};
  if (config_.profiling) {
    const std::vector<Route> pages = DebugRoutes();
    settings.routes.insert(settings.routes.end(), pages.begin(), pages.end());
  }
  auto server = StartServer(std::move(settings), "metrics");
  if (!server) return core::Unexpected(std::move(server).error());
  metrics_server_ = std::move(*server);
  return {};
}

core::Result<void, StartError> App::Impl::ListenSecurely() {
  HttpServerSettings settings;
  settings.address = config_.bind_address;
  settings.port = config_.secure_port;
  settings.tls = tls_.get();
  settings.routes = SecureRoutes();
  settings.workers = std::max(1U, std::thread::hardware_concurrency());
  settings.max_connections = limits_.secure;
  settings.limits.body_bytes = config_.max_request_bytes;
  settings.request_timeout = config_.request_timeout;
  settings.header_timeout = config_.request_timeout;
  settings.idle_timeout = config_.idle_timeout;
  scratches_ = std::vector<AdmissionScratch>(settings.workers);
  auto server = StartServer(std::move(settings), "secure");
  if (!server) return core::Unexpected(std::move(server).error());
  secure_server_ = std::move(*server);
  return {};
}

core::Result<void, StartError> App::Impl::Start() {
  const bool has_files = !config_.tls_cert_file.empty() && !config_.tls_private_key_file.empty();
  if (!has_files && !config_.managed_certificates.enabled) {
    return Wrong(
        "serve needs --tls-cert-file and --tls-private-key-file, which `mountguard certs issue` "
        "makes, or --manage-certificates");
  }
  if (auto started = StartPolicies(); !started) return started;
  if (auto prepared = PrepareTls(); !prepared) return prepared;
  if (auto started = StartCertificates(); !started) return started;
  return Listen();
}

std::vector<Route> App::Impl::SecureRoutes() {
  const auto validate = [this](const HttpRequest& request) { return Validate(request); };
  const auto health = [this](std::string_view endpoint, bool readiness) {
    return Route{"GET", "/" + std::string(endpoint),
                 [this, endpoint, readiness](const HttpRequest& request) {
                   return Health(endpoint, readiness, request);
                 }};
  };
  return {{"POST", "/validate", validate},
          {"POST", "/validate/{profile}", validate},
          {"POST", "/validate-policy",
           [this](const HttpRequest& request) { return ValidatePolicy(request); }},
          health("livez", false),
          health("readyz", true),
          health("healthz", false)};
}

std::vector<Route> App::Impl::DebugRoutes() {
  const auto page = [](const char* path, std::function<std::string()> render) {
    return Route{"GET", path, [render = std::move(render)](const HttpRequest&) -> HttpResponse {
                   return {200, "application/json", render()};
                 }};
  };
  std::vector<Route> routes = {
      page("/debug/connections",
           [this] { return DebugConnections(secure_server_->ListConnections()); }),
      page("/debug/flags", [this] { return DebugFlags(config_.flags); }),
      page("/debug/policy",
           [this] { return DebugPolicy(*policies_->store().Current(), clock_.Now()); }),
      page("/debug/threads", DebugThreads)};
  std::string index;
  for (const Route& route : routes) index += route.path + "\n";
  routes.push_back({"GET", "/debug/", [index](const HttpRequest&) -> HttpResponse {
                      return {200, "text/plain; charset=utf-8", index};
                    }});
  return routes;
}

HttpServerHooks App::Impl::Hooks() {
  HttpServerHooks hooks;
  hooks.connection_rejected = [this](std::string_view reason) {
    metrics_.CountRejectedConnection(reason);
  };
  hooks.protocol_error = [this](std::string_view reason) { metrics_.CountProtocolError(reason); };
  hooks.warning = [this](std::string_view message) { log_.Warn(message); };
  return hooks;
}

Metrics::Gauges App::Impl::MakeGauges() {
  const auto connections = [this](std::size_t ConnectionCounts::*state) {
    return [this, state]() -> std::int64_t {
      if (secure_server_ == nullptr) return 0;
      return static_cast<std::int64_t>(secure_server_->connections().*state);
    };
  };
  Metrics::Gauges gauges;
  gauges.connections_handshake = connections(&ConnectionCounts::handshake);
  gauges.connections_active = connections(&ConnectionCounts::active);
  gauges.connections_idle = connections(&ConnectionCounts::idle);
  gauges.certificate_expiry = [this] {
    return UnixSeconds(certificate_source_->Health().expiry.value_or(core::WallTime()));
  };
  if (config_.managed_certificates.enabled) {
    gauges.authority_expiry = [this] {
      return UnixSeconds(certificate_source_->Health().authority_expiry.value_or(core::WallTime()));
    };
    gauges.certificate_manager_up = [this]() -> std::int64_t {
      return certificate_source_->Health().is_stalled ? 0 : 1;
    };
    gauges.clock_offset = [this]() -> std::int64_t {
      return certificate_source_->Health().clock_offset.count();
    };
  }
  gauges.log_lines_lost = [this] { return static_cast<std::int64_t>(log_.lost_lines()); };
  gauges.exceptions_expired = [this]() -> std::int64_t {
    const core::WallTime now = clock_.Now();
    std::int64_t expired = 0;
    for (const policy::MountPolicy& policy : policies_->store().Current()->policies().policies()) {
      expired += std::count_if(policy.exceptions.begin(), policy.exceptions.end(),
                               [now](const auto& exception) { return exception.ExpiredAt(now); });
    }
    return expired;
  };
  return gauges;
}

HttpResponse App::Impl::Validate(const HttpRequest& request) {
  const auto start = std::chrono::steady_clock::now();
  if (std::string why = WhyUnauthorized(config_, request); !why.empty()) return Unauthorized(why);
  AdmissionScratch& scratch = scratches_[request.worker];
  AdmissionReply reply = handler_->Validate(request.parameter, request.headers.Get("Content-Type"),
                                            request.body, &scratch);
  recorder_.Admission(scratch, reply.status, request, std::chrono::steady_clock::now() - start);
  return {reply.status, "application/json", std::move(reply.body)};
}

HttpResponse App::Impl::ValidatePolicy(const HttpRequest& request) {
  if (std::string why = WhyUnauthorized(config_, request); !why.empty()) return Unauthorized(why);
  PolicyHandler::Outcome outcome =
      policy_handler_->Validate(request.headers.Get("Content-Type"), request.body);
  if (outcome.decision) {
    recorder_.PolicyReview(*outcome.decision, request);
  } else {
    recorder_.ProtocolError(outcome.reply.status, request);
  }
  return {outcome.reply.status, "application/json", std::move(outcome.reply.body)};
}

HttpResponse App::Impl::Unauthorized(std::string_view why) {
  recorder_.Unauthorized();
  return ErrorResponseFor(401, why);
}

HttpResponse App::Impl::Health(std::string_view endpoint, bool readiness,
                               const HttpRequest& request) const {
  std::vector<HealthCheck> checks = {{"ping", ""}};
  if (readiness) {
    checks.push_back({"policy", ""});  // it listens only once there is one
    checks.push_back({"certificate", certificate_source_->Health().problem});
    checks.push_back({"shutdown", stopping_ ? "the server is stopping" : ""});
  }
  const bool verbose = request.query.find("verbose") != std::string_view::npos;
  return HealthResponse(endpoint, checks, verbose);
}

/// SIGUSR1 makes the log a level more talkative, SIGUSR2 a level less; all others are to stop.
bool App::Impl::IsToStop(int signal) {
  if (signal != SIGUSR1 && signal != SIGUSR2) return true;
  const LogLevel before = log_.level();
  const int wanted = static_cast<int>(before) + (signal == SIGUSR1 ? -1 : 1);
  const auto level =
      static_cast<LogLevel>(std::clamp(wanted, 0, static_cast<int>(LogLevel::kError)));
  log_.set_level(level);
  log_.Always(LogLevel::kInfo, "log level", {{"from", ToString(before)}, {"to", ToString(level)}});
  return false;
}

void App::Impl::RunUntilSignal() {
  while (!IsToStop(signals_.Wait())) {
  }
  stopping_ = true;
  log_.Info("stopping: not ready, still answering",
            {{"delayMilliseconds", std::int64_t{config_.shutdown_delay.count()}}});
  std::atomic<bool> stopped{false};
  const auto stop = [this, &stopped] {
    std::this_thread::sleep_for(config_.shutdown_delay);
    Stop(kDrainGrace);
    stopped = true;
  };
  auto stopper = core::StartThread("stop", stop);
  if (!stopper) {
    stop();  // a second signal is not heard then
  } else {
    while (!stopped) {
      const auto signal = signals_.WaitFor(kSignalPause);
      if (!signal || !IsToStop(*signal)) continue;
      log_.Warn("a second signal: exiting at once");
      log_.Flush();
      std::_Exit(128 + *signal);  // as if it had ended the process by itself
    }
    stopper->join();
  }
  log_.Info("stopped");
}

void App::Impl::Stop(milliseconds grace) {
  stopping_ = true;
  if (policies_ != nullptr) policies_->StopWatching();
  if (secure_server_ != nullptr) secure_server_->Stop(grace);
  if (metrics_server_ != nullptr) metrics_server_->Stop(milliseconds(0));
  certificate_source_.reset();  // last: probes and scrapes ask it
}

core::Result<std::unique_ptr<App>, StartError> App::Start(const ServerConfig& config,
                                                          const core::FileReader& reader,
                                                          const core::Clock& clock, Log& log) {
  auto impl = std::make_unique<Impl>(config, reader, clock, log);
  if (auto started = impl->Start(); !started) return core::Unexpected(std::move(started).error());
  return std::unique_ptr<App>(new App(std::move(impl)));
}

App::App(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
App::~App() = default;
void App::RunUntilSignal() { impl_->RunUntilSignal(); }
const std::string& App::secure_address() const { return impl_->secure_address(); }
const std::string& App::metrics_address() const { return impl_->metrics_address(); }

}  // namespace mountguard::webhook

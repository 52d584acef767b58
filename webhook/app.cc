#include "webhook/app.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "certs/cert_store.h"
#include "certs/tls_context.h"
#include "core/file_watcher.h"
#include "policy/policy_lint.h"
#include "policy/policy_loader.h"
#include "webhook/admission_handler.h"
#include "webhook/admission_response.h"
#include "webhook/certificate_source.h"
#include "webhook/client_ca_file.h"
#include "webhook/connection_limits.h"
#include "webhook/debug_pages.h"
#include "webhook/http_server.h"
#include "webhook/metrics.h"
#include "webhook/policy_handler.h"
#include "webhook/policy_source.h"
#include "webhook/policy_store.h"
#include "webhook/signals.h"
#include "webhook/thread.h"
#include "webhook/trace_context.h"

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

/// A word for metrics: why a request was not answered with a review.
std::string_view ProtocolErrorReason(int status) {
  switch (status) {
    case 400:
      return "bad_request";
    case 401:
      return "unauthorized";
    case 404:
      return "unknown_profile";
    case 415:
      return "content_type";
    default:
      return "internal";
  }
}

std::int64_t UnixSeconds(core::WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// The API server sends the header where it traces (--tracing-config-file).
TraceContext TraceOf(const HttpRequest& request) {
  return ParseTraceparent(request.headers.Get("traceparent"));
}

/// For a text that is "" where there is none. OpenTelemetry's names of fields for logs in JSON are
/// trace_id and span_id (specification, "Trace Context in non-OTLP Log Formats").
LogField OrNothing(std::string_view key, std::string_view text) {
  if (text.empty()) return {key, std::monostate()};
  return {key, text};
}

/// One line of /readyz?verbose.
struct HealthCheck {
  std::string_view name;
  std::string problem;  // "" is well
};

/// In the form of the API server's own health endpoints.
HttpResponse HealthResponse(std::string_view endpoint, const std::vector<HealthCheck>& checks,
                            bool verbose) {
  std::string report;
  bool healthy = true;
  for (const HealthCheck& check : checks) {
    healthy = healthy && check.problem.empty();
    report += check.problem.empty() ? fmt::format("[+]{} ok\n", check.name)
                                    : fmt::format("[-]{} failed: {}\n", check.name, check.problem);
  }
  report += fmt::format("{} check {}\n", endpoint, healthy ? "passed" : "failed");
  const int status = healthy ? 200 : 503;
  return {status, "text/plain; charset=utf-8", healthy && !verbose ? "ok" : report};
}

}  // namespace

class App::Impl {
 public:
  Impl(const ServerConfig& config, const core::FileReader& reader, const core::Clock& clock,
       Log& log)
      : config_(config), reader_(reader), clock_(clock), log_(log) {}

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
  core::Result<std::shared_ptr<const PolicyGeneration>, StartError> LoadPolicies() const;
  core::Result<void, StartError> LoadFirst();
  core::Result<void, StartError> WatchPolicies();
  core::Result<void, StartError> StartCertificates();
  core::Result<void, StartError> Listen();
  core::Result<void, StartError> ListenSecurely();
  core::Result<void, StartError> ListenForScrapes();
  core::Result<std::unique_ptr<HttpServer>, StartError> StartServer(HttpServerSettings settings,
                                                                    std::string_view endpoint);
  void ReloadPolicies();
  void AnnouncePolicies(const PolicyGeneration& policies);

  std::vector<Route> SecureRoutes();
  std::vector<Route> DebugRoutes();
  HttpServerHooks Hooks();
  Metrics::Gauges MakeGauges();
  HttpResponse Validate(const HttpRequest& request);
  HttpResponse ValidatePolicy(const HttpRequest& request);
  HttpResponse Health(std::string_view endpoint, bool readiness, const HttpRequest& request) const;
  /// Why the client may not ask, or "".
  std::string WhyUnauthorized(const HttpRequest& request) const;
  HttpResponse Unauthorized(std::string_view why);
  void RecordProtocolError(int status, const HttpRequest& request);
  void RecordPolicy(const PolicyDecision& decision, const HttpRequest& request);
  void Record(const AdmissionScratch& scratch, int status, const HttpRequest& request,
              std::chrono::nanoseconds duration);
  void LogDecision(const AdmissionScratch& scratch, policy::Action decision,
                   const HttpRequest& request) const;
  bool IsToStop(int signal);
  void Stop(milliseconds grace);

  const ServerConfig config_;
  const core::FileReader& reader_;
  const core::Clock& clock_;
  Log& log_;
  Signals signals_;  // before any thread
  Metrics metrics_;
  certs::CertStore certificates_;
  std::unique_ptr<ClientCaFile> client_ca_file_;
  certs::SslCtxPtr tls_;
  std::unique_ptr<PolicyStore> policies_;
  std::unique_ptr<AdmissionHandler> handler_;
  std::unique_ptr<PolicyHandler> policy_handler_;
  ConnectionLimits limits_;
  std::vector<AdmissionScratch> scratches_;  // one a worker of the secure server
  std::atomic<bool> stopping_{false};
  std::mutex load_mutex_;  // the first load and the watchers' reloads take turns
  std::unique_ptr<core::FileWatcher> policy_watcher_;
  std::unique_ptr<CertificateSource> certificate_source_;
  std::unique_ptr<HttpServer> metrics_server_;
  std::unique_ptr<HttpServer> secure_server_;
};

core::Result<std::shared_ptr<const PolicyGeneration>, StartError> App::Impl::LoadPolicies() const {
  if (config_.policies.empty()) {
    return std::make_shared<const PolicyGeneration>(policy::Baseline(), config_.runtime);
  }
  auto files = ReadPolicySnapshot(config_.policies, reader_);
  if (!files) return Unavailable(files.error().message);
  policy::LoadedPolicies loaded = policy::LoadPolicies(*files);
  if (loaded.policies == nullptr) {
    std::string problems;
    for (const policy::PolicyProblem& problem : loaded.problems) {
      problems += policy::Render(problem, *files);
    }
    return Wrong(std::move(problems));
  }
  for (const policy::PolicyProblem& problem : LintPolicies(*loaded.policies, clock_.Now())) {
    log_.Warn("policy warning", {{"file", std::string_view(problem.file)},
                                 {"line", std::int64_t{problem.position.line}},
                                 {"id", problem.id},
                                 {"warning", std::string_view(problem.message)}});
  }
  return std::make_shared<const PolicyGeneration>(std::move(loaded.policies), config_.runtime,
                                                  *std::move(files));
}

core::Result<void, StartError> App::Impl::LoadFirst() {
  auto policies = LoadPolicies();
  if (!policies) return core::Unexpected(std::move(policies).error());
  policies_ = std::make_unique<PolicyStore>(*policies);
  AnnouncePolicies(**policies);

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

void App::Impl::AnnouncePolicies(const PolicyGeneration& policies) {
  metrics_.SetPolicy(policies.policies());
  log_.Info("policy in force",
            {{"digest", std::string_view(policies.policies().digest())},
             {"rules", static_cast<std::int64_t>(policies.policies().rule_count())}});
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

core::Result<void, StartError> App::Impl::WatchPolicies() {
  if (config_.policies.empty()) return {};
  core::FileWatcher::Options options;
  options.settle_time = config_.reload_settle_time;
  auto policy_watcher = core::FileWatcher::Start(
      config_.policies, [this] { ReloadPolicies(); }, options);
  if (!policy_watcher) return Unavailable(policy_watcher.error().message);
  policy_watcher_ = std::move(*policy_watcher);
  return {};
}

void App::Impl::ReloadPolicies() {
  const std::lock_guard lock(load_mutex_);
  if (policies_ == nullptr) return;  // the first load failed: the server will not start
  auto policies = LoadPolicies();
  metrics_.CountPolicyReload(policies.has_value());
  if (!policies) {
    log_.Error("policy not reloaded: the last good one stays in force",
               {{"problem", std::string_view(policies.error().message)}});
    return;
  }
  policies_->Replace(*policies);
  AnnouncePolicies(**policies);
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
      std::make_unique<AdmissionHandler>(policies_.get(), &clock_, config_.enforcement_action);
  policy_handler_ =
      std::make_unique<PolicyHandler>(policies_.get(), &clock_, config_.enforcement_action);
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
  {
    const std::lock_guard lock(load_mutex_);
    // Watched before they are read, so that no change falls between.
    if (auto watching = WatchPolicies(); !watching) return watching;
    if (auto loaded = LoadFirst(); !loaded) return loaded;
    if (auto started = StartCertificates(); !started) return started;
  }
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
      page("/debug/policy", [this] { return DebugPolicy(*policies_->Current(), clock_.Now()); }),
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
    for (const policy::MountPolicy& policy : policies_->Current()->policies().policies()) {
      expired += std::count_if(policy.exceptions.begin(), policy.exceptions.end(),
                               [now](const auto& exception) { return exception.ExpiredAt(now); });
    }
    return expired;
  };
  return gauges;
}

std::string App::Impl::WhyUnauthorized(const HttpRequest& request) const {
  if (config_.client_ca_file.empty()) return {};
  const auto* client = request.client_certificate;
  if (client == nullptr) {
    return "mountguard asks for a client certificate; the API server finds the one to send in its "
           "AdmissionConfiguration";
  }
  if (!client->problem.empty()) {
    return "mountguard does not trust the client certificate: " + client->problem;
  }
  const std::vector<std::string>& allowed = config_.client_allowed_names;
  const auto may = [&allowed](const std::string& name) {
    return std::find(allowed.begin(), allowed.end(), name) != allowed.end();
  };
  if (allowed.empty() || std::any_of(client->names.begin(), client->names.end(), may)) return {};
  return "the client certificate's names are not among those that may ask mountguard "
         "(--client-allowed-names)";
}

HttpResponse App::Impl::Validate(const HttpRequest& request) {
  const auto start = std::chrono::steady_clock::now();
  if (std::string why = WhyUnauthorized(request); !why.empty()) return Unauthorized(why);
  AdmissionScratch& scratch = scratches_[request.worker];
  AdmissionReply reply = handler_->Validate(request.parameter, request.headers.Get("Content-Type"),
                                            request.body, &scratch);
  Record(scratch, reply.status, request, std::chrono::steady_clock::now() - start);
  return {reply.status, "application/json", std::move(reply.body)};
}

HttpResponse App::Impl::ValidatePolicy(const HttpRequest& request) {
  if (std::string why = WhyUnauthorized(request); !why.empty()) return Unauthorized(why);
  PolicyHandler::Outcome outcome =
      policy_handler_->Validate(request.headers.Get("Content-Type"), request.body);
  if (outcome.decision) {
    RecordPolicy(*outcome.decision, request);
  } else {
    RecordProtocolError(outcome.reply.status, request);
  }
  return {outcome.reply.status, "application/json", std::move(outcome.reply.body)};
}

HttpResponse App::Impl::Unauthorized(std::string_view why) {
  metrics_.CountProtocolError(ProtocolErrorReason(401));
  return ErrorResponseFor(401, why);
}

void App::Impl::RecordProtocolError(int status, const HttpRequest& request) {
  metrics_.CountProtocolError(ProtocolErrorReason(status));
  const TraceContext trace = TraceOf(request);
  log_.Warn("not an admission review", {{"status", std::int64_t{status}},
                                        OrNothing("trace_id", trace.trace_id),
                                        OrNothing("span_id", trace.span_id)});
}

void App::Impl::RecordPolicy(const PolicyDecision& decision, const HttpRequest& request) {
  // What passes by unread, a ConfigMap that is none of ours, would only hide those that are.
  if (decision.labelled) metrics_.CountPolicyReview(decision.operation, decision.action);
  const TraceContext trace = TraceOf(request);
  const std::initializer_list<LogField> fields = {
      {"decision", policy::DecisionWord(decision.action)},
      {"uid", std::string_view(decision.uid)},
      {"operation", std::string_view(decision.operation)},
      {"namespace", std::string_view(decision.namespace_name)},
      {"name", std::string_view(decision.name)},
      {"user", std::string_view(decision.user)},
      {"dryRun", decision.dry_run},
      {"errors", static_cast<std::int64_t>(decision.errors)},
      {"warnings", static_cast<std::int64_t>(decision.warnings)},
      OrNothing("trace_id", trace.trace_id),
      OrNothing("span_id", trace.span_id)};
  if (decision.labelled) {
    log_.Info("policy review", fields);
  } else {
    log_.Debug("policy review", fields);
  }
}

void App::Impl::Record(const AdmissionScratch& scratch, int status, const HttpRequest& request,
                       std::chrono::nanoseconds duration) {
  if (!scratch.reviewed) {
    RecordProtocolError(status, request);
    return;
  }
  const policy::Action decision = scratch.verdict.Decision();
  metrics_.CountAdmission(scratch.review.facts.operation, scratch.subject.workload(), decision,
                          duration);
  for (const policy::Finding& finding : scratch.verdict.findings) {
    if (finding.excepted()) {
      metrics_.CountExceptionUse(finding.exception);
    } else {
      metrics_.CountFinding(finding.rule, finding.actions.Strongest());
    }
  }
  LogDecision(scratch, decision, request);
}

void App::Impl::LogDecision(const AdmissionScratch& scratch, policy::Action decision,
                            const HttpRequest& request) const {
  const bool matters = decision >= policy::Action::kWarn;
  if (!log_.Logs(matters ? LogLevel::kInfo : LogLevel::kDebug)) return;
  const TraceContext trace = TraceOf(request);
  const std::string findings = FindingsAnnotation(scratch.verdict);
  const policy::RequestFacts& facts = scratch.review.facts;
  const std::initializer_list<LogField> fields = {
      {"decision", policy::DecisionWord(decision)},
      {"uid", scratch.review.uid},
      {"operation", facts.operation},
      {"kind", scratch.subject.object().kind},
      {"namespace", scratch.review.namespace_name},
      {"name", scratch.review.name},
      {"user", facts.user.value_or("")},
      {"dryRun", facts.dry_run.value_or(false)},
      {"findings", std::string_view(findings)},
      OrNothing("trace_id", trace.trace_id),
      OrNothing("span_id", trace.span_id),
  };
  if (matters) {
    log_.Info("admission", fields);
  } else {
    log_.Debug("admission", fields);
  }
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
  auto stopper = StartThread("stop", stop);
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
  policy_watcher_.reset();
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

#include "certs/certificate_manager.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "certs/certificate_facts.h"
#include "core/thread.h"

namespace mountguard::certs {
namespace {

using core::Result;
using core::WallTime;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = ApiError::Kind;

constexpr milliseconds kFirstBackoff{500};
/// More than a whole rotation takes; beyond it something changes the Secret as fast as we do.
constexpr int kMostSteps = 20;
constexpr std::string_view kReadSecret = "read-secret";
constexpr std::string_view kReadWebhooks = "read-webhooks";
constexpr std::string_view kClock = "clock";
/// A smaller change of the offset is not worth a line.
constexpr seconds kClockChange{5};
constexpr std::string_view kLocal = "local";

/// The host of a URL: "10.0.0.1" of "https://10.0.0.1:8443/validate".
std::string_view HostOf(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find('/'));
  if (url.starts_with('[')) return url.substr(1, url.find(']') - 1);
  return url.substr(0, url.find(':'));
}

bool Holds(const std::vector<std::string>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// 0 to 1, one value a replica.
double Fraction(std::minstd_rand& random) {
  return std::uniform_real_distribution<double>(0, 1)(random);
}

}  // namespace

/// What one look saw.
struct CertificateManager::View {
  std::optional<Secret> secret;
  std::optional<WebhookConfiguration> configuration;
  Situation situation;
  bool is_partial = false;  // the configuration could not be read
};

Result<std::unique_ptr<CertificateManager>> CertificateManager::Create(ManagerOptions options,
                                                                       KubernetesApi* api,
                                                                       const core::Clock& clock,
                                                                       Hooks hooks) {
  auto names = NamesOf(options.issue);
  if (!names) return core::Unexpected(names.error());
  if (std::string problem = SettingsProblem(options.rotation); !problem.empty()) {
    return core::Failure(std::move(problem));
  }
  options.issue.lifetime = options.rotation.lifetime;
  options.issue.ca_lifetime = options.rotation.ca_lifetime;
  return std::unique_ptr<CertificateManager>(
      new CertificateManager(std::move(options), std::move(*names), api, clock, std::move(hooks)));
}

CertificateManager::CertificateManager(ManagerOptions options, ServingNames names,
                                       KubernetesApi* api, const core::Clock& clock, Hooks hooks)
    : options_(std::move(options)),
      names_(std::move(names)),
      api_(*api),
      clock_(clock),
      hooks_(std::move(hooks)),
      random_(std::random_device()()) {
  options_.rotation.jitter = Fraction(random_);
  status_.problem = "the API server has not been asked yet";
}

CertificateManager::~CertificateManager() { Stop(); }

core::Result<void> CertificateManager::Start() {
  auto thread = core::StartThread("certificates", [this] { Run(); });
  if (!thread) return core::Unexpected(thread.error());
  thread_ = std::move(*thread);
  return {};
}

void CertificateManager::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  api_.Interrupt();
  if (thread_.joinable()) thread_.join();
}

void CertificateManager::Run() {
  while (true) {
    const milliseconds wait = Look();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, wait, [this] { return stopping_; })) return;
  }
}

bool CertificateManager::IsStopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

ManagerStatus CertificateManager::Status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

milliseconds CertificateManager::Look() {
  for (int steps = 0; steps < kMostSteps; ++steps) {
    const auto view = Observe();
    if (!view) return Backoff();
    const RotationStep step = NextStep(view->situation, options_.rotation);
    if (step.action == RotationAction::kWait) {
      if (view->is_partial) return Backoff();
      SetProblem(step.obstacle);
      if (!step.obstacle.empty()) {
        Report({ToString(step.action), ManagerEvent::Result::kWarning, kLocal, step.obstacle});
      } else {
        last_texts_.erase(std::string(ToString(step.action)));
      }
      failures_ = 0;
      // A little earlier than asked, and no two replicas at once.
      const auto wait = step.look_again;
      return std::max(milliseconds(20), wait - std::chrono::duration_cast<milliseconds>(
                                                   wait * (Fraction(random_) / 10)));
    }
    const Outcome outcome = CarryOut(step, *view);
    if (outcome == Outcome::kFailed) return Backoff();
  }
  SetProblem("the Secret changes as often as it is written: who else writes it?");
  return Backoff();
}

// ---- Seeing ------------------------------------------------------------------------------------

std::optional<CertificateManager::View> CertificateManager::Observe() {
  View view;
  if (!ReadSecret(&view)) return std::nullopt;
  ReadWebhooks(&view);
  view.situation.served = served_;
  NoteClock();
  const std::lock_guard lock(mutex_);
  status_.authority_expiry.reset();
  if (view.situation.stored && view.situation.stored->current) {
    status_.authority_expiry = view.situation.stored->current->not_after;
  }
  return view;
}

void CertificateManager::NoteClock() {
  const seconds offset = api_.ClockOffset();
  seconds before;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(status_.clock_offset, offset);
  }
  if (std::chrono::abs(offset - before) < kClockChange) return;
  if (offset == seconds(0)) {
    Report({kClock, ManagerEvent::Result::kDone, "", "the clock agrees with the API server's"});
    return;
  }
  Report({kClock, ManagerEvent::Result::kWarning, kLocal,
          fmt::format("the clock here is {} {} that of the API server, which is gone by",
                      DescribeDuration(std::chrono::abs(offset)),
                      offset > seconds(0) ? "behind" : "ahead of")});
}

bool CertificateManager::ReadSecret(View* view) {
  auto secret = api_.GetSecret(options_.secret);
  view->situation.now = Now();
  if (!secret && secret.error().kind == Kind::kNotFound) {
    last_texts_.erase(std::string(kReadSecret));
    return true;
  }
  if (!secret) {
    SetProblem(secret.error().message);
    ReportCall(kReadSecret, secret.error());
    return false;
  }
  ManagedSecret managed = ReadManagedSecret(secret->data, names_);
  auto& leaf = managed.stored.leaf;
  const bool is_served = leaf && served_ && leaf->id == served_->id;
  if (leaf && !is_served && IsUsable(*leaf, view->situation.now)) {
    // The server's own judgement: what it would refuse is not there.
    const auto pair = ParseCertPair(
        {{"tls.crt", leaf->pem.certificate}, {"tls.key", leaf->pem.key}}, view->situation.now);
    if (!pair) {
      managed.problems.push_back(pair.error().message);
      leaf.reset();
    }
  }
  std::string problems;
  for (const std::string& problem : managed.problems) {
    problems += (problems.empty() ? "" : "; ") + problem;
  }
  if (problems.empty()) {
    last_texts_.erase(std::string(kReadSecret));
  } else {
    Report({kReadSecret, ManagerEvent::Result::kWarning, kLocal,
            fmt::format("Secret {}/{}: {}; what is missing is made anew",
                        options_.secret.namespace_name, options_.secret.name, problems)});
  }
  view->situation.stored = std::move(managed.stored);
  view->secret = std::move(*secret);
  return true;
}

void CertificateManager::ReadWebhooks(View* view) {
  auto configuration = api_.GetWebhooks(WebhookKind::kValidating, options_.webhook_configuration);
  view->situation.now = Now();
  TrustedAuthorities& trusted = view->situation.trusted;
  if (configuration) {
    NoteConfiguration(*configuration);
    trusted = TrustedBy(*configuration);
    view->configuration = std::move(*configuration);
    last_texts_.erase(std::string(kReadWebhooks));
    return;
  }
  if (configuration.error().kind == Kind::kNotFound) {
    configuration_.clear();
    trusted.state = TrustedAuthorities::State::kAbsent;
    last_texts_.erase(std::string(kReadWebhooks));
    return;
  }
  trusted.state = TrustedAuthorities::State::kUnknown;
  view->is_partial = true;
  SetProblem(configuration.error().message);
  ReportCall(kReadWebhooks, configuration.error());
}

/// From when on the configuration is known to be as it is.
void CertificateManager::NoteConfiguration(const WebhookConfiguration& configuration) {
  if (configuration_ == configuration.generation) return;
  configuration_ = configuration.generation;
  configuration_since_ = options_.steady_now();
}

bool CertificateManager::IsOurs(const WebhookClient& client) const {
  if (!client.url.empty()) {
    const std::string_view host = HostOf(client.url);
    return Holds(names_.dns_names, host) || Holds(names_.ip_addresses, host);
  }
  return !client.service.empty() && client.service == options_.issue.service &&
         client.service_namespace == options_.issue.service_namespace;
}

TrustedAuthorities CertificateManager::TrustedBy(const WebhookConfiguration& configuration) {
  TrustedAuthorities trusted;
  trusted.state = TrustedAuthorities::State::kForeign;
  const std::string* first = nullptr;
  for (const WebhookClient& client : configuration.clients) {
    if (!IsOurs(client)) continue;
    trusted.state = TrustedAuthorities::State::kKnown;
    if (first != nullptr && *first != client.ca_bundle) trusted.is_uniform = false;
    first = &client.ca_bundle;
    TrustBundle bundle = ReadTrustBundle(client.ca_bundle);
    trusted.is_uniform = trusted.is_uniform && bundle.is_clean;
    for (Authority& authority : bundle.authorities) {
      const auto& known = trusted.authorities;
      if (std::any_of(known.begin(), known.end(),
                      [&](const Authority& a) { return a.id == authority.id; })) {
        continue;
      }
      trusted.authorities.push_back(std::move(authority));
    }
  }
  trusted.unchanged_for =
      std::chrono::floor<milliseconds>(options_.steady_now() - configuration_since_);
  return trusted;
}

// ---- Doing -------------------------------------------------------------------------------------

CertificateManager::Outcome CertificateManager::CarryOut(const RotationStep& step,
                                                         const View& view) {
  switch (step.action) {
    case RotationAction::kServe:
      return Serve(*view.situation.stored->leaf, step, view.situation.now);
    case RotationAction::kTrust:
      return Trust(view, step);
    case RotationAction::kStageAuthority:
    case RotationAction::kPromoteAuthority:
    case RotationAction::kRenewLeaf:
      return Store(view, step);
    case RotationAction::kWait:
      break;
  }
  return Outcome::kDone;
}

CertificateManager::Outcome CertificateManager::Serve(const Leaf& leaf, const RotationStep& step,
                                                      WallTime now) {
  auto pair = ParseCertPair({{"tls.crt", leaf.pem.certificate}, {"tls.key", leaf.pem.key}}, now);
  if (!pair) {
    SetProblem(pair.error().message);
    Report({ToString(step.action), ManagerEvent::Result::kFailed, kLocal, pair.error().message});
    return Outcome::kFailed;
  }
  served_ = leaf;
  {
    const std::lock_guard lock(mutex_);
    status_.has_certificate = true;
  }
  hooks_.serve(std::move(*pair));
  Report({ToString(step.action), ManagerEvent::Result::kDone, "", step.reason});
  return Outcome::kDone;
}

CertificateManager::Outcome CertificateManager::Trust(const View& view, const RotationStep& step) {
  const std::string pem = WriteTrustBundle(step.trust);
  std::map<std::string, std::string> bundles;
  for (const WebhookClient& client : view.configuration->clients) {
    if (IsOurs(client)) bundles[client.pointer] = pem;
  }
  const auto written = api_.SetCaBundles(*view.configuration, bundles);
  if (!written) return ReportCall(ToString(step.action), written.error());
  NoteConfiguration(*written);
  Report({ToString(step.action), ManagerEvent::Result::kDone, "", step.reason});
  return Outcome::kDone;
}

Result<StoredCertificates> CertificateManager::Next(const View& view, RotationAction action) const {
  const WallTime now = std::chrono::floor<seconds>(view.situation.now);
  StoredCertificates stored = view.situation.stored.value_or(StoredCertificates());
  if (action == RotationAction::kStageAuthority) {
    auto authority = MakeAuthority(options_.issue, now);
    if (!authority) return core::Unexpected(authority.error());
    return WithStaged(std::move(stored), std::move(*authority));
  }
  const bool promotes = action == RotationAction::kPromoteAuthority;
  auto leaf = MakeLeaf(options_.issue, promotes ? *stored.next : *stored.current, now);
  if (!leaf) return core::Unexpected(leaf.error());
  return promotes ? WithPromoted(std::move(stored), std::move(*leaf))
                  : WithRenewed(std::move(stored), std::move(*leaf));
}

CertificateManager::Outcome CertificateManager::Store(const View& view, const RotationStep& step) {
  auto next = Next(view, step.action);
  if (!next) {
    SetProblem(next.error().message);
    Report({ToString(step.action), ManagerEvent::Result::kFailed, kLocal, next.error().message});
    return Outcome::kFailed;
  }
  const auto data = WriteManagedSecret(
      WithoutExpired(std::move(*next), view.situation.now, options_.rotation.clock_skew));
  const auto written = view.secret ? api_.UpdateSecret(options_.secret, *view.secret, data)
                                   : api_.CreateSecret(options_.secret, data);
  if (!written) return ReportCall(ToString(step.action), written.error());
  Report({ToString(step.action), ManagerEvent::Result::kDone, "", step.reason});
  return Outcome::kDone;
}

// ---- Telling -----------------------------------------------------------------------------------

void CertificateManager::Report(ManagerEvent event) {
  if (IsStopping()) return;  // a call that Stop interrupted is no failure
  if (event.result == ManagerEvent::Result::kDone) {
    last_texts_.erase(std::string(event.step));
  } else {
    std::string& last = last_texts_[std::string(event.step)];
    event.repeated = last == event.text;
    last = event.text;
  }
  hooks_.event(event);
}

/// Another replica was quicker: no failure, and what it did is seen at once.
CertificateManager::Outcome CertificateManager::ReportCall(std::string_view step,
                                                           const ApiError& error) {
  const bool is_conflict = error.kind == Kind::kConflict;
  retry_after_ = error.retry_after;
  if (!is_conflict) SetProblem(error.message);
  Report({step, is_conflict ? ManagerEvent::Result::kConflict : ManagerEvent::Result::kFailed,
          ToString(error.kind), error.message});
  return is_conflict ? Outcome::kConflict : Outcome::kFailed;
}

void CertificateManager::SetProblem(std::string problem) {
  const std::lock_guard lock(mutex_);
  status_.problem = std::move(problem);
}

/// Half to all of a time that doubles with each failure.
milliseconds CertificateManager::Backoff() {
  const int doublings = std::min(failures_++, 16);
  milliseconds wait = std::min(kFirstBackoff * (1 << doublings), options_.rotation.check_interval);
  wait = std::chrono::duration_cast<milliseconds>(wait * (0.5 + Fraction(random_) / 2));
  wait = std::max(wait, std::chrono::duration_cast<milliseconds>(retry_after_));
  retry_after_ = seconds(0);
  return wait;
}

}  // namespace mountguard::certs

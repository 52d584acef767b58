#include "webhook/metrics.h"

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "policy/all_rules.h"
#include "webhook/process_stats.h"

namespace mountguard::webhook {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;

constexpr std::string_view kOther = "other";
constexpr std::array<std::string_view, 5> kOperations = {"CREATE", "UPDATE", "DELETE", "CONNECT",
                                                         kOther};
constexpr std::array<std::string_view, 3> kDecisions = {"allow", "warn", "deny"};
const prometheus::Histogram::BucketBoundaries kDurationBuckets = {
    0.000'05, 0.000'1, 0.000'25, 0.000'5, 0.001, 0.002'5, 0.005, 0.01,
    0.025,    0.05,    0.1,      0.25,    0.5,   1,       2.5,   5};

constexpr std::array<std::string_view, 5> kRejections = {
    "limit", "handshake_timeout", "handshake_failed", "plain_text", "memory"};
/// Those of the RequestReader, of the server and of the handlers.
constexpr std::array<std::string_view, 21> kProtocolErrors = {
    "ambiguous_length", "bad_chunk",   "bad_header",     "bad_length",       "bad_line",
    "bad_request",      "bad_version", "body_too_large", "bad_request_line", "content_encoding",
    "content_type",     "draining",    "expectation",    "head_too_large",   "internal",
    "bad_host",         "not_http",    "timeout",        "unauthorized",     "transfer_encoding",
    "unknown_profile"};

prometheus::Labels Reason(std::string_view reason) { return {{"reason", std::string(reason)}}; }

std::size_t DecisionIndex(policy::Action decision) {
  if (decision == policy::Action::kDeny) return 2;
  return decision == policy::Action::kWarn ? 1 : 0;
}

std::size_t OperationIndex(std::string_view operation) {
  const auto* found = std::find(kOperations.begin(), kOperations.end() - 1, operation);
  return static_cast<std::size_t>(found - kOperations.begin());
}

/// The kinds of the built-in table, sorted, "other" last.
std::vector<std::string> KnownKinds() {
  std::vector<std::string> kinds;
  const core::WorkloadTable table;
  for (const core::Workload& workload : table.all()) kinds.push_back(workload.kind);
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  kinds.emplace_back(kOther);
  return kinds;
}

/// A registry, and what it is to hold: families without a value yet, which a registry leaves out.
struct Declared {
  prometheus::Registry registry;
  std::vector<prometheus::MetricFamily> families;
};

Family<Counter>& CounterFamily(Declared* declared, const char* name, const char* help) {
  declared->families.push_back({name, help, prometheus::MetricType::Counter, {}});
  return prometheus::BuildCounter().Name(name).Help(help).Register(declared->registry);
}

Family<Gauge>& GaugeFamily(prometheus::Registry* registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry);
}

prometheus::MetricFamily SingleFamily(const char* name, const char* help,
                                      prometheus::MetricType type, double value) {
  prometheus::ClientMetric metric;
  if (type == prometheus::MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
  return {name, help, type, {metric}};
}

/// The process metrics that every Prometheus client library exports.
std::vector<prometheus::MetricFamily> CollectProcess() {
  using prometheus::MetricType;
  const ProcessStats stats = ReadProcessStats();
  return {
      SingleFamily("process_cpu_seconds_total", "User and system CPU time spent, in seconds.",
                   MetricType::Counter, stats.cpu_seconds),
      SingleFamily("process_max_fds", "Limit of open file descriptors.", MetricType::Gauge,
                   stats.max_fds),
      SingleFamily("process_open_fds", "Open file descriptors.", MetricType::Gauge, stats.open_fds),
      SingleFamily("process_resident_memory_bytes", "Resident memory, in bytes.", MetricType::Gauge,
                   stats.resident_bytes),
      SingleFamily("process_start_time_seconds",
                   "Start of the process, in seconds since the Unix epoch.", MetricType::Gauge,
                   stats.start_time_seconds),
      SingleFamily("process_virtual_memory_bytes", "Virtual memory, in bytes.", MetricType::Gauge,
                   stats.virtual_bytes),
  };
}

}  // namespace

struct Metrics::Families {
  /// What a rule has found so far.
  using RuleCounters = std::map<policy::Action, Counter*>;

  Families()
      : kinds(KnownKinds()),
        requests(CounterFamily(&declared, "mountguard_admission_requests_total",
                               "Admission reviews answered, by operation, kind and decision.")),
        duration(prometheus::BuildHistogram()
                     .Name("mountguard_admission_duration_seconds")
                     .Help("Time from a whole request to its answer, in seconds.")
                     .Register(declared.registry)
                     .Add({}, kDurationBuckets)),
        policy_reviews(CounterFamily(&declared, "mountguard_policy_reviews_total",
                                     "ConfigMaps with policies that were judged, by operation "
                                     "and decision.")),
        findings(CounterFamily(&declared, "mountguard_findings_total",
                               "Findings, by rule and strongest action.")),
        exceptions_used(CounterFamily(&declared, "mountguard_exceptions_used_total",
                                      "Findings spared, by exception.")),
        protocol_errors(CounterFamily(&declared, "mountguard_protocol_errors_total",
                                      "Requests that were no admission review, by reason.")),
        rejected(CounterFamily(&declared, "mountguard_connections_rejected_total",
                               "Connections closed before they were served, by reason.")),
        reloads(CounterFamily(&declared, "mountguard_policy_reloads_total",
                              "Reloads of the policy, by result.")),
        reload_success(reloads.Add({{"result", "success"}})),
        reload_failure(reloads.Add({{"result", "failure"}})),
        certificate_reloads(CounterFamily(&declared, "mountguard_certificate_reloads_total",
                                          "Reloads of the certificate's files, by result.")),
        certificate_reload_success(certificate_reloads.Add({{"result", "success"}})),
        certificate_reload_failure(certificate_reloads.Add({{"result", "failure"}})),
        client_ca_reloads(CounterFamily(&declared, "mountguard_client_ca_reloads_total",
                                        "Reloads of the client CA's file, by result.")),
        certificate_steps(CounterFamily(&declared, "mountguard_certificate_manager_steps_total",
                                        "Steps of the certificate manager, by result.")),
        policy_info(GaugeFamily(&declared.registry, "mountguard_policy_info",
                                "1 for the digest of the policy set in force.")),
        policy_rules(GaugeFamily(&declared.registry, "mountguard_policy_rules",
                                 "Rules that policies define, in the set in force.")
                         .Add({})),
        expired(GaugeFamily(&declared.registry, "mountguard_exceptions_expired",
                            "Exceptions in the set in force whose time is over.")
                    .Add({})),
        connections(GaugeFamily(&declared.registry, "mountguard_connections",
                                "Open connections on the secure port, by state.")),
        handshake(connections.Add({{"state", "handshake"}})),
        active(connections.Add({{"state", "active"}})),
        idle(connections.Add({{"state", "idle"}})),
        expiries(GaugeFamily(&declared.registry, "mountguard_certificate_expiry_timestamp_seconds",
                             "When a certificate expires, in seconds since the Unix epoch.")),
        certificate(expiries.Add({{"certificate", "serving"}})),
        manager_up(GaugeFamily(&declared.registry, "mountguard_certificate_manager_up",
                               "1 if the next renewal will come by itself.")),
        clock_offset(GaugeFamily(&declared.registry, "mountguard_api_server_clock_offset_seconds",
                                 "The API server's clock against this machine's, in seconds.")),
        request_cache(kOperations.size() * kinds.size() * kDecisions.size()) {
    // There from the start, so that the first one is an increase.
    for (const std::string_view reason : kRejections) rejected.Add(Reason(reason));
    for (const std::string_view reason : kProtocolErrors) protocol_errors.Add(Reason(reason));
  }

  std::size_t KindIndex(const core::Workload* workload) const {
    const auto last = kinds.end() - 1;
    if (workload == nullptr) return kinds.size() - 1;
    const auto found = std::lower_bound(kinds.begin(), last, workload->kind);
    const bool known = found != last && *found == workload->kind;
    return static_cast<std::size_t>((known ? found : last) - kinds.begin());
  }

  /// Forgets the findings of rules that are gone: a name in a policy must not stay for ever. Under
  /// `mutex`.
  void ShowRules(const policy::PolicySet& policies) {
    std::map<std::string, RuleCounters, std::less<>> shown;
    for (const policy::MountPolicy& policy : policies.policies()) {
      for (const policy::PolicyRule& rule : policy.rules) {
        const auto before = rules.find(rule.name);
        shown.emplace(rule.name, before == rules.end() ? RuleCounters() : before->second);
      }
    }
    for (const auto& [name, counters] : rules) {
      if (shown.count(name) != 0) continue;
      for (const auto& [action, counter] : counters) findings.Remove(counter);
    }
    rules = std::move(shown);
  }

  /// Gives every exception a counter from the start: one that stays at 0 is never used. Those that
  /// are gone go from the metrics, too. Under `mutex`.
  void ShowExceptions(const policy::PolicySet& policies) {
    std::map<std::string, Counter*> shown;
    for (const policy::MountPolicy& policy : policies.policies()) {
      for (const policy::PolicyException& exception : policy.exceptions) {
        shown[exception.name] = &exceptions_used.Add({{"exception", exception.name}});
      }
    }
    for (const auto& [name, counter] : exceptions) {
      if (shown.count(name) == 0) exceptions_used.Remove(counter);
    }
    exceptions = std::move(shown);
  }

  Declared declared;
  std::vector<std::string> kinds;
  Family<Counter>& requests;
  prometheus::Histogram& duration;
  Family<Counter>& policy_reviews;
  Family<Counter>& findings;
  Family<Counter>& exceptions_used;
  Family<Counter>& protocol_errors;
  Family<Counter>& rejected;
  Family<Counter>& reloads;
  Counter& reload_success;  // both there from the start, so that the first one is an increase
  Counter& reload_failure;
  Family<Counter>& certificate_reloads;
  Counter& certificate_reload_success;
  Counter& certificate_reload_failure;
  Family<Counter>& client_ca_reloads;
  Family<Counter>& certificate_steps;
  Family<Gauge>& policy_info;
  Gauge& policy_rules;
  Gauge& expired;
  Family<Gauge>& connections;
  Gauge& handshake;
  Gauge& active;
  Gauge& idle;
  Family<Gauge>& expiries;
  Gauge& certificate;
  Family<Gauge>& manager_up;  // these two have a value only where there is a manager
  Family<Gauge>& clock_offset;
  /// The counter of each (operation, kind, decision) that has occurred: looking one up by its
  /// labels costs more than a verdict.
  std::vector<std::atomic<Counter*>> request_cache;
  std::mutex mutex;  // guards what follows
  Gauge* digest = nullptr;
  std::map<std::string, RuleCounters, std::less<>> rules;  // those that the set in force defines
  std::map<std::string, Counter*> exceptions;              // those of the set in force
  Gauges gauges;
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

void Metrics::CountAdmission(std::string_view operation, const core::Workload* workload,
                             policy::Action decision, std::chrono::nanoseconds duration) {
  const std::size_t operation_index = OperationIndex(operation);
  const std::size_t kind_index = families_->KindIndex(workload);
  const std::size_t decision_index = DecisionIndex(decision);
  const std::size_t slot =
      (operation_index * families_->kinds.size() + kind_index) * kDecisions.size() + decision_index;
  Counter* counter = families_->request_cache[slot].load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &families_->requests.Add({{"operation", std::string(kOperations[operation_index])},
                                        {"kind", families_->kinds[kind_index]},
                                        {"decision", std::string(kDecisions[decision_index])}});
    families_->request_cache[slot].store(counter, std::memory_order_release);
  }
  counter->Increment();
  families_->duration.Observe(std::chrono::duration<double>(duration).count());
}

void Metrics::CountPolicyReview(std::string_view operation, policy::Action decision) {
  families_->policy_reviews
      .Add({{"operation", std::string(kOperations[OperationIndex(operation)])},
            {"decision", std::string(kDecisions[DecisionIndex(decision)])}})
      .Increment();
}

void Metrics::CountFinding(std::string_view rule, policy::Action action) {
  const auto counter = [this, rule, action]() -> Counter& {
    return families_->findings.Add(
        {{"rule", std::string(rule)}, {"action", std::string(policy::ToString(action))}});
  };
  if (policy::AllRules::Find(rule) != nullptr) return counter().Increment();
  const std::lock_guard lock(families_->mutex);
  // A request may still work on a set that has been replaced: its rules are shown no more.
  const auto found = families_->rules.find(rule);
  if (found == families_->rules.end()) return;
  Counter*& known = found->second[action];
  if (known == nullptr) known = &counter();
  known->Increment();
}

void Metrics::CountExceptionUse(std::string_view exception) {
  const std::lock_guard lock(families_->mutex);
  // A request may still work on a set that has been replaced: its exceptions are shown no more.
  const auto counter = families_->exceptions.find(std::string(exception));
  if (counter != families_->exceptions.end()) counter->second->Increment();
}

void Metrics::CountProtocolError(std::string_view reason) {
  families_->protocol_errors.Add(Reason(reason)).Increment();
}

void Metrics::CountRejectedConnection(std::string_view reason) {
  families_->rejected.Add(Reason(reason)).Increment();
}

void Metrics::CountPolicyReload(bool success) {
  (success ? families_->reload_success : families_->reload_failure).Increment();
}

void Metrics::CountCertificateReload(bool success) {
  (success ? families_->certificate_reload_success : families_->certificate_reload_failure)
      .Increment();
}

void Metrics::CountClientCaReload(bool success) {
  families_->client_ca_reloads.Add({{"result", success ? "success" : "failure"}}).Increment();
}

void Metrics::CountCertificateStep(std::string_view step, std::string_view result) {
  families_->certificate_steps.Add({{"step", std::string(step)}, {"result", std::string(result)}})
      .Increment();
}

void Metrics::SetPolicy(const policy::PolicySet& policies) {
  const std::lock_guard lock(families_->mutex);
  if (families_->digest != nullptr) families_->policy_info.Remove(families_->digest);
  families_->digest = &families_->policy_info.Add({{"digest", std::string(policies.digest())}});
  families_->digest->Set(1);
  families_->policy_rules.Set(static_cast<double>(policies.rule_count()));
  families_->ShowRules(policies);
  families_->ShowExceptions(policies);
}

void Metrics::SetGauges(Gauges gauges) {
  const std::lock_guard lock(families_->mutex);
  families_->gauges = std::move(gauges);
}

std::string Metrics::Render() const {
  std::int64_t lost = 0;
  {
    const std::lock_guard lock(families_->mutex);
    const auto refresh = [](const std::function<std::int64_t()>& source, Gauge& gauge) {
      if (source) gauge.Set(static_cast<double>(source()));
    };
    refresh(families_->gauges.connections_handshake, families_->handshake);
    refresh(families_->gauges.connections_active, families_->active);
    refresh(families_->gauges.connections_idle, families_->idle);
    refresh(families_->gauges.certificate_expiry, families_->certificate);
    refresh(families_->gauges.exceptions_expired, families_->expired);
    const auto refresh_if_set = [](const std::function<std::int64_t()>& source,
                                   Family<Gauge>& family, const prometheus::Labels& labels) {
      if (source) family.Add(labels).Set(static_cast<double>(source()));
    };
    refresh_if_set(families_->gauges.authority_expiry, families_->expiries,
                   {{"certificate", "ca"}});
    refresh_if_set(families_->gauges.certificate_manager_up, families_->manager_up, {});
    refresh_if_set(families_->gauges.clock_offset, families_->clock_offset, {});
    if (families_->gauges.log_lines_lost) lost = families_->gauges.log_lines_lost();
  }
  std::vector<prometheus::MetricFamily> collected = families_->declared.registry.Collect();
  for (const prometheus::MetricFamily& declared : families_->declared.families) {
    const bool has_value =
        std::any_of(collected.begin(), collected.end(),
                    [&declared](const auto& family) { return family.name == declared.name; });
    if (!has_value) collected.push_back(declared);
  }
  std::vector<prometheus::MetricFamily> process = CollectProcess();
  std::move(process.begin(), process.end(), std::back_inserter(collected));
  collected.push_back(SingleFamily("mountguard_log_lines_lost_total",
                                   "Lines of the log that could not be written.",
                                   prometheus::MetricType::Counter, static_cast<double>(lost)));
  return prometheus::TextSerializer().Serialize(collected);
}

}  // namespace mountguard::webhook

#ifndef MOUNTGUARD_WEBHOOK_METRICS_H_
#define MOUNTGUARD_WEBHOOK_METRICS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/workload.h"
#include "policy/finding.h"
#include "policy/policy_set.h"

namespace mountguard::webhook {

/// The server's metrics, in the names of docs/operations.md. Labels are bounded by code: a kind
/// that is not in the workload table counts as "other", an operation that Kubernetes does not have
/// too, and a policy's rules and exceptions are shown as long as it is in force. Thread-safe;
/// counting a request without findings takes no lock but the histogram's.
class Metrics {
 public:
  /// Numbers that live elsewhere and are asked for at each scrape.
  struct Gauges {
    std::function<std::int64_t()> connections_handshake;
    std::function<std::int64_t()> connections_active;
    std::function<std::int64_t()> connections_idle;
    std::function<std::int64_t()> certificate_expiry;  // seconds since the epoch
    // Where certificates are managed; not set, they are not shown.
    std::function<std::int64_t()> authority_expiry;  // seconds since the epoch
    std::function<std::int64_t()> certificate_manager_up;
    std::function<std::int64_t()> clock_offset;  // seconds
    std::function<std::int64_t()> exceptions_expired;
    std::function<std::int64_t()> log_lines_lost;
  };

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  void CountAdmission(std::string_view operation, const core::Workload* workload,
                      policy::Action decision, std::chrono::nanoseconds duration);
  /// A ConfigMap with policies, which is no admission by policies.
  void CountPolicyReview(std::string_view operation, policy::Action decision);
  /// Of a built-in rule, or of one that the set in force defines; others are not counted.
  void CountFinding(std::string_view rule, policy::Action action);
  void CountExceptionUse(std::string_view exception);
  void CountProtocolError(std::string_view reason);
  void CountRejectedConnection(std::string_view reason);
  void CountPolicyReload(bool success);
  void CountCertificateReload(bool success);
  void CountClientCaReload(bool success);
  void CountCertificateStep(std::string_view step, std::string_view result);
  void SetPolicy(const policy::PolicySet& policies);
  void SetGauges(Gauges gauges);

  /// The Prometheus text format, version 0.0.4.
  std::string Render() const;

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_METRICS_H_

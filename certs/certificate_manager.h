#ifndef MOUNTGUARD_CERTS_CERTIFICATE_MANAGER_H_
#define MOUNTGUARD_CERTS_CERTIFICATE_MANAGER_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include "certs/cert_pair.h"
#include "certs/issuer.h"
#include "certs/kubernetes_api.h"
#include "certs/managed_secret.h"
#include "certs/rotation.h"
#include "core/clock.h"
#include "core/result.h"

namespace mountguard::certs {

struct ManagerOptions {
  IssueOptions issue;         // the names and the algorithm; lives are those of `rotation`
  RotationSettings rotation;  // its jitter is the manager's own
  SecretName secret;
  std::string webhook_configuration;  // a ValidatingWebhookConfiguration
  /// Tests have a clock of their own.
  std::function<std::chrono::steady_clock::time_point()> steady_now =
      std::chrono::steady_clock::now;
};

/// Something that an operator may want to read or count. Texts never hold a secret.
struct ManagerEvent {
  enum class Result { kDone, kConflict, kFailed, kWarning };
  std::string_view step;  // "read-secret", "read-webhooks", "clock", or of a RotationAction
  Result result = Result::kDone;
  std::string_view
      reason;             // a label of bounded values, where it failed: ApiError's kind or "local"
  std::string text;       // why it was done, or what is wrong
  bool repeated = false;  // the same as the last time
};

/// How things stand, for health checks and metrics.
struct ManagerStatus {
  bool has_certificate = false;
  std::string problem;  // what keeps it from going on; "" if all is well
  std::optional<core::WallTime> authority_expiry;
  std::chrono::seconds clock_offset{0};  // of the API server against ours
};

/// Carries out what certs/rotation decides: reads the Secret and the webhook configuration, makes
/// keys and certificates, writes, and hands the pair to serve over.
///
/// Time is the API server's, which is who judges certificates; a machine whose clock is wrong takes
/// part like any other. Whatever fails is tried again, later each time and at most a check interval
/// later; meanwhile the last good certificate is served.
class CertificateManager {
 public:
  /// Called on the thread that looks.
  struct Hooks {
    std::function<void(std::shared_ptr<const CertPair>)> serve;
    std::function<void(const ManagerEvent&)> event;
  };

  /// Fails on names that no certificate can have and settings that no rotation can keep. `api` and
  /// `clock` are borrowed.
  static core::Result<std::unique_ptr<CertificateManager>> Create(ManagerOptions options,
                                                                  KubernetesApi* api,
                                                                  const core::Clock& clock,
                                                                  Hooks hooks);
  /// Stops, if it runs.
  ~CertificateManager();
  CertificateManager(const CertificateManager&) = delete;
  CertificateManager& operator=(const CertificateManager&) = delete;

  /// Looks on a thread of its own from now on, until Stop, which interrupts a call under way. Fails
  /// where the system gives no thread.
  core::Result<void> Start();
  void Stop();

  /// One look: does all there is to do now and returns when to look again. For those who have not
  /// called Start.
  std::chrono::milliseconds Look();

  ManagerStatus Status() const;  // from any thread

 private:
  CertificateManager(ManagerOptions options, ServingNames names, KubernetesApi* api,
                     const core::Clock& clock, Hooks hooks);

  struct View;
  enum class Outcome { kDone, kConflict, kFailed };

  void Run();
  bool IsStopping() const;
  std::optional<View> Observe();
  void NoteClock();
  bool ReadSecret(View* view);
  void ReadWebhooks(View* view);
  TrustedAuthorities TrustedBy(const WebhookConfiguration& configuration);
  bool IsOurs(const WebhookClient& client) const;
  void NoteConfiguration(const WebhookConfiguration& configuration);

  Outcome CarryOut(const RotationStep& step, const View& view);
  Outcome Serve(const Leaf& leaf, const RotationStep& step, core::WallTime now);
  Outcome Trust(const View& view, const RotationStep& step);
  Outcome Store(const View& view, const RotationStep& step);
  core::Result<StoredCertificates> Next(const View& view, RotationAction action) const;

  void Report(ManagerEvent event);
  Outcome ReportCall(std::string_view step, const ApiError& error);
  void SetProblem(std::string problem);
  std::chrono::milliseconds Backoff();
  core::WallTime Now() const { return clock_.Now() + api_.ClockOffset(); }

  ManagerOptions options_;
  const ServingNames names_;
  KubernetesApi& api_;
  const core::Clock& clock_;
  const Hooks hooks_;

  // Of the thread that looks.
  std::minstd_rand random_;
  std::optional<Leaf> served_;
  std::string configuration_;  // as last seen: name and generation
  std::chrono::steady_clock::time_point configuration_since_;
  int failures_ = 0;  // looks that failed, in a row
  std::chrono::seconds retry_after_{0};
  std::map<std::string, std::string, std::less<>> last_texts_;  // of events, by step

  mutable std::mutex mutex_;  // guards what follows
  ManagerStatus status_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::thread thread_;
};

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_CERTIFICATE_MANAGER_H_

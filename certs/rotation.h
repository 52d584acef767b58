#ifndef MOUNTGUARD_CERTS_ROTATION_H_
#define MOUNTGUARD_CERTS_ROTATION_H_

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/issuer.h"
#include "core/clock.h"

namespace mountguard::certs {

// When certificates that mountguard manages itself are renewed, and in which order: pure functions,
// no I/O, no clock, no randomness. certs/certificate_manager carries the steps out.
//
// Replicas share one Secret and act alike. Each step is one write, made only if what it was decided
// by has not changed (resourceVersion), so that of replicas that decide alike one wins, and a crash
// between two steps leaves a state from which any replica goes on. The order of steps holds this
// invariant: an API server that has taken up any state of the webhook configuration that is at most
// `trust_wait` old can verify every certificate that a replica serves.
//
//   stage a CA       the Secret gets a second CA, which signs nothing yet
//   trust it         the webhook configuration's caBundle gets it beside the old one
//   (wait)           until every API server must have seen that
//   promote it       the Secret, in one write: it becomes the CA, with a leaf that it signed
//   serve            each replica, when it sees the leaf
//   distrust         caBundle loses the old CA once no leaf that it signed is valid anywhere

/// A certificate authority as far as its rotation goes.
struct Authority {
  std::string id;  // SHA-256 of the certificate
  core::WallTime not_before;
  core::WallTime not_after;
  /// When the last leaf that it has signed ends; its own end where that is not known.
  core::WallTime leaves_end;
  bool can_sign = false;  // its key is at hand and fits
  PemPair pem;            // the key is empty where it is not at hand
};

/// A serving certificate as far as its rotation goes.
struct Leaf {
  std::string id;         // SHA-256 of the certificate
  std::string authority;  // id of the stored CA whose signature it bears; "" for none of them
  core::WallTime not_before;
  core::WallTime not_after;
  bool has_names = false;  // it holds every name that is wanted
  PemPair pem;
};

/// What the Secret holds, as far as it can be used.
struct StoredCertificates {
  std::optional<Authority> current;  // signs leaves
  std::optional<Authority> next;     // staged: to be trusted, signs nothing yet
  std::vector<Authority> retired;    // signed leaves that may still be in use
  std::optional<Leaf> leaf;
};

// The writes of the Secret, each from one consistent content to the next.
StoredCertificates WithStaged(StoredCertificates stored, Authority next);
/// `leaf` is signed by the staged CA, which must be there.
StoredCertificates WithPromoted(StoredCertificates stored, Leaf leaf);
/// `leaf` is signed by the current CA, which must be there.
StoredCertificates WithRenewed(StoredCertificates stored, Leaf leaf);

/// Forgets retired CAs that have expired; until then they stay, so that it is known of them until
/// when they are to be trusted.
StoredCertificates WithoutExpired(StoredCertificates stored, core::WallTime now,
                                  std::chrono::milliseconds clock_skew);

/// What the webhook configuration trusts.
struct TrustedAuthorities {
  enum class State {
    kKnown,
    kAbsent,   // there is no such configuration, so nobody calls
    kForeign,  // none of its webhooks points at our service or names
    kUnknown,  // it could not be read
  };
  State state = State::kUnknown;
  std::vector<Authority> authorities;  // that any of our webhooks trusts, in order, each once
  bool is_uniform = true;              // each of our webhooks has exactly these, each once
  /// For how long the configuration is known to have been as it is now.
  std::chrono::milliseconds unchanged_for{0};
};

struct RotationSettings {
  std::chrono::seconds lifetime{std::chrono::days(90)};
  std::chrono::seconds ca_lifetime{std::chrono::days(3 * 365)};
  /// Within which every API server has taken up a change of the webhook configuration.
  std::chrono::milliseconds trust_wait{std::chrono::minutes(1)};
  /// How far clocks may differ: an old CA is trusted for that much longer.
  std::chrono::milliseconds clock_skew{std::chrono::hours(1)};
  /// How often everything is looked at, whatever is due.
  std::chrono::milliseconds check_interval{std::chrono::minutes(1)};
  /// 0 to 1, this replica's own: delays renewals by up to a fiftieth of a life, so that replicas do
  /// not all come at once.
  double jitter = 0;
};

/// Why the settings cannot be kept, or "".
std::string SettingsProblem(const RotationSettings& settings);

struct Situation {
  core::WallTime now;
  std::optional<StoredCertificates> stored;  // nothing: there is no Secret
  TrustedAuthorities trusted;
  std::optional<Leaf> served;  // by this replica
};

enum class RotationAction {
  kWait,
  kServe,             // the stored leaf, from now on
  kTrust,             // write RotationStep::trust into every caBundle of ours
  kStageAuthority,    // store a new CA beside the current one; makes the Secret if need be
  kPromoteAuthority,  // store the staged CA as the current one, with a leaf that it signed
  kRenewLeaf,         // store a new leaf, signed by the current CA
};

std::string_view ToString(RotationAction action);  // "wait", "serve", "trust", "stage-ca", ...

struct RotationStep {
  RotationAction action = RotationAction::kWait;
  std::string reason;            // for the log, a clause: "the serving certificate is due"
  std::vector<Authority> trust;  // kTrust: the whole bundle
  /// kWait: when to look again at the latest.
  std::chrono::milliseconds look_again{0};
  /// kWait: what a person must mend before it can go on; "" if all is well.
  std::string obstacle;
};

/// The one thing to do now. Total. After the step was carried out, ask again with what is then.
RotationStep NextStep(const Situation& situation, const RotationSettings& settings);

/// Whether a client whose clock agrees takes the leaf, if it trusts the CA.
bool IsUsable(const Leaf& leaf, core::WallTime now);

}  // namespace mountguard::certs

#endif  // MOUNTGUARD_CERTS_ROTATION_H_

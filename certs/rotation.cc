#include "certs/rotation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "certs/certificate_facts.h"

namespace mountguard::certs {
namespace {

using core::WallTime;
using std::chrono::milliseconds;
using State = TrustedAuthorities::State;

constexpr std::array<std::string_view, 6> kActions = {"wait",     "serve",      "trust",
                                                      "stage-ca", "promote-ca", "renew"};

/// An installation makes the server first and its webhook configuration moments later.
constexpr std::chrono::seconds kObstacleInterval{5};

/// A life is counted from when the certificate was issued; what others issued is not backdated.
WallTime IssuedAt(WallTime not_before, WallTime not_after) {
  const WallTime issued = not_before + kBackdating;
  return issued < not_after ? issued : not_before;
}

/// Two thirds of the life, and up to a fiftieth more.
WallTime DueAt(WallTime not_before, WallTime not_after, double jitter) {
  const WallTime issued = IssuedAt(not_before, not_after);
  const auto life = not_after - issued;
  const auto delay = std::chrono::duration<double, WallTime::period>(life) * (jitter / 50);
  return issued + life / 3 * 2 + std::chrono::duration_cast<WallTime::duration>(delay);
}

const Authority* Find(const std::vector<Authority>& authorities, std::string_view id) {
  const auto found = std::find_if(authorities.begin(), authorities.end(),
                                  [id](const Authority& a) { return a.id == id; });
  return found == authorities.end() ? nullptr : &*found;
}

/// One decision: the rules in the order in which they matter.
class Decision {
 public:
  Decision(const Situation& situation, const RotationSettings& settings)
      : now_(situation.now),
        stored_(situation.stored ? *situation.stored : kNothing),
        exists_(situation.stored.has_value()),
        trusted_(situation.trusted),
        served_(situation.served),
        settings_(settings) {}

  RotationStep Make() {
    if (auto step = Serve()) return *step;
    if (auto step = Trust()) return *step;
    if (auto step = Renew()) return *step;
    if (auto step = Promote()) return *step;
    if (auto step = Stage()) return *step;
    return Wait();
  }

 private:
  using MaybeStep = std::optional<RotationStep>;

  static RotationStep Do(RotationAction action, std::string reason) {
    return {action, std::move(reason), {}, {}, {}};
  }

  bool IsAlive(const Authority& authority) const { return now_ < authority.not_after; }
  bool CanSign(const std::optional<Authority>& authority) const {
    return authority && authority->can_sign && IsAlive(*authority);
  }

  /// Whether no API server is left that knows a state of the configuration without this CA, or
  /// none that matters: where no other CA lives, nothing that is served can be verified anyway.
  bool IsTrustedByAll(std::string_view id) const {
    if (trusted_.state == State::kAbsent) return true;
    if (trusted_.state != State::kKnown || !trusted_.is_uniform) return false;
    if (Find(trusted_.authorities, id) == nullptr) return false;
    return trusted_.unchanged_for >= settings_.trust_wait || !OthersLive(id);
  }

  bool OthersLive(std::string_view id) const {
    return std::any_of(trusted_.authorities.begin(), trusted_.authorities.end(),
                       [&](const Authority& a) { return a.id != id && IsAlive(a); });
  }

  MaybeStep Serve() const {
    const auto& leaf = stored_.leaf;
    if (!leaf || leaf->authority.empty() || !IsUsable(*leaf, now_)) return std::nullopt;
    if (!served_) return Do(RotationAction::kServe, "it is the stored one");
    if (served_->id == leaf->id) return std::nullopt;
    if (!IsUsable(*served_, now_)) {
      return Do(RotationAction::kServe, "the one in use is not valid now");
    }
    // What is stored is trusted already, unless somebody put another Secret in its place.
    if (served_->authority == leaf->authority || IsTrustedByAll(leaf->authority)) {
      return Do(RotationAction::kServe, "a newer one is stored");
    }
    return std::nullopt;
  }

  /// No leaf that it signed can be valid anywhere.
  bool IsOver(const Authority& authority) const {
    if (authority.not_after + settings_.clock_skew <= now_) return true;
    const Authority* retired = Find(stored_.retired, authority.id);
    return retired != nullptr && retired->leaves_end + settings_.clock_skew <= now_;
  }

  /// What others put into the bundle stays until it has expired: it may be what verifies a leaf
  /// that a replica serves from files, or from a Secret that was lost.
  std::vector<Authority> WantedTrust() const {
    std::vector<Authority> wanted;
    const auto add = [&](const Authority& authority) {
      if (!IsOver(authority) && Find(wanted, authority.id) == nullptr) wanted.push_back(authority);
    };
    for (const Authority& authority : trusted_.authorities) add(authority);
    if (stored_.current) add(*stored_.current);
    if (stored_.next) add(*stored_.next);
    for (const Authority& authority : stored_.retired) add(authority);
    return wanted;
  }

  MaybeStep Trust() const {
    if (trusted_.state != State::kKnown) return std::nullopt;
    std::vector<Authority> wanted = WantedTrust();
    if (wanted.empty()) return std::nullopt;  // the API refuses an empty bundle; a CA is coming
    const auto& have = trusted_.authorities;
    const bool adds = std::any_of(wanted.begin(), wanted.end(), [&](const Authority& authority) {
      return Find(have, authority.id) == nullptr;
    });
    const bool drops = std::any_of(have.begin(), have.end(), [&](const Authority& authority) {
      return Find(wanted, authority.id) == nullptr;
    });
    if (!adds && !drops && trusted_.is_uniform) return std::nullopt;
    RotationStep step = Do(RotationAction::kTrust,
                           adds    ? "caBundle lacks a CA"
                           : drops ? "caBundle holds a CA of which no certificate can be in use"
                                   : "the webhooks' caBundles differ, or hold what is no CA");
    step.trust = std::move(wanted);
    return step;
  }

  MaybeStep Renew() const {
    if (!CanSign(stored_.current)) return std::nullopt;
    const auto renew = [](const char* reason) { return Do(RotationAction::kRenewLeaf, reason); };
    const auto& leaf = stored_.leaf;
    if (!leaf) return renew("no serving certificate is stored");
    if (leaf->authority != stored_.current->id) return renew("the CA did not sign the stored one");
    if (!leaf->has_names) return renew("the stored one lacks a name");
    if (now_ >= leaf->not_after) return renew("the stored one has expired");
    if (now_ < leaf->not_before) return renew("the stored one is not valid yet");
    if (now_ >= LeafDue(*leaf)) return renew("two thirds of its life are over");
    return std::nullopt;
  }

  MaybeStep Promote() const {
    if (!CanSign(stored_.next) || !IsTrustedByAll(stored_.next->id)) return std::nullopt;
    return Do(RotationAction::kPromoteAuthority, "every API server trusts the new CA");
  }

  MaybeStep Stage() const {
    if (CanSign(stored_.next)) return std::nullopt;
    const auto stage = [](const char* reason) {
      return Do(RotationAction::kStageAuthority, reason);
    };
    if (!exists_) return stage("there is no Secret");
    if (stored_.next) return stage("the one to come has expired, or its key is lost");
    if (!stored_.current) return stage("no CA is stored");
    if (!stored_.current->can_sign) return stage("the CA's key is lost");
    if (!IsAlive(*stored_.current)) return stage("the CA has expired");
    if (now_ >= AuthorityDue(*stored_.current))
      return stage("two thirds of the CA's life are over");
    return std::nullopt;
  }

  WallTime LeafDue(const Leaf& leaf) const {
    return DueAt(leaf.not_before, leaf.not_after, settings_.jitter);
  }

  /// Early enough, too, to be in force before it can no longer sign a leaf of a full life.
  WallTime AuthorityDue(const Authority& authority) const {
    const WallTime latest = authority.not_after - settings_.lifetime -
                            std::chrono::ceil<std::chrono::seconds>(settings_.trust_wait);
    return std::min(DueAt(authority.not_before, authority.not_after, settings_.jitter), latest);
  }

  RotationStep Wait() const {
    RotationStep step = Do(RotationAction::kWait, "");
    step.look_again = settings_.check_interval;
    const auto no_later_than = [&](milliseconds wait) {
      step.look_again = std::clamp(wait, milliseconds(0), step.look_again);
    };
    const auto no_later_than_time = [&](WallTime time) {
      if (time > now_) no_later_than(std::chrono::ceil<milliseconds>(time - now_));
    };
    if (stored_.leaf) {
      no_later_than_time(LeafDue(*stored_.leaf));
      no_later_than_time(stored_.leaf->not_before);
    }
    if (stored_.current) no_later_than_time(AuthorityDue(*stored_.current));
    for (const Authority& authority : trusted_.authorities) {
      const Authority* retired = Find(stored_.retired, authority.id);
      if (retired != nullptr) no_later_than_time(retired->leaves_end + settings_.clock_skew);
    }
    const bool is_pending =
        stored_.next || (served_ && stored_.leaf && served_->id != stored_.leaf->id);
    if (is_pending && trusted_.state == State::kKnown &&
        trusted_.unchanged_for < settings_.trust_wait) {
      no_later_than(settings_.trust_wait - trusted_.unchanged_for);
    }
    step.obstacle = Obstacle();
    if (!step.obstacle.empty()) no_later_than(kObstacleInterval);
    return step;
  }

  std::string Obstacle() const {
    switch (trusted_.state) {
      case State::kForeign:
        return "no webhook of the configuration points at this service or at a name of its "
               "certificate";
      case State::kAbsent:
        return "there is no such webhook configuration";
      case State::kKnown:
      case State::kUnknown:
        return "";
    }
    return "";
  }

  static inline const StoredCertificates kNothing{};

  const WallTime now_;
  const StoredCertificates& stored_;
  const bool exists_;
  const TrustedAuthorities& trusted_;
  const std::optional<Leaf>& served_;
  const RotationSettings& settings_;
};

}  // namespace

std::string_view ToString(RotationAction action) {
  return kActions[static_cast<std::size_t>(action)];
}

bool IsUsable(const Leaf& leaf, WallTime now) {
  return leaf.not_before <= now && now < leaf.not_after;
}

StoredCertificates WithStaged(StoredCertificates stored, Authority next) {
  stored.next = std::move(next);
  return stored;
}

StoredCertificates WithPromoted(StoredCertificates stored, Leaf leaf) {
  if (stored.current) {
    stored.current->can_sign = false;  // it has signed its last
    stored.current->pem.key.clear();
    stored.retired.push_back(std::move(*stored.current));
  }
  stored.current = std::move(stored.next);
  stored.next.reset();
  stored.current->leaves_end = leaf.not_after;
  stored.leaf = std::move(leaf);
  return stored;
}

StoredCertificates WithRenewed(StoredCertificates stored, Leaf leaf) {
  stored.current->leaves_end = std::max(stored.current->leaves_end, leaf.not_after);
  stored.leaf = std::move(leaf);
  return stored;
}

StoredCertificates WithoutExpired(StoredCertificates stored, WallTime now,
                                  milliseconds clock_skew) {
  std::erase_if(stored.retired, [&](const Authority& authority) {
    return authority.not_after + clock_skew <= now;
  });
  return stored;
}

std::string SettingsProblem(const RotationSettings& settings) {
  const auto words = [](milliseconds time) {
    return DescribeDuration(std::chrono::ceil<std::chrono::seconds>(time));
  };
  // A leaf is renewed with a third of its life left. Until then every replica must have seen the
  // new one, and where the CA changed every API server that CA.
  const milliseconds takes = settings.trust_wait + settings.check_interval;
  if (settings.lifetime < 3 * takes) {
    return fmt::format(
        "a certificate that lives {} is renewed too late: the last third of its life must be "
        "longer than the wait for API servers and the check interval together ({})",
        words(settings.lifetime), words(takes));
  }
  if (settings.ca_lifetime < 3 * settings.lifetime) {
    return fmt::format(
        "a CA that lives {} cannot sign certificates of {} until it is replaced, at two thirds of "
        "its life: it must live three times as long as they do",
        words(settings.ca_lifetime), words(settings.lifetime));
  }
  return "";
}

RotationStep NextStep(const Situation& situation, const RotationSettings& settings) {
  return Decision(situation, settings).Make();
}

}  // namespace mountguard::certs

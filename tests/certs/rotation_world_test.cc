// Two replicas, one Secret, one webhook configuration: every order in which their reads and writes
// can fall, with crashes and with writes whose answer is lost, held against what rotation promises.

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <unordered_set>
#include <vector>

#include "certs/rotation.h"
#include "tests/certs/forge.h"

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using mountguard::core::WallTime;
using mountguard::tests::kToday;
using State = TrustedAuthorities::State;

namespace {

/// Time runs in seconds from kToday, lives are short: the rules know no other unit.
constexpr int kLeafLife = 9;
constexpr int kAuthorityLife = 27;
constexpr int kTrustWait = 2;

RotationSettings Settings() {
  RotationSettings settings;
  settings.lifetime = std::chrono::seconds(kLeafLife);
  settings.ca_lifetime = std::chrono::seconds(kAuthorityLife);
  settings.trust_wait = std::chrono::seconds(kTrustWait);
  settings.check_interval = std::chrono::seconds(1);
  settings.clock_skew = std::chrono::seconds(1);
  return settings;
}

WallTime At(int time) { return kToday + std::chrono::seconds(time); }

Authority NewAuthority(int number, int time) {
  Authority authority;
  authority.id = "ca" + std::to_string(number);
  authority.not_before = At(time) - kBackdating;
  authority.not_after = At(time + kAuthorityLife);
  authority.leaves_end = authority.not_after;
  authority.can_sign = true;
  return authority;
}

Leaf NewLeaf(int number, const Authority& authority, int time) {
  return {"leaf" + std::to_string(number),
          authority.id,
          At(time) - kBackdating,
          std::min(At(time + kLeafLife), authority.not_after),
          true,
          {}};
}

bool Holds(const std::vector<Authority>& authorities, const std::string& id) {
  return std::any_of(authorities.begin(), authorities.end(),
                     [&](const Authority& a) { return a.id == id; });
}

/// A bundle that API servers may still go by.
struct PastBundle {
  std::vector<Authority> authorities;
  int until = 0;  // when it was replaced
};

struct Replica {
  // Survives nothing: a crash makes all of this anew.
  std::optional<Leaf> served;
  int seen_generation = -1;
  int seen_since = 0;
  // One look at the world: what was read of the Secret, then what was decided and on which grounds.
  bool has_read = false;
  std::optional<StoredCertificates> read;
  int read_version = 0;
  std::optional<RotationStep> decided;
  int decided_generation = 0;
};

struct World {
  int time = 0;
  std::optional<StoredCertificates> secret;
  int secret_version = 0;
  std::vector<Authority> bundle;
  int generation = 0;
  std::vector<PastBundle> past;
  int authorities_made = 0;  // that were ever stored
  int leaves_made = 0;
  std::array<Replica, 2> replicas;
};

// ---- What a replica does, one access to the API at a time -------------------------------------

enum class Fate { kDone, kRefused, kAnswerLost };

void SetBundle(const std::vector<Authority>& bundle, World* world) {
  world->past.push_back({world->bundle, world->time});
  world->bundle = bundle;
  ++world->generation;
}

/// Carries a write out as the API would: only if nothing has changed since it was read.
bool Write(const Replica& replica, World* world) {
  const RotationStep& step = *replica.decided;
  if (step.action == RotationAction::kTrust) {
    if (replica.decided_generation != world->generation) return false;
    SetBundle(step.trust, world);
    return true;
  }
  if (replica.read_version != world->secret_version) return false;
  StoredCertificates next = replica.read.value_or(StoredCertificates());
  switch (step.action) {
    case RotationAction::kStageAuthority:
      next = WithStaged(next, NewAuthority(++world->authorities_made, world->time));
      break;
    case RotationAction::kPromoteAuthority: {
      const Leaf leaf = NewLeaf(++world->leaves_made, *next.next, world->time);
      next = WithPromoted(next, leaf);
      break;
    }
    case RotationAction::kRenewLeaf:
      next = WithRenewed(next, NewLeaf(++world->leaves_made, *next.current, world->time));
      break;
    default:
      return true;
  }
  world->secret = WithoutExpired(next, At(world->time), Settings().clock_skew);
  ++world->secret_version;
  return true;
}

RotationStep Decide(const Replica& replica, const World& world) {
  Situation situation;
  situation.now = At(world.time);
  situation.stored = replica.read;
  situation.trusted = {State::kKnown, world.bundle, true,
                       std::chrono::seconds(world.time - replica.seen_since)};
  situation.served = replica.served;
  return NextStep(situation, Settings());
}

/// The replica's next access. False: its look is over, there is nothing to do.
bool Advance(std::size_t index, Fate fate, World* world) {
  Replica& replica = world->replicas[index];
  if (!replica.has_read) {
    if (fate != Fate::kDone) return true;  // it looks again
    replica.has_read = true;
    replica.read = world->secret;
    replica.read_version = world->secret_version;
    return true;
  }
  if (!replica.decided) {
    if (fate != Fate::kDone) {
      replica.has_read = false;
      return true;
    }
    if (replica.seen_generation != world->generation) {
      replica.seen_generation = world->generation;
      replica.seen_since = world->time;
    }
    const RotationStep step = Decide(replica, *world);
    if (step.action == RotationAction::kServe) {
      replica.served = replica.read->leaf;
      return true;
    }
    if (step.action == RotationAction::kWait) {
      replica.has_read = false;
      return false;
    }
    replica.decided = step;
    replica.decided_generation = world->generation;
    return true;
  }
  if (fate != Fate::kRefused) Write(replica, world);
  replica.has_read = false;
  replica.decided.reset();
  return true;
}

// ---- What must hold ----------------------------------------------------------------------------

/// The CAs that an API server may know of, one state of the configuration each, where it knows any
/// that lives: with none nothing can be verified, whatever is served.
std::vector<const std::vector<Authority>*> BundlesInUse(const World& world) {
  std::vector<const std::vector<Authority>*> bundles{&world.bundle};
  for (const PastBundle& past : world.past) {
    if (past.until + kTrustWait > world.time) bundles.push_back(&past.authorities);
  }
  std::erase_if(bundles, [&](const auto* bundle) {
    return std::none_of(bundle->begin(), bundle->end(),
                        [&](const Authority& a) { return At(world.time) < a.not_after; });
  });
  return bundles;
}

std::string BrokenPromise(const World& world) {
  std::vector<const Leaf*> in_use;
  for (const Replica& replica : world.replicas) {
    if (replica.served) in_use.push_back(&*replica.served);
  }
  // A replica that starts now would serve the stored one at once.
  if (world.secret && world.secret->leaf) in_use.push_back(&*world.secret->leaf);
  for (const Leaf* leaf : in_use) {
    if (!IsUsable(*leaf, At(world.time))) continue;
    for (const auto* bundle : BundlesInUse(world)) {
      if (!Holds(*bundle, leaf->authority)) {
        return leaf->id + " of " + leaf->authority + " cannot be verified";
      }
    }
  }
  return "";
}

bool IsSettled(const World& world) {
  if (!world.secret || !world.secret->leaf || !Holds(world.bundle, world.secret->current->id)) {
    return false;
  }
  return std::all_of(world.replicas.begin(), world.replicas.end(), [&](const Replica& replica) {
    return replica.served && replica.served->id == world.secret->leaf->id;
  });
}

/// Without further faults and in fair turns it must come to rest in time; "" if it does.
std::string StuckIn(World world) {
  for (int second = 0; second < 3 * kTrustWait + kLeafLife; ++second) {
    for (int round = 0; round < 6; ++round) {
      for (std::size_t i = 0; i < world.replicas.size(); ++i) {
        for (int access = 0; access < 30 && Advance(i, Fate::kDone, &world); ++access) {
        }
      }
    }
    if (std::string broken = BrokenPromise(world); !broken.empty()) return broken;
    if (IsSettled(world) && !world.secret->next) return "";
    ++world.time;
  }
  return "it never comes to rest";
}

// ---- All orders --------------------------------------------------------------------------------

void Append(const std::vector<Authority>& authorities, std::string* key) {
  for (const Authority& authority : authorities) {
    *key += authority.id + ":" + std::to_string(authority.leaves_end.time_since_epoch().count());
  }
  *key += ';';
}

void Append(const std::optional<StoredCertificates>& stored, std::string* key) {
  if (!stored) return key->append("-;"), void();
  for (const auto& authority : {stored->current, stored->next}) {
    Append(authority ? std::vector<Authority>{*authority} : std::vector<Authority>{}, key);
  }
  Append(stored->retired, key);
  *key += stored->leaf ? stored->leaf->id : "-";
}

/// What decides about the future of a world.
std::string KeyOf(const World& world) {
  std::string key = std::to_string(world.time) + "/";
  Append(world.secret, &key);
  key += std::to_string(world.secret_version) + "/";
  Append(world.bundle, &key);
  for (const PastBundle& past : world.past) {
    if (past.until + kTrustWait <= world.time) continue;
    key += std::to_string(past.until);
    Append(past.authorities, &key);
  }
  for (const Replica& replica : world.replicas) {
    key += "|" + (replica.served ? replica.served->id : "-");
    key += replica.seen_generation == world.generation ? std::to_string(replica.seen_since) : "?";
    if (!replica.has_read) continue;
    key += "r" + std::to_string(replica.read_version);
    if (!replica.decided) continue;
    key += std::string(ToString(replica.decided->action));
    key += replica.decided_generation == world.generation ? "=" : "!";
    Append(replica.decided->trust, &key);
  }
  return key;
}

struct Explored {
  std::size_t worlds = 0;
  int most_authorities = 0;
  std::string broken;  // the first promise that was, or ""
};

/// Every world that can come of `start` until `horizon`, if at most one replica crashes, and one
/// write at most is lost with or without effect, at any point.
Explored Explore(const World& start, int horizon) {
  struct Branch {
    World world;
    int crashes;
    int faults;
  };
  Explored explored;
  std::unordered_set<std::string> seen;
  std::deque<Branch> open{{start, 1, 1}};
  while (!open.empty() && explored.broken.empty()) {
    const Branch branch = std::move(open.back());
    open.pop_back();
    const auto visit = [&](World world, int crashes, int faults) {
      if (world.time > horizon) return;
      const std::string key = KeyOf(world) + std::to_string(crashes) + std::to_string(faults);
      if (!seen.insert(key).second) return;
      explored.most_authorities = std::max(explored.most_authorities, world.authorities_made);
      std::string broken = BrokenPromise(world);
      if (broken.empty() && seen.size() % 128 == 1) broken = StuckIn(world);
      if (!broken.empty() && explored.broken.empty()) explored.broken = broken + " in " + key;
      open.push_back({std::move(world), crashes, faults});
    };
    World later = branch.world;
    ++later.time;
    visit(std::move(later), branch.crashes, branch.faults);
    for (std::size_t i = 0; i < branch.world.replicas.size(); ++i) {
      World next = branch.world;
      Advance(i, Fate::kDone, &next);
      visit(std::move(next), branch.crashes, branch.faults);
      if (branch.faults > 0) {
        for (const Fate fate : {Fate::kRefused, Fate::kAnswerLost}) {
          World faulty = branch.world;
          Advance(i, fate, &faulty);
          visit(std::move(faulty), branch.crashes, branch.faults - 1);
        }
      }
      if (branch.crashes > 0) {
        World crashed = branch.world;
        crashed.replicas[i] = Replica();
        visit(std::move(crashed), branch.crashes - 1, branch.faults);
      }
    }
  }
  explored.worlds = seen.size();
  return explored;
}

/// Both replicas serve the leaf of a CA that was made `age` seconds ago and is trusted since.
World Settled(int age, int leaf_age) {
  World world;
  const Authority authority = NewAuthority(++world.authorities_made, -age);
  StoredCertificates stored =
      WithPromoted(WithStaged({}, authority), NewLeaf(++world.leaves_made, authority, -leaf_age));
  world.bundle = {*stored.current};
  for (Replica& replica : world.replicas) {
    replica.served = stored.leaf;
    replica.seen_generation = 0;
    replica.seen_since = -age;
  }
  world.secret = std::move(stored);
  return world;
}

void CheckAllOrders(const World& start, int horizon, int authorities) {
  const Explored explored = Explore(start, horizon);
  INFO(explored.worlds << " worlds");
  CHECK(explored.broken == "");
  CHECK(explored.worlds > 1'000);
  CHECK(explored.most_authorities <= authorities);
}

}  // namespace

TEST_CASE("two replicas that start at once agree on one CA, in whatever order they act") {
  CheckAllOrders(World(), kTrustWait, 1);
}

TEST_CASE("a CA is replaced and every API server verifies every leaf, in whatever order") {
  CheckAllOrders(Settled(2 * kAuthorityLife / 3, 2), kTrustWait + 1, 2);
}

TEST_CASE("an old CA is distrusted after the last leaf that it signed, in whatever order") {
  World world = Settled(2 * kAuthorityLife / 3, 8);
  const Authority next = NewAuthority(++world.authorities_made, -2);
  const Leaf leaf = NewLeaf(++world.leaves_made, next, 0);
  world.secret = WithPromoted(WithStaged(*world.secret, next), leaf);
  world.bundle.push_back(next);
  for (Replica& replica : world.replicas) replica.seen_since = -kTrustWait;
  CheckAllOrders(world, 3, 2);
}

TEST_CASE("a leaf and its CA that come due together are renewed, in whatever order") {
  CheckAllOrders(Settled(2 * kAuthorityLife / 3, 2 * kLeafLife / 3), kTrustWait, 2);
}

TEST_CASE("a Secret that was deleted comes back beside the CA that is trusted, in whatever order") {
  World world = Settled(3, 3);
  world.secret.reset();
  ++world.secret_version;
  CheckAllOrders(world, kTrustWait + 1, 2);
}

TEST_CASE("a bundle that was emptied is restored, in whatever order") {
  World world = Settled(2 * kAuthorityLife / 3, 2);
  world.bundle.clear();
  ++world.generation;
  CheckAllOrders(world, kTrustWait, 2);
}

TEST_CASE("from where everything has expired it comes back, in whatever order") {
  CheckAllOrders(Settled(2 * kAuthorityLife, 2 * kAuthorityLife), kTrustWait, 2);
}

TEST_CASE("the promises are checked: without the wait they are broken") {
  World world = Settled(2 * kAuthorityLife / 3, 2);
  const Authority next = NewAuthority(++world.authorities_made, 0);
  SetBundle({world.bundle.front(), next}, &world);
  world.secret =
      WithPromoted(WithStaged(*world.secret, next), NewLeaf(++world.leaves_made, next, 0));
  CHECK(BrokenPromise(world) == "leaf2 of ca2 cannot be verified");
  SetBundle({next}, &world);
  world.time += kTrustWait;
  CHECK(BrokenPromise(world) == "leaf1 of ca1 cannot be verified");
}

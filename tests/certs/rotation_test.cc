#include "certs/rotation.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/certs/forge.h"

using namespace mountguard::certs;  // NOLINT: a test of this one folder
using mountguard::core::WallTime;
using mountguard::tests::kToday;
using namespace std::chrono_literals;
using State = TrustedAuthorities::State;
using std::chrono::days;

namespace {

constexpr days kLeafLife{90};
constexpr days kAuthorityLife{1095};

Authority NewAuthority(const std::string& id, WallTime issued) {
  Authority authority;
  authority.id = id;
  authority.not_before = issued - kBackdating;
  authority.not_after = issued + kAuthorityLife;
  authority.leaves_end = authority.not_after;
  authority.can_sign = true;
  return authority;
}

Leaf NewLeaf(const std::string& id, const std::string& authority, WallTime issued) {
  return {id, authority, issued - kBackdating, issued + kLeafLife, true, {}};
}

/// A cluster in which nothing is to be done: issued ten days ago, known to every API server.
Situation Settled() {
  Situation situation;
  situation.now = kToday;
  StoredCertificates stored;
  stored.current = NewAuthority("ca1", kToday - days(10));
  stored.leaf = NewLeaf("leaf1", "ca1", kToday - days(10));
  stored.current->leaves_end = stored.leaf->not_after;
  situation.served = stored.leaf;
  situation.trusted = {State::kKnown, {*stored.current}, true, 10min};
  situation.stored = stored;
  return situation;
}

RotationStep Next(const Situation& situation) { return NextStep(situation, RotationSettings()); }

std::vector<std::string> Ids(const std::vector<Authority>& authorities) {
  std::vector<std::string> ids;
  for (const Authority& authority : authorities) ids.push_back(authority.id);
  return ids;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("where all is well there is nothing to do but look again") {
  const RotationStep step = Next(Settled());
  CHECK(step.action == RotationAction::kWait);
  CHECK(step.look_again == RotationSettings().check_interval);
  CHECK(step.obstacle.empty());
}

TEST_CASE("a first start: stage, trust, promote at once, serve") {
  Situation situation;
  situation.now = kToday;
  situation.trusted.state = State::kKnown;
  CHECK(Next(situation).action == RotationAction::kStageAuthority);

  situation.stored = WithStaged({}, NewAuthority("ca1", kToday));
  const RotationStep trust = Next(situation);
  CHECK(trust.action == RotationAction::kTrust);
  CHECK(Ids(trust.trust) == Names{"ca1"});

  // Nobody could verify anything before, so there is nobody to wait for.
  situation.trusted.authorities = trust.trust;
  CHECK(Next(situation).action == RotationAction::kPromoteAuthority);

  situation.stored = WithPromoted(*situation.stored, NewLeaf("leaf1", "ca1", kToday));
  CHECK_FALSE(situation.stored->next.has_value());
  CHECK(situation.stored->current->leaves_end == situation.stored->leaf->not_after);
  CHECK(Next(situation).action == RotationAction::kServe);

  situation.served = situation.stored->leaf;
  CHECK(Next(situation).action == RotationAction::kWait);
}

TEST_CASE("a first start beside a CA of others waits until all know the new one") {
  Situation situation;
  situation.now = kToday;
  situation.trusted = {State::kKnown, {NewAuthority("other", kToday)}, true, 1h};
  CHECK(Next(situation).action == RotationAction::kStageAuthority);
  situation.stored = WithStaged({}, NewAuthority("ca1", kToday));
  CHECK(Ids(Next(situation).trust) == Names{"other", "ca1"});
  situation.trusted = {State::kKnown, Next(situation).trust, true, 0s};
  CHECK(Next(situation).action == RotationAction::kWait);
  CHECK(Next(situation).look_again == 1min);
  situation.trusted.unchanged_for = 59s;
  CHECK(Next(situation).action == RotationAction::kWait);
  CHECK(Next(situation).look_again == 1s);
  situation.trusted.unchanged_for = 1min;
  CHECK(Next(situation).action == RotationAction::kPromoteAuthority);
}

TEST_CASE("without a webhook configuration nobody calls, and certificates are made beforehand") {
  Situation situation;
  situation.now = kToday;
  situation.trusted.state = State::kAbsent;
  situation.stored = WithStaged({}, NewAuthority("ca1", kToday));
  CHECK(Next(situation).action == RotationAction::kPromoteAuthority);
  situation.stored = WithPromoted(*situation.stored, NewLeaf("leaf1", "ca1", kToday));
  situation.served = situation.stored->leaf;
  CHECK(Next(situation).action == RotationAction::kWait);
  CHECK(Next(situation).obstacle == "there is no such webhook configuration");
}

TEST_CASE("a configuration that cannot be read, or is not ours, promotes nothing") {
  const State state = GENERATE(State::kUnknown, State::kForeign);
  Situation situation;
  situation.now = kToday;
  situation.trusted.state = state;
  situation.stored = WithStaged({}, NewAuthority("ca1", kToday));
  CHECK(Next(situation).action == RotationAction::kWait);
  CHECK(Next(situation).obstacle.empty() == (state == State::kUnknown));
}

TEST_CASE("a leaf is renewed at two thirds of its life, whatever of the configuration is known") {
  Situation situation = Settled();
  situation.trusted.state = GENERATE(State::kKnown, State::kUnknown, State::kAbsent);
  const WallTime due = kToday - days(10) + days(60);
  situation.now = due - 1s;
  CHECK(Next(situation).action == RotationAction::kWait);
  CHECK(Next(situation).look_again == 1s);
  situation.now = due;
  CHECK(Next(situation).action == RotationAction::kRenewLeaf);

  // Renewed by another replica: it is served, whatever of the configuration is known.
  situation.stored = WithRenewed(*situation.stored, NewLeaf("leaf2", "ca1", due));
  CHECK(situation.stored->current->leaves_end == due + kLeafLife);
  CHECK(Next(situation).action == RotationAction::kServe);
}

TEST_CASE("jitter delays a renewal by less than a fiftieth of the life") {
  Situation situation = Settled();
  RotationSettings settings;
  settings.jitter = 0.999;
  situation.now = kToday - days(10) + days(60);
  CHECK(NextStep(situation, settings).action == RotationAction::kWait);
  situation.now += 44h;
  CHECK(NextStep(situation, settings).action == RotationAction::kRenewLeaf);
}

TEST_CASE("a stored leaf that is no use is renewed at once") {
  Situation situation = Settled();
  StoredCertificates& stored = *situation.stored;
  SECTION("gone") { stored.leaf.reset(); }
  SECTION("of another CA") { stored.leaf->authority = "ca0"; }
  SECTION("of none that is stored") { stored.leaf->authority.clear(); }
  SECTION("without a name that is wanted") { stored.leaf->has_names = false; }
  SECTION("expired") { stored.leaf->not_after = kToday; }
  SECTION("of the future") { stored.leaf->not_before = kToday + 1s; }
  CHECK(Next(situation).action == RotationAction::kRenewLeaf);
}

TEST_CASE("a CA is replaced at two thirds of its life, step by step") {
  Situation situation = Settled();
  situation.now = kToday - days(10) + days(730);
  situation.stored->leaf = NewLeaf("leaf9", "ca1", situation.now - days(1));
  situation.stored->current->leaves_end = situation.stored->leaf->not_after;
  situation.served = situation.stored->leaf;
  CHECK(Next(situation).action == RotationAction::kStageAuthority);

  situation.stored = WithStaged(*situation.stored, NewAuthority("ca2", situation.now));
  RotationStep step = Next(situation);
  REQUIRE(step.action == RotationAction::kTrust);
  CHECK(Ids(step.trust) == Names{"ca1", "ca2"});

  situation.trusted = {State::kKnown, step.trust, true, 0s};
  CHECK(Next(situation).action == RotationAction::kWait);
  situation.trusted.unchanged_for = 1min;
  CHECK(Next(situation).action == RotationAction::kPromoteAuthority);

  const WallTime old_leaf_ends = situation.served->not_after;
  situation.stored = WithPromoted(*situation.stored, NewLeaf("leaf10", "ca2", situation.now));
  REQUIRE(situation.stored->retired.size() == 1);
  CHECK(situation.stored->retired[0].leaves_end == old_leaf_ends);
  CHECK_FALSE(situation.stored->retired[0].can_sign);
  CHECK(Next(situation).action == RotationAction::kServe);

  // A replica that came to see the configuration only now goes on serving the old leaf for a while.
  situation.trusted.unchanged_for = 0s;
  CHECK(Next(situation).action == RotationAction::kWait);
  situation.trusted.unchanged_for = 1min;
  situation.served = situation.stored->leaf;

  // Another may serve the old leaf until it ends, so the old CA is trusted until then, and an hour.
  situation.now = old_leaf_ends + 1h - 1s;
  situation.stored->leaf = NewLeaf("leaf11", "ca2", situation.now);
  situation.served = situation.stored->leaf;
  CHECK(Next(situation).action == RotationAction::kWait);
  CHECK(Next(situation).look_again == 1s);
  situation.now += 1s;
  step = Next(situation);
  REQUIRE(step.action == RotationAction::kTrust);
  CHECK(Ids(step.trust) == Names{"ca2"});
  situation.trusted = {State::kKnown, step.trust, true, 0s};
  CHECK(Next(situation).action == RotationAction::kWait);
}

TEST_CASE("a CA that cannot sign a leaf of a full life any more is replaced before its time") {
  Situation situation = Settled();
  situation.stored->current->not_after = kToday + kLeafLife;  // made with shorter lives
  CHECK(Next(situation).action == RotationAction::kStageAuthority);
}

TEST_CASE("what is lost of the Secret is made anew, and what serves goes on serving") {
  Situation situation = Settled();
  SECTION("the Secret") {
    situation.stored.reset();
    CHECK(Next(situation).action == RotationAction::kStageAuthority);
  }
  SECTION("all of its content") {
    situation.stored = StoredCertificates();
    CHECK(Next(situation).action == RotationAction::kStageAuthority);
  }
  SECTION("the CA's key") {
    situation.stored->current->can_sign = false;
    CHECK(Next(situation).action == RotationAction::kStageAuthority);
  }
  SECTION("the key of the CA to come") {
    situation.stored->next = NewAuthority("ca2", kToday);
    situation.stored->next->can_sign = false;
    situation.trusted.authorities.push_back(*situation.stored->next);
    CHECK(Next(situation).action == RotationAction::kStageAuthority);
  }
  situation.stored =
      WithStaged(situation.stored.value_or(StoredCertificates()), NewAuthority("ca3", kToday));
  const RotationStep step = Next(situation);
  REQUIRE(step.action == RotationAction::kTrust);
  CHECK(step.trust.front().id == "ca1");
  CHECK(step.trust.back().id == "ca3");
}

TEST_CASE("another Secret put in its place is not served before its CA is trusted") {
  Situation situation = Settled();
  situation.stored->current = NewAuthority("restored", kToday - days(20));
  situation.stored->leaf = NewLeaf("leaf-r", "restored", kToday - days(20));
  const RotationStep step = Next(situation);
  REQUIRE(step.action == RotationAction::kTrust);
  CHECK(Ids(step.trust) == Names{"ca1", "restored"});
  situation.trusted = {State::kKnown, step.trust, true, 0s};
  CHECK(Next(situation).action == RotationAction::kWait);
  situation.trusted.unchanged_for = 1min;
  CHECK(Next(situation).action == RotationAction::kServe);
}

TEST_CASE("after a long sleep in which all expired nobody is waited for") {
  Situation situation = Settled();
  situation.now = kToday + days(2000);
  CHECK(Next(situation).action == RotationAction::kStageAuthority);
  situation.stored = WithStaged(*situation.stored, NewAuthority("ca2", situation.now));
  const RotationStep step = Next(situation);
  REQUIRE(step.action == RotationAction::kTrust);
  CHECK(Ids(step.trust) == Names{"ca2"});
  situation.trusted = {State::kKnown, step.trust, true, 0s};
  CHECK(Next(situation).action == RotationAction::kPromoteAuthority);
  situation.stored = WithPromoted(*situation.stored, NewLeaf("leaf2", "ca2", situation.now));
  CHECK(Next(situation).action == RotationAction::kServe);
  situation.stored = WithoutExpired(*situation.stored, situation.now, 1h);
  CHECK(situation.stored->retired.empty());
}

TEST_CASE("a configuration that was applied anew gets its bundle back") {
  Situation situation = Settled();
  situation.trusted.unchanged_for = 0s;
  SECTION("empty") { situation.trusted.authorities.clear(); }
  SECTION("with what is no certificate") { situation.trusted.is_uniform = false; }
  const RotationStep step = Next(situation);
  REQUIRE(step.action == RotationAction::kTrust);
  CHECK(Ids(step.trust) == Names{"ca1"});
}

TEST_CASE("webhooks that trust different CAs are trusted with all of them, and waited for") {
  Situation situation = Settled();
  situation.stored->next = NewAuthority("ca2", kToday);
  situation.trusted.authorities.push_back(*situation.stored->next);
  situation.trusted.is_uniform = false;
  situation.trusted.unchanged_for = 1h;
  CHECK(Next(situation).action == RotationAction::kTrust);
  situation.trusted.is_uniform = true;
  situation.trusted.unchanged_for = 0s;
  CHECK(Next(situation).action == RotationAction::kWait);
}

TEST_CASE("a certificate in use that is not valid gives way to any that is") {
  Situation situation = Settled();
  situation.trusted.state = State::kUnknown;
  situation.served = NewLeaf("old", "ca0", kToday - days(91));
  CHECK(Next(situation).action == RotationAction::kServe);
}

TEST_CASE("settings that no rotation could keep are refused") {
  CHECK(SettingsProblem(RotationSettings()).empty());
  RotationSettings settings;
  settings.ca_lifetime = days(200);
  CHECK(SettingsProblem(settings) ==
        "a CA that lives 200 days cannot sign certificates of 90 days until it is replaced, at two "
        "thirds of its life: it must live three times as long as they do");
  settings.lifetime = 5min;
  CHECK(
      SettingsProblem(settings) ==
      "a certificate that lives 5 minutes is renewed too late: the last third of its life must be "
      "longer than the wait for API servers and the check interval together (2 minutes)");
}

// What BlockLogic says of blocks is held against the matcher: over many blocks and many mounts it
// must never claim what a mount disproves.

#include "policy/block_logic.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "policy/glob.h"
#include "policy/matcher.h"
#include "policy/mount_facts.h"
#include "tests/policy/pods.h"

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below
namespace core = mountguard::core;

namespace {

/// All texts of at most `length` of the pieces.
std::vector<std::string> AllOf(const std::vector<std::string>& pieces, int length) {
  std::vector<std::string> all = {""};
  std::size_t from = 0;
  for (int i = 0; i < length; ++i) {
    const std::size_t to = all.size();
    for (; from < to; ++from) {
      for (const std::string& piece : pieces) all.push_back(all[from] + piece);
    }
  }
  return all;
}

/// Picks pieces of policies and pods; the same ones for the same seed.
class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  bool OneIn(unsigned n) { return engine_() % n == 0; }
  const std::string& Of(const std::vector<std::string>& choices) {
    return choices[engine_() % choices.size()];
  }
  /// One to three of the choices, as a YAML list.
  std::string List(const std::vector<std::string>& choices) {
    std::string list = "['" + Of(choices) + "'";
    while (OneIn(3)) list += ", '" + Of(choices) + "'";
    return list + "]";
  }

 private:
  std::mt19937 engine_;
};

const std::vector<std::string> kNames = {
    "a",  "a-b",  "b",   "a-*", "*-b", "?",   "**",
    "!a", "!a-*", "!**", "!b",  "a?b", "*b*", "x-{serviceAccount}"};
const std::vector<std::string> kPaths = {"/",  "/a",  "/a/b",          "/a/b/c",
                                         "/b", "/ab", "/a/{namespace}"};

std::string RandomPath(Dice* dice) {
  std::string path;
  for (const char* relation : {"is", "under", "covers"}) {
    if (dice->OneIn(2)) path += std::string(relation) + ": " + dice->List(kPaths) + ", ";
  }
  return "{" + (path.empty() ? "under: [/a], " : path) + "}";
}

/// A block with some conditions, on facts that RandomPod varies.
std::string RandomBlock(Dice* dice) {
  std::string block;
  const auto add = [&](const std::string& field, const std::string& value) {
    block += field + ": " + value + ", ";
  };
  if (dice->OneIn(3)) add("namespaces", dice->List(kNames));
  if (dice->OneIn(6)) add("serviceAccounts", dice->List(kNames));
  if (dice->OneIn(5)) add("containers", dice->List(kNames));
  if (dice->OneIn(6)) add("kinds", dice->List({"Pod", "Pod.core", "Job", "DaemonSet.apps"}));
  if (dice->OneIn(5)) {
    add("images", dice->List({"a", "a:1", "quay.io/a/*", "quay.io/**", "!a:1", "!quay.io/a/b",
                              "quay.io/a/b:1", "!**", "**/b"}));
  }
  if (dice->OneIn(4)) add("mountPropagation", dice->List({"None", "Bidirectional", "Unset"}));
  if (dice->OneIn(5)) add("privileged", dice->Of({"true", "false"}));
  if (dice->OneIn(6)) add("capabilities", dice->List({"ALL", "SYS_ADMIN", "NET_ADMIN"}));
  if (dice->OneIn(5))
    add("containerTypes",
        dice->List({"container", "initContainer", "sidecar", "ephemeralContainer"}));
  if (dice->OneIn(4)) add("volumeTypes", dice->List({"hostPath", "csi", "emptyDir"}));
  if (dice->OneIn(3)) add("hostPath", RandomPath(dice));
  if (dice->OneIn(5)) add("mountPath", RandomPath(dice));
  if (dice->OneIn(6)) add("csiDrivers", dice->List(kNames));
  if (dice->OneIn(4)) {
    std::string selector;
    do {
      selector += "{key: k, " +
                  dice->Of({"operator: Exists", "operator: DoesNotExist",
                            "operator: In, values: [a]", "operator: In, values: [a, b]",
                            "operator: NotIn, values: [a]", "operator: NotIn, values: [b, c]"}) +
                  "}, ";
    } while (dice->OneIn(2));
    add("labels", "{matchExpressions: [" + selector + "]}");
  }
  return "{" + (block.empty() ? "os: [linux, windows], " : block) + "}";
}

std::string RandomPod(Dice* dice) {
  PodText pod;
  const std::vector<std::string> paths = {"/", "/a", "/a/b", "/a/b/c", "/b", "/ab", "/a/a"};
  pod.metadata =
      R"("name":"p","namespace":")" + dice->Of({"a", "a-b", "b", "c", "a-x", "axb"}) + '"' +
      dice->Of({"", R"(,"labels":{"k":"a"})", R"(,"labels":{"k":"b"})", R"(,"labels":{"k":"d"})"});
  pod.container = R"("name":")" + dice->Of({"a", "a-b", "b", "c"}) + R"(","image":")" +
                  dice->Of({"a", "a:1", "quay.io/a/b", "quay.io/a/b:1", "quay.io/c/b:2",
                            "quay.io/a/b:1@sha256:00", "ghcr.io/a/b"}) +
                  '"';
  pod.security = dice->Of({R"("privileged":true)", R"("capabilities":{"add":["SYS_ADMIN"]})",
                           R"("capabilities":{"add":["NET_ADMIN","ALL"]})", ""});
  pod.mount =
      R"("name":"v","mountPath":")" + dice->Of(paths) + '"' +
      dice->Of({"", R"(,"mountPropagation":"None")", R"(,"mountPropagation":"Bidirectional")"});
  pod.volume = R"("name":"v",)" +
               dice->Of({R"("emptyDir":{})", R"("csi":{"driver":"a"})", R"("csi":{"driver":"a-b"})",
                         R"("hostPath":{"path":")" + dice->Of(paths) + R"("})",
                         R"("hostPath":{"path":")" + dice->Of(paths) + R"("})"});
  pod.spec = dice->Of({"", R"("serviceAccountName":"a-b")", R"("serviceAccountName":"b")"});
  pod.list = dice->Of({"containers", "initContainers", "ephemeralContainers"});
  return pod.Json();
}

/// A pod with one mount, and the facts of it.
class OneMount {
 public:
  explicit OneMount(std::string pod) : text_(std::move(pod)) {
    subject_.Read({}, workloads_, {}, parser_.Parse(text_).value(), core::JsonValue());
    facts_.emplace(subject_);
    const JudgedTemplate& judged = subject_.templates().at(0);
    const core::ContainerView& container = judged.pod.containers().at(0);
    facts_->Select(&judged, &container, &judged.pod.Mounts(container)[0]);
  }
  const MountFacts& facts() const { return *facts_; }

 private:
  std::string text_;
  core::JsonParser parser_;
  core::WorkloadTable workloads_;
  Subject subject_;
  std::optional<MountFacts> facts_;
};

}  // namespace

TEST_CASE("what globs cover and whether they meet agrees with what they match") {
  const std::vector<std::string> globs = AllOf({"a", "/", "?", "*", "**"}, 3);
  const std::vector<std::string> texts = AllOf({"a", "b", "/"}, 5);
  std::vector<std::vector<bool>> matches;
  for (const std::string& glob : globs) {
    std::vector<bool>& row = matches.emplace_back();
    for (const std::string& text : texts) row.push_back(GlobMatches(glob, text));
  }
  int covers = 0, apart = 0, missed = 0;
  for (std::size_t i = 0; i < globs.size(); ++i) {
    for (std::size_t j = 0; j < globs.size(); ++j) {
      bool contained = true, share = false;
      for (std::size_t t = 0; t < texts.size(); ++t) {
        contained = contained && (matches[i][t] || !matches[j][t]);
        share = share || (matches[i][t] && matches[j][t]);
      }
      const bool claimed = GlobCovers(globs[i], globs[j]);
      if (claimed && !contained) FAIL(globs[i] << " does not cover " << globs[j]);
      if (GlobsMeet(globs[i], globs[j]) != share) FAIL(globs[i] << " and " << globs[j]);
      covers += claimed;
      apart += !share;
      missed += contained && !claimed;
    }
  }
  CHECK(covers > 1'000);
  CHECK(apart > 1'000);
  CHECK(missed < covers / 10);  // "not certain" is allowed, but not as a habit
}

TEST_CASE("a placeholder in a pattern may stand for anything without a slash") {
  CHECK(GlobCovers("tenant-*", "tenant-{namespace}"));
  CHECK_FALSE(GlobCovers("tenant-{namespace}", "tenant-a"));
  CHECK(GlobsMeet("tenant-{namespace}", "tenant-a"));
  CHECK_FALSE(GlobsMeet("tenant-{namespace}", "other-*"));
  CHECK_FALSE(GlobsMeet("tenant-{namespace}", "tenant-a/b"));
}

TEST_CASE("no mount disproves what is said of blocks") {
  Dice dice(20261126);
  std::vector<OneMount> mounts;
  mounts.reserve(400);
  for (int i = 0; i < 400; ++i) mounts.emplace_back(RandomPod(&dice));
  BlockLogic logic;
  int impossible = 0, disjoint = 0, implied = 0;
  for (int round = 0; round < 400; ++round) {
    std::vector<std::string> texts;
    std::string policy = "      match:\n";
    for (int i = 0; i < 5; ++i)
      policy += "        - " + texts.emplace_back(RandomBlock(&dice)) + "\n";
    const auto set = LoadGood({{"p", RuleWith(policy)}});
    const std::vector<Block>& blocks = set->policies()[0].rules[0].match;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      const bool cannot = logic.WhyImpossible(blocks[i]).has_value();
      impossible += cannot;
      for (std::size_t j = 0; j < blocks.size(); ++j) {
        CAPTURE(texts[i], texts[j]);
        const bool apart = i != j && logic.WhyDisjoint(blocks[i], blocks[j]).has_value();
        const bool implies = logic.Implies(blocks[i], blocks[j]);
        disjoint += apart;
        implied += implies && i != j;
        for (const OneMount& mount : mounts) {
          if (!Holds(blocks[i], mount.facts(), Polarity::kCouldHold).IsTrue()) continue;
          const bool both = Holds(blocks[j], mount.facts(), Polarity::kMustHold).IsTrue();
          if (cannot) FAIL("said to be impossible");
          if (apart && both) FAIL("said to exclude each other");
          if (implies && !both) FAIL("said to follow");
        }
      }
    }
  }
  CHECK(impossible > 100);
  CHECK(disjoint > 500);
  CHECK(implied > 100);
}

TEST_CASE("a covers of an exclude holds for a path through a process' root") {
  const auto set = LoadGood({{"p", RuleWith("      match: [{hostPath: {under: [/proc]}}]\n"
                                            "      exclude: [{hostPath: {covers: [/etc]}}]\n")}});
  const PolicyRule& rule = set->policies()[0].rules[0];
  CHECK_FALSE(BlockLogic().WhyDisjoint(rule.match[0], rule.exclude[0]));
}

TEST_CASE("a policy cannot make the comparison of its blocks slow") {
  std::string many, other;
  for (int i = 0; i < 20'000; ++i) {
    many += "'*" + std::to_string(i) + "*',";
    other += "'" + std::to_string(i) + "*?',";
  }
  const auto set = LoadGood({{"p", RuleWith("      match: [{names: [" + many +
                                            "]}]\n      exclude: [{names: [" + other + "]}]\n")}});
  const PolicyRule& rule = set->policies()[0].rules[0];
  const auto start = std::chrono::steady_clock::now();
  BlockLogic logic;
  CHECK_FALSE(logic.WhyImpossible(rule.match[0]));
  CHECK_FALSE(logic.WhyDisjoint(rule.match[0], rule.exclude[0]));
  CHECK_FALSE(logic.Implies(rule.match[0], rule.exclude[0]));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

#include "policy/trace.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "tests/policy/pods.h"

// That a traced verdict is the same as one without is held by Judge in every test of this folder.

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below

namespace {

/// "mountPropagation: wanted X, found Y" of the condition that decided a block, "holds" of others.
std::string Said(const BlockTrace& block) {
  if (block.truth.IsTrue()) return "holds";
  const std::string name(InfoOf(block.condition->field).name);
  return name + ": wanted " + block.wanted + ", found " + block.found;
}

std::vector<std::string> Said(const std::vector<BlockTrace>& blocks) {
  std::vector<std::string> said;
  for (const BlockTrace& block : blocks) said.push_back(Said(block));
  return said;
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("Of every rule is said which condition failed first, found by no index", "[trace]") {
  Judge judge(RuleWith(R"(      match:
        - {privileged: true, mountPropagation: [HostToContainer, None]}
        - {namespaces: [other], labels: {matchLabels: {app: a}}}
        - {hostPath: {under: [/srv], covers: [/srv/x]}}
        - {images: ["quay.io/a/*:2"]}
        - {kinds: [DaemonSet.apps], volumeTypes: [emptyDir]}
        - {capabilities: [SYS_ADMIN]}
)"));
  judge(PodText());
  REQUIRE(judge.trace().rules.size() == 1);
  const RuleTrace& rule = judge.trace().rules.front();
  CHECK(rule.outcome == RuleOutcome::kNoMatch);
  CHECK(ToString(rule.outcome) == "no match");
  CHECK(Said(rule.match) ==
        Words{
            "mountPropagation: wanted None, HostToContainer, found Bidirectional",
            "namespaces: wanted other, found ns",
            "hostPath: wanted under /srv and covers /srv/x, "
            "found /var/lib/kubelet",
            "images: wanted quay.io/a/*:2, found quay.io/a/b:1",
            "kinds: wanted DaemonSet.apps, found Pod.core",
            "capabilities: wanted SYS_ADMIN, found none",
        });
  CHECK(rule.exclude.empty());
  CHECK(rule.require.empty());
}

TEST_CASE("What spared a mount is told, and what did not", "[trace]") {
  Judge judge(RuleWith(R"(      match: [{mountPropagation: [Bidirectional]}]
      exclude: [{namespaces: [kube-system]}, {names: [p]}]
      require: [{readOnly: true}, {labels: {matchExpressions: [{key: app, operator: Exists}]}}]
)"));
  PodText pod;
  judge(pod);
  const RuleTrace& excluded = judge.trace().rules.front();
  CHECK(excluded.outcome == RuleOutcome::kExcluded);
  CHECK(Said(excluded.match) == Words{"holds"});
  CHECK(Said(excluded.exclude) == Words{"namespaces: wanted kube-system, found ns", "holds"});

  pod.metadata = R"("name":"q","namespace":"ns","labels":{"app":"x"})";
  judge(pod);
  CHECK(judge.trace().rules.front().outcome == RuleOutcome::kRequirementMet);
  CHECK(Said(judge.trace().rules.front().require) ==
        Words{"readOnly: wanted true, found false", "holds"});

  pod.metadata = R"("name":"q","namespace":"ns")";
  judge(pod);
  CHECK(judge.trace().rules.front().outcome == RuleOutcome::kSpoke);
  CHECK(Said(judge.trace().rules.front().require).back() == "labels: wanted app, found none");
}

TEST_CASE("An unknown fact is named as what the block hangs on", "[trace]") {
  Judge judge(RuleWith(R"(      match: [{users: ["a*", "!ab"], mountPropagation: [Bidirectional]}]
)"));
  judge(PodText());
  const RuleTrace& rule = judge.trace().rules.front();
  CHECK(rule.outcome == RuleOutcome::kUndetermined);
  CHECK(Said(rule.match) == Words{"users: wanted a*, !ab, found unknown"});

  PodText pod;
  pod.mount = R"("name":"v","mountPath":"/m")";
  judge(pod);
  CHECK(judge.trace().rules.front().outcome == RuleOutcome::kNoMatch);
  CHECK(Said(judge.trace().rules.front().match) ==
        Words{"mountPropagation: wanted Bidirectional, found Unset"});
}

TEST_CASE("Exceptions that name the rule say why they spare it or not", "[trace]") {
  Judge judge(RuleWith(R"(      match: [{mountPropagation: [Bidirectional]}]
  exceptions:
    - {name: late, rules: [r], match: [{namespaces: [ns]}], reason: x, expires: 2026-05-01}
    - {name: elsewhere, rules: [r], match: [{namespaces: [a]}, {namespaces: [b]}], reason: x}
    - {name: here, rules: [r], match: [{namespaces: [ns]}], reason: x}
    - {name: more, rules: [r], match: [{namespaces: [ns]}], reason: x}
    - name: s-has-a-rule
      rules: [mount-path-unique]
      match: [{namespaces: [ns]}]
      reason: x
    )") + "\n");
  judge(PodText());
  std::vector<std::string> names;
  for (const ExceptionTrace& one : judge.trace().exceptions) {
    names.push_back(one.exception->name + (one.expired ? " expired" : ""));
  }
  CHECK(names == Words{"late expired", "elsewhere", "here"});
  CHECK(Said(judge.trace().exceptions[1].match) ==
        Words{"namespaces: wanted a, found ns", "namespaces: wanted b, found ns"});
  CHECK(Said(judge.trace().exceptions[2].match) == Words{"holds"});
}

TEST_CASE("Advice that is off is asked, told and not found", "[trace]") {
  Judge judge(PolicyWith("  advice: {producer-must-unmount: Off}\n"));
  PodText pod;
  pod.volume = R"("name":"v","emptyDir":{})";
  CHECK(judge(pod).empty());
  const AdviceTrace* unmount = nullptr;
  for (const AdviceTrace& one : judge.trace().advice) {
    if (one.rule->id == "producer-must-unmount") unmount = &one;
  }
  REQUIRE(unmount != nullptr);
  CHECK(unmount->action == Action::kOff);
  CHECK(unmount->said.size() == 1);
}

#include "policy/engine.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "policy/all_rules.h"
#include "tests/policy/pods.h"

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below
using mountguard::core::ParseRfc3339;
using Words = std::vector<std::string>;

namespace {

/// A rule that denies Bidirectional, and more of the spec behind it.
std::string NoBidirectional(const std::string& more = "") {
  return RuleWith("      match: [{mountPropagation: [Bidirectional]}]\n") + more;
}

std::string ExceptionFor(const std::string& rule, const std::string& more = "") {
  return "  exceptions:\n    - {name: e, rules: [" + rule +
         "], match: [{namespaces: [ns]}], reason: x" + more + "}\n";
}

/// A pod that Kubernetes refuses: Bidirectional without privileged.
PodText Unprivileged() {
  PodText pod;
  pod.security = "";
  return pod;
}

constexpr std::string_view kCoreRule = "bidirectional-requires-privileged";

}  // namespace

TEST_CASE("the baseline has no problem and decides as the built-in defaults do") {
  REQUIRE(Baseline() != nullptr);
  Judge baseline(Baseline());
  Judge nothing(LoadGood({}));
  CHECK(baseline.Words(Unprivileged(), kCoreRule) == Words{std::string(kCoreRule) + "=Deny"});
  CHECK(nothing.Words(Unprivileged(), kCoreRule) == Words{std::string(kCoreRule) + "=Deny"});
  CHECK(baseline(PodText()).empty());
  CHECK(nothing(PodText()).empty());
}

TEST_CASE("a matched mount is a finding unless it is excluded or meets a requirement") {
  Judge judge(RuleWith(R"(      match: [{mountPropagation: [Bidirectional]}]
      exclude: [{namespaces: [kube-system]}]
      require:
        - {privileged: true, images: ["quay.io/a/**"], hostPath: {under: [/var/lib/kubelet]}}
        - {containers: [trusted]}
      validationActions: [Deny, Audit]
)"));
  PodText pod;
  CHECK_FALSE(judge.Fires(pod));

  pod.volume = R"("name":"v","hostPath":{"path":"/var/lib/kubelet2"})";
  REQUIRE(judge.Fires(pod));
  const Finding& finding = judge.verdict().findings.front();
  CHECK(finding.origin == Origin::kPolicy);
  CHECK(finding.actions.ToList() == std::vector<Action>{Action::kDeny, Action::kAudit});
  CHECK(finding.field == "spec.containers[0].volumeMounts[0].mountPropagation");
  CHECK(judge.verdict().Decision() == Action::kDeny);

  SECTION("an exclude spares it") {
    pod.metadata = R"("name":"p","namespace":"kube-system")";
    CHECK_FALSE(judge.Fires(pod));
  }
  SECTION("any block of require will do") {
    pod.container = R"("name":"trusted","image":"x")";
    CHECK_FALSE(judge.Fires(pod));
  }
  SECTION("what does not match is not asked for anything") {
    pod.mount = R"("name":"v","mountPath":"/m")";
    CHECK_FALSE(judge.Fires(pod));
  }
}

TEST_CASE("findings come in the order of their mounts, and of the rules for each") {
  Judge judge(PolicyWith(R"(  rules:
    - {name: b, match: [{volumeTypes: [hostPath]}]}
    - {name: a, match: [{volumes: [v]}, {containers: [c]}]}
)"));
  PodText pod;
  pod.mount = R"("name":"v","mountPath":"/m"},{"name":"v","mountPath":"/n")";
  Words found;
  for (const Finding& finding : judge(pod)) {
    found.push_back(std::string(finding.rule) + " " + std::to_string(finding.mount));
  }
  CHECK(found == Words{"b 0", "a 0", "b 1", "a 1"});
}

TEST_CASE("of a setting that several policies give the strictest holds") {
  const auto policy = [](const std::string& spec) { return PolicyWith(spec); };
  const std::string off = policy("  kubernetesRules: Off\n");
  const std::string warn = policy("  kubernetesRules: Warn\n");
  const std::string silent = policy("  rules: [{name: q, match: [{names: [q]}]}]\n");
  CHECK_FALSE(Judge(off).Fires(Unprivileged(), kCoreRule));
  CHECK_FALSE(Judge(LoadGood({{"a", off}, {"b", silent}})).Fires(Unprivileged(), kCoreRule));
  Judge both(LoadGood({{"a", warn}, {"b", off}}));
  CHECK(both.Words(Unprivileged(), kCoreRule) == Words{std::string(kCoreRule) + "=Warn"});
}

TEST_CASE("a profile has its own policies and those without a profile") {
  const auto set =
      LoadGood({{"a", PolicyWith("  profiles: [strict, mild]\n  rules: [{name: a, "
                                 "match: [{volumes: ['**']}]}]\n")},
                {"b", PolicyWith("  rules: [{name: b, match: [{volumes: ['**']}]}]\n")}});
  CHECK(set->profiles() == Words{"mild", "strict"});
  CHECK(set->rule_count() == 2);
  CHECK(set->HasProfile(""));
  CHECK(set->HasProfile("strict"));
  CHECK_FALSE(set->HasProfile("other"));
  CHECK(Judge(set, "strict").Fires(PodText(), "a"));
  CHECK(Judge(set, "strict").Fires(PodText(), "b"));
  CHECK_FALSE(Judge(set, "").Fires(PodText(), "a"));
  CHECK(Judge(set, "").Fires(PodText(), "b"));
}

TEST_CASE("where every policy names a profile, the rest is judged by the baseline") {
  const auto set =
      LoadGood({{"a", PolicyWith("  profiles: [p]\n  kubernetesRules: Off\n"
                                 "  rules: [{name: a, match: [{volumes: ['**']}]}]\n")}});
  const std::string core(kCoreRule);
  CHECK(Judge(set, "p").Words(PodText(), "a") == Words{"a=Deny"});
  CHECK_FALSE(Judge(set, "p").Fires(Unprivileged(), core));
  CHECK(Judge(set, "").Words(Unprivileged(), core) == Words{core + "=Deny"});
  CHECK_FALSE(Judge(set, "").Fires(PodText(), "a"));
}

TEST_CASE("baseline.yaml says no other of any advice than the advice's own default") {
  for (const MountPolicy& policy : Baseline()->policies()) {
    for (const auto& [id, action] : policy.advice) {
      CAPTURE(id);
      CHECK(AllRules::Find(id)->default_action == action);
    }
  }
}

TEST_CASE("a profile takes the strictest of its own settings and of those that hold everywhere") {
  const std::string core(kCoreRule);
  const auto everywhere = [](const std::string& action) {
    return PolicyFile{"e", PolicyWith("  kubernetesRules: " + action + "\n")};
  };
  const PolicyFile own = {"o", PolicyWith("  profiles: [p]\n  kubernetesRules: Warn\n")};
  const auto in_profile = [&](const std::string& action) {
    return Judge(LoadGood({everywhere(action), own}), "p").Words(Unprivileged(), core);
  };
  CHECK(in_profile("Deny") == Words{core + "=Deny"});
  CHECK(in_profile("Warn") == Words{core + "=Warn"});
  CHECK(in_profile("Audit") == Words{core + "=Warn"});
  CHECK(in_profile("Off") == Words{core + "=Warn"});
  CHECK(Judge(LoadGood({everywhere("Audit"), own}), "").Words(Unprivileged(), core) ==
        Words{core + "=Audit"});
}

TEST_CASE("an exception of a profile spares built-in rules there, and nowhere else") {
  const std::string core(kCoreRule);
  const auto set = LoadGood(
      {{"a", PolicyWith("  profiles: [p]\n" + ExceptionFor(core))}, {"b", NoBidirectional()}});
  CHECK(Judge(set, "p").Words(Unprivileged(), core) == Words{core + " excepted by e"});
  CHECK(Judge(set, "").Words(Unprivileged(), core) == Words{core + "=Deny"});
}

TEST_CASE("an exception spares what it names, and only that") {
  Judge judge(NoBidirectional(ExceptionFor("r")));
  CHECK(judge.Words(PodText()) == Words{"r excepted by e"});
  CHECK(judge.verdict().Decision() == Action::kOff);
  PodText elsewhere;
  elsewhere.metadata = R"("name":"p","namespace":"other")";
  CHECK(judge.Words(elsewhere) == Words{"r=Deny"});

  Judge core(NoBidirectional(ExceptionFor(std::string(kCoreRule))));
  CHECK(core.Words(Unprivileged(), kCoreRule) == Words{std::string(kCoreRule) + " excepted by e"});
  CHECK(core.Fires(Unprivileged()));
}

TEST_CASE("a date expires with its day in UTC, a time at that moment") {
  struct Case {
    std::string expires, now;
    bool spared;
  };
  const auto given = GENERATE(values<Case>({
      {"2026-06-01", "2026-06-01T23:59:59.999Z", true},
      {"2026-06-01", "2026-06-02T00:00:00Z", false},
      {"2026-06-01T12:00:00+02:00", "2026-06-01T09:59:59Z", true},
      {"2026-06-01T12:00:00+02:00", "2026-06-01T10:00:00Z", false},
      {"9999-12-31", "2200-01-01T00:00:00Z", true},
  }));
  CAPTURE(given.expires, given.now);
  Judge judge(NoBidirectional(ExceptionFor("r", ", expires: \"" + given.expires + "\"")));
  judge.now = ParseRfc3339(given.now).value();
  CHECK(judge.Fires(PodText()) != given.spared);
}

TEST_CASE("what hangs on an unknown fact is audited, and says on what it hangs") {
  PodText pod;
  pod.metadata = R"("generateName":"p-")";
  const auto words = [&pod](const std::string& fields) {
    return Judge(RuleWith(fields)).Words(pod);
  };
  CHECK(words("      match: [{namespaces: [ns]}]\n") == Words{"r=Audit? namespace"});
  CHECK(words("      match: [{names: [p]}]\n") == Words{"r=Audit? name"});
  CHECK(words("      match: [{users: [u], groups: [g], dryRun: true}]\n") ==
        Words{"r=Audit? user? groups? dryRun"});
  CHECK(words("      match: [{volumes: [v]}]\n      require: [{namespaces: [ns]}]\n") ==
        Words{"r=Audit? namespace"});
  CHECK(words("      match: [{volumes: [v]}, {namespaces: [ns]}]\n") == Words{"r=Deny"});
  CHECK(words("      match: [{volumes: [other], namespaces: [ns]}]\n").empty());
  CHECK(words("      match: [{hostPath: {under: [\"/var/lib/{namespace}\"]}}]\n") ==
        Words{"r=Audit? namespace"});
  CHECK(words("      match: [{hostPath: {under: [\"/srv/{namespace}\"]}}]\n").empty());
  CHECK(words("      match: [{volumes: [v]}]\n"
              "      require: [{hostPath: {under: [\"/srv/{namespace}\"]}}]\n") == Words{"r=Deny"});
  CHECK(Judge(NoBidirectional(ExceptionFor("r"))).Words(pod) == Words{"r=Audit? namespace"});

  Judge judge(NoBidirectional(ExceptionFor("r")));
  judge(pod);
  CHECK(judge.verdict().Decision() == Action::kOff);
}

TEST_CASE("an exception spares Kubernetes' findings on a device, which is no mount") {
  PodText pod;
  pod.mount = R"("name":"v","mountPath":"/m")";
  pod.container = R"("name":"c","image":"i","volumeDevices":[{"name":"v","devicePath":"/dev/x"}])";
  Judge judge(PolicyWith(ExceptionFor("device-name-is-mount, device-needs-claim")));
  CHECK(judge.Words(pod, "device-needs-claim") == Words{"device-needs-claim excepted by e"});
  Judge by_mount(
      PolicyWith("  exceptions: [{name: e, rules: [device-needs-claim], match: [{readOnly: "
                 "false}], reason: x}]\n"));
  CHECK(by_mount.Words(pod, "device-needs-claim") == Words{"device-needs-claim=Deny"});
}

TEST_CASE("an object that cannot be decoded is denied unless Kubernetes' rules are off") {
  const std::string broken = R"({"apiVersion":"v1","kind":"Pod","spec":{"containers":"no"}})";
  const auto action = [&broken](const std::string& setting) {
    Judge judge(PolicyWith("  kubernetesRules: " + setting + "\n"));
    const std::vector<Finding>& findings = judge(broken);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].rule == "undecodable");
    return findings[0].actions.Strongest();
  };
  CHECK(action("Deny") == Action::kDeny);
  CHECK(action("Warn") == Action::kDeny);
  CHECK(action("Off") == Action::kAudit);
}

TEST_CASE("a mirror pod is warned of, never denied") {
  PodText pod = Unprivileged();
  pod.metadata = R"("name":"p","namespace":"ns","annotations":{"kubernetes.io/config.mirror":"x"})";
  Judge judge(NoBidirectional());
  CHECK(judge.Words(pod) == Words{"r=Warn"});
  CHECK(judge.verdict().Decision() == Action::kWarn);
}

TEST_CASE("a message is filled with the facts of its mount") {
  Judge judge(RuleWith(
      "      match: [{volumes: [v]}]\n"
      "      message: \"{kind} {namespace}/{name} {container} {image} {volume} {mountPath} "
      "{hostPath} {mountPropagation} {cri} {user} {rule} {} {x\"\n"));
  REQUIRE(judge.Fires(PodText()));
  CHECK(judge.verdict().findings[0].message ==
        "Pod ns/p c quay.io/a/b:1 v /m /var/lib/kubelet Bidirectional PROPAGATION_BIDIRECTIONAL "
        "(unknown) r {} {x");
  Judge plain(RuleWith("      match: [{volumes: [v]}]\n      description: Because.\n"));
  REQUIRE(plain.Fires(PodText()));
  CHECK(plain.verdict().findings[0].message ==
        "container \"c\", volume \"v\" at \"/m\": the policy rule \"r\" does not allow this mount: "
        "Because.");
}

TEST_CASE("the labels and annotations that rules read are told") {
  Judge judge(PolicyWith(R"(  rules:
    - {name: r, match: [{labels: {matchLabels: {b: x}}}], exclude: [{labels: {matchExpressions: [{key: a, operator: Exists}]}}]}
  exceptions:
    - {name: e, rules: [r], match: [{annotations: {matchLabels: {c: x}}}], reason: x}
)"));
  CHECK(judge.engine().metadata_keys().labels == Words{"a", "b"});
  CHECK(judge.engine().metadata_keys().annotations == Words{"c"});
}

TEST_CASE("a policy adds kinds with pod templates") {
  Judge judge(
      NoBidirectional("  podTemplates: [{group: example.com, kind: Fleet, paths: "
                      "[\"spec.members[*].template\"]}]\n"));
  const std::string pod = PodText().Json();
  const std::string spec = pod.substr(pod.find("\"spec\""));
  const std::vector<Finding>& findings =
      judge(R"({"apiVersion":"example.com/v1","kind":"Fleet","spec":{"members":[{"template":{)" +
            spec + "}]}}");
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].field ==
        "spec.members[0].template.spec.containers[0].volumeMounts[0].mountPropagation");
}

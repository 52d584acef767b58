// Ways round a path, an approval or an exception, and the defence against each. Every attack is
// tried beside its harmless twin, which shows that the policy is not simply against everything.

#include <catch2/catch.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_reader.h"
#include "policy/policy_lint.h"
#include "tests/policy/pods.h"

namespace mountguard::policy {
namespace {

/// A rule that every mount has to meet.
std::string Require(const std::string& block) {
  return RuleWith("      match: [{volumes: ['**']}]\n      require: [" + block + "]\n");
}

/// A rule that no mount may match.
std::string Forbid(const std::string& block) { return RuleWith("      match: [" + block + "]\n"); }

/// A rule against everything, and an exception from it.
std::string Except(const std::string& block) {
  return Forbid("{volumes: ['**']}") +
         "  exceptions: [{name: e, rules: [r], reason: approved, match: [" + block + "]}]\n";
}

PodText OnHost(const std::string& path, const std::string& more_of_mount = "") {
  PodText pod;
  pod.volume = R"("name":"v","hostPath":{"path":")" + path + "\"}";
  pod.mount += more_of_mount;
  return pod;
}

PodText SubPath(const std::string& path, const std::string& sub_path) {
  return OnHost(path, R"(,"subPath":")" + sub_path + "\"");
}

PodText SubPathExpr(const std::string& path, const std::string& expression) {
  return OnHost(path, R"(,"subPathExpr":")" + expression + "\"");
}

PodText Image(const std::string& image) {
  PodText pod;
  pod.container = R"("name":"c","image":")" + image + "\"";
  return pod;
}

PodText Adding(const std::string& capability) {
  PodText pod;
  pod.security = R"("capabilities":{"add":[")" + capability + "\"]}";
  return pod;
}

PodText InitContainer(const std::string& more) {
  PodText pod;
  pod.list = "initContainers";
  pod.container += more;
  return pod;
}

PodText InNamespace(const std::string& name, PodText pod) {
  pod.metadata = R"("name":"p","namespace":")" + name + "\"";
  return pod;
}

PodText AsAccount(const std::string& name, PodText pod) {
  pod.spec = R"("serviceAccountName":")" + name + "\"";
  return pod;
}

struct Attack {
  std::string name;
  std::string defence;
  std::string policy;
  PodText attack;    // rule r must speak of it
  PodText harmless;  // and be silent of this
};

const std::string kBelowData = Require("{hostPath: {under: [/data]}}");
const std::string kNoKubelet = Forbid("{hostPath: {covers: [/var/lib/kubelet]}}");
const std::string kNoEtc = Forbid("{hostPath: {under: [/etc]}}");
const std::string kNoRun = Forbid("{hostPath: {under: [/run]}}");
const std::string kOwnFolder = Require("{hostPath: {under: [\"/srv/{namespace}\"]}}");
const std::string kOwnAccount = Require("{hostPath: {under: [\"/srv/{serviceAccount}\"]}}");
const std::string kApproved = Require("{images: ['registry.example.com/driver:1.2']}");

std::vector<Attack> Attacks() {
  return {
      // Where on the host a mount begins.
      {"a subPath leads out of the approved folder",
       "the host path is the volume's with the subPath", Forbid("{hostPath: {is: [/data/secret]}}"),
       SubPath("/data", "secret"), SubPath("/data", "public")},
      {"a subPath climbs with ..", "the joined path is cleaned before it is compared", kBelowData,
       SubPath("/data", "../etc"), SubPath("/data", "a/../b")},
      {"a subPathExpr is filled on the node with the forbidden folder",
       "a match that could hold holds", Forbid("{hostPath: {is: [/data/secret]}}"),
       SubPathExpr("/data", "$(FOLDER)"), SubPathExpr("/other", "$(FOLDER)")},
      {"a subPathExpr claims the approved folder", "a require that could fail fails",
       Require("{hostPath: {under: [/data/public]}}"), SubPathExpr("/data", "$(FOLDER)"),
       SubPathExpr("/data/public", "$(FOLDER)")},
      {"a subPathExpr claims an exception", "an exception that could fail fails",
       Except("{hostPath: {is: [/data]}}"), SubPathExpr("/data", "$(FOLDER)"), OnHost("/data")},
      {"the host's root through a process", "/proc/*/root covers everything", kNoKubelet,
       OnHost("/proc/1/root"), OnHost("/proc/1/rooted")},
      {"a folder through a process, under another name", "/proc/*/root may be under anything",
       kNoEtc, OnHost("/proc/1/root/etc"), OnHost("/proc/1/net")},
      {"the working folder of a process", "/proc/*/cwd covers everything", kNoKubelet,
       OnHost("/proc/1/cwd"), OnHost("/proc/cwd")},
      {"an open file of a process", "/proc/*/fd covers everything", kNoKubelet,
       OnHost("/proc/1/fd/7"), OnHost("/proc/1/fdinfo")},
      {"a thread's root", "/proc/*/task/*/root covers everything", kNoKubelet,
       OnHost("/proc/1/task/1/root"), OnHost("/proc/1/task/1")},
      {"an approval of /proc is taken for the host", "/proc/*/root is safely under nothing",
       Require("{hostPath: {under: [/proc]}}"), OnHost("/proc/1/root/etc"), OnHost("/proc/sys")},
      {"/proc is reached by a subPath", "the process is looked for in the joined path", kNoKubelet,
       SubPath("/proc", "1/root"), SubPath("/proc", "sys")},
      {"/var/run is another name of /run", "/var/run is /run", kNoRun,
       OnHost("/var/run/containerd"), OnHost("/var/runner")},
      {"/run is another name of /var/run", "/var/run is /run, in the policy too",
       Forbid("{hostPath: {under: [/var/run]}}"), OnHost("/run/containerd"), OnHost("/runner")},
      {"/var/run is spelled with a detour", "a path is cleaned before /var/run is replaced", kNoRun,
       OnHost("/var/./run/x"), OnHost("/var/./log")},
      {".. in a host path", "paths are cleaned", kNoEtc, OnHost("/data/../etc"),
       OnHost("/data/../srv")},
      {".. above the root", "the root's parent is the root", kNoEtc, OnHost("/../../etc"),
       OnHost("/../../srv")},
      {"// in a host path", "paths are cleaned", kNoEtc, OnHost("//etc//ssh"),
       OnHost("//srv//etc")},
      {"a slash at the end", "paths are cleaned", Forbid("{hostPath: {is: [/etc]}}"),
       OnHost("/etc/"), OnHost("/etcetera/")},
      {"a name that begins like an approved folder's", "paths are compared by components",
       Require("{hostPath: {under: [/var/lib/kubelet]}}"), OnHost("/var/lib/kubelet2"),
       OnHost("/var/lib/kubelet/2")},
      {"a folder above the forbidden one", "covers holds for all that lie above", kNoKubelet,
       OnHost("/"), OnHost("/var/lib/kube")},

      // What patterns are filled with.
      {"an object without a namespace fills the placeholder with nothing",
       "a placeholder is never filled with an empty text", kOwnFolder,
       InNamespace("", OnHost("/srv/other")), InNamespace("a", OnHost("/srv/a/x"))},
      {"a service account called ..", "a placeholder is not filled with dots", kOwnAccount,
       AsAccount("..", OnHost("/etc")), AsAccount("a", OnHost("/srv/a"))},
      {"a service account with a slash", "a placeholder is not filled with a path", kOwnAccount,
       AsAccount("a/../../etc", OnHost("/etc")), AsAccount("a", OnHost("/srv/a"))},
      {"a service account called *", "a placeholder is not filled with a wildcard",
       Require("{volumes: [\"{serviceAccount}\"]}"), AsAccount("*", PodText()),
       AsAccount("v", PodText())},
      {"a negated pattern whose placeholder is empty",
       "a pattern that cannot be filled holds nothing",
       Require("{serviceAccounts: [\"!{namespace}-admin\"]}"),
       InNamespace("", AsAccount("a-admin", PodText())),
       InNamespace("b", AsAccount("a-admin", PodText()))},

      // Which image it is.
      {"another registry's image of the approved name", "images are compared in full form",
       Require("{images: ['driver']}"), Image("evil.example.com/library/driver"),
       Image("docker.io/library/driver")},
      {"the forbidden image without its registry", "images are compared in full form",
       Forbid("{images: ['docker.io/library/busybox']}"), Image("busybox"),
       Image("quay.io/busybox")},
      {"the forbidden image by the registry's old name", "index.docker.io is docker.io",
       Forbid("{images: [busybox]}"), Image("index.docker.io/library/busybox"), Image("toolbox")},
      {"the forbidden image without its tag", "no tag is latest",
       Forbid("{images: ['busybox:latest']}"), Image("busybox"), Image("busybox:1.36")},
      {"the forbidden image by its digest", "a pattern without a tag matches any",
       Forbid("{images: [busybox]}"), Image("busybox@sha256:0000"), Image("toolbox@sha256:0000")},
      {"the approved tag beside another image's digest", "a tag beside a digest is not believed",
       kApproved, Image("registry.example.com/driver:1.2@sha256:0000"),
       Image("registry.example.com/driver:1.2")},
      {"a digest hides the forbidden tag", "a match that could hold holds",
       Forbid("{images: ['busybox:1.0']}"), Image("busybox@sha256:0000"), Image("busybox:2.0")},
      {"an image deeper below the approved folder", "a star stops at a slash",
       Require("{images: ['registry.example.com/team/*']}"),
       Image("registry.example.com/team/evil/driver"), Image("registry.example.com/team/driver")},
      {"an image deeper than the approved folders", "a star in the middle stops at a slash, too",
       Require("{images: ['registry.example.com/*/driver']}"),
       Image("registry.example.com/team/evil/driver"), Image("registry.example.com/team/driver")},
      {"an image that only begins like the approved one", "a pattern matches the whole name",
       Require("{images: ['registry.example.com/driver']}"),
       Image("registry.example.com/driver-evil"), Image("registry.example.com/driver")},

      // What a container may, and what it is.
      {"ALL instead of the forbidden capability", "an added ALL is every capability",
       Forbid("{capabilities: [SYS_ADMIN]}"), Adding("ALL"), Adding("NET_ADMIN")},
      {"the runtime's spelling of a capability", "CAP_ and case make no difference",
       Forbid("{capabilities: [SYS_ADMIN]}"), Adding("cap_sys_admin"), Adding("cap_net_admin")},
      {"a sidecar passes for an init container", "a sidecar is no initContainer",
       Require("{containerTypes: [initContainer]}"), InitContainer(R"(,"restartPolicy":"Always")"),
       InitContainer("")},
      {"an init container passes for a sidecar", "an initContainer is no sidecar",
       Require("{containerTypes: [sidecar]}"), InitContainer(""),
       InitContainer(R"(,"restartPolicy":"Always")")},

      // What a list of patterns says.
      {"a value that a negated pattern takes away", "no negated pattern may match",
       Require("{containers: ['*', '!c']}"), PodText(),
       [] {
         PodText pod;
         pod.container = R"("name":"d","image":"i")";
         return pod;
       }()},
      {"only negated patterns", "a value matches where there is no plain pattern",
       Forbid("{volumes: ['!data']}"), PodText(),
       [] {
         PodText pod = PodText();
         pod.volume = R"("name":"data","hostPath":{"path":"/data"})";
         pod.mount = R"("name":"data","mountPath":"/m","mountPropagation":"Bidirectional")";
         return pod;
       }()},
  };
}

/// Whether rule r speaks of the pod, and no exception spares it.
bool Speaks(Judge* judge, const PodText& pod) {
  // A request always has a namespace, if only the empty one.
  const bool none = pod.metadata.find(R"("namespace":"")") != std::string::npos;
  judge->request.namespace_name = none ? std::optional<std::string_view>("") : std::nullopt;
  bool speaks = false;
  for (const Finding& finding : (*judge)(pod)) {
    CHECK(finding.undetermined.empty());
    speaks = speaks || (finding.rule == "r" && !finding.excepted());
  }
  return speaks;
}

/// What rule r says on an update from one pod to another.
std::vector<std::string> OnUpdate(const std::string& policy, const PodText& from,
                                  const PodText& to) {
  const Engine engine(LoadGood({{"test.yaml", policy}}), "", core::Runtime::kContainerd);
  core::JsonParser parser, old_parser;
  std::string text = to.Json(), old_text = from.Json();
  RequestFacts request;
  request.operation = "UPDATE";
  Subject subject;
  subject.Read(request, engine.workloads(), engine.metadata_keys(), parser.Parse(text).value(),
               old_parser.Parse(old_text).value());
  Verdict verdict;
  engine.Evaluate(subject, {}, &verdict);
  std::vector<std::string> words;
  for (const Finding& finding : verdict.findings) {
    if (finding.rule == "r" && !finding.excepted()) words.emplace_back(finding.rule);
  }
  return words;
}

PodText Labelled(const std::string& labels) {
  PodText pod;
  pod.metadata = R"("name":"p","namespace":"ns","labels":{)" + labels + "}";
  return pod;
}

}  // namespace

TEST_CASE("each way round a policy is closed", "[bypass]") {
  for (const Attack& attack : Attacks()) {
    INFO("attack: " << attack.name << "\ndefence: " << attack.defence);
    Judge judge(attack.policy);
    CHECK(Speaks(&judge, attack.attack));
    CHECK_FALSE(Speaks(&judge, attack.harmless));
  }
}

TEST_CASE("an image changed under an approval is judged again", "[bypass]") {
  const PodText approved = Image("registry.example.com/driver:1.2");
  CHECK(OnUpdate(kApproved, approved, Image("evil.example.com/driver:1.2")).size() == 1);
  // While what was let in before the policy was tightened may still be updated otherwise.
  CHECK(OnUpdate(kApproved, Image("old:1"), Image("old:1")).empty());
}

TEST_CASE("a label that an exception rests on is judged when it goes or comes", "[bypass]") {
  const std::string policy = Except("{labels: {matchLabels: {approved: \"yes\"}}}");
  CHECK(OnUpdate(policy, Labelled(R"("approved":"yes")"), Labelled("")).size() == 1);
  CHECK(OnUpdate(policy, Labelled(R"("approved":"yes")"), Labelled(R"("approved":"no")")).size() ==
        1);
  CHECK(
      OnUpdate(policy, Labelled(R"("approved":"yes")"), Labelled(R"("approved":"yes","other":"x")"))
          .empty());
  const std::string annotated = Except("{annotations: {matchLabels: {approved: \"yes\"}}}");
  PodText with = Labelled("");
  with.metadata += R"(,"annotations":{"approved":"yes"})";
  CHECK(OnUpdate(annotated, with, Labelled("")).size() == 1);
}

TEST_CASE("a second file that says Off disarms nothing", "[bypass]") {
  PodText unprivileged;
  unprivileged.security = "";
  const std::string core = "bidirectional-requires-privileged";
  const PolicyFile strict = {"a.yaml", PolicyWith("  kubernetesRules: Deny\n"
                                                  "  advice: {agent-mount-is-private: Deny}\n")};
  const PolicyFile off = {"b.yaml", PolicyWith("  kubernetesRules: Off\n"
                                               "  advice: {agent-mount-is-private: Off}\n")};
  PodText agent = OnHost("/var/lib/kubelet");
  agent.mount = R"("name":"v","mountPath":"/m","readOnly":true)";
  for (const auto& files : {std::vector{strict, off}, std::vector{off, strict}}) {
    Judge judge(LoadGood(files));
    CHECK(judge.Words(unprivileged, core) == std::vector<std::string>{core + "=Deny"});
    CHECK(judge.Words(agent, "agent-mount-is-private") ==
          std::vector<std::string>{"agent-mount-is-private=Deny"});
  }
  // In a profile of its own it speaks for that profile, and the policies of all profiles hold
  // there.
  const PolicyFile elsewhere = {"c.yaml",
                                PolicyWith("  profiles: [mild]\n  kubernetesRules: Off\n")};
  CHECK(Judge(LoadGood({strict, elsewhere}), "mild").Words(unprivileged, core) ==
        std::vector<std::string>{core + "=Deny"});
}

TEST_CASE("an exception acts in the profiles of its own policy alone", "[bypass]") {
  const PolicyFile rule = {"a.yaml", Forbid("{volumes: [v]}")};
  const PolicyFile exception = {
      "b.yaml",
      PolicyWith("  profiles: [mild]\n  exceptions: [{name: e, rules: [r], reason: x, match: "
                 "[{volumes: [v]}]}]\n")};
  const auto set = LoadGood({rule, exception});
  CHECK(Judge(set, "").Words(PodText()) == std::vector<std::string>{"r=Deny"});
  CHECK(Judge(set, "mild").Words(PodText()) == std::vector<std::string>{"r excepted by e"});
}

TEST_CASE("an exception that rests on what the pod's author chooses is warned of", "[bypass]") {
  const auto warned = [](const std::string& block) {
    const auto warnings = LintPolicies(*LoadGood({{"p.yaml", Except(block)}}), {});
    return std::any_of(warnings.begin(), warnings.end(), [](const PolicyProblem& warning) {
      return warning.id == "exception-on-author-controlled-facts";
    });
  };
  CHECK(warned("{labels: {matchLabels: {approved: \"yes\"}}}"));
  CHECK(warned("{annotations: {matchLabels: {approved: \"yes\"}}}"));
  CHECK(warned("{names: ['agent-*']}"));
  CHECK(warned("{containers: [agent]}"));
  CHECK(warned("{runtimeClasses: [kata]}"));
  CHECK(warned("{names: ['agent-*'], containers: [agent]}"));
  CHECK_FALSE(warned("{names: ['agent-*'], namespaces: [kube-system]}"));
  CHECK_FALSE(warned("{namespaces: [kube-system]}"));
}

}  // namespace mountguard::policy

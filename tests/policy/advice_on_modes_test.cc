// The advice on mounts that set a mode, or stand beside one that does. Each rule's fixture and its
// repaired twin are run by tests/cli/examples_test.cc; here are the borders between them.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "policy/all_rules.h"
#include "tests/policy/pods.h"

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below
namespace core = mountguard::core;

namespace {

using Ids = std::vector<std::string>;

std::shared_ptr<const PolicySet> AllAdvice() {
  std::string policy = "  kubernetesRules: Off\n  advice:\n";
  for (const RuleInfo& rule : AllRules()) {
    if (rule.check != nullptr) policy += "    " + std::string(rule.id) + ": Warn\n";
  }
  return LoadGood({{"test.yaml", PolicyWith(policy)}});
}

/// All advice on, but for the one that speaks of every mode on a hostPath.
class Advice {
 public:
  explicit Advice(core::Runtime runtime = core::Runtime::kContainerd)
      : judge_(AllAdvice(), "", runtime) {}

  Ids operator()(const std::string& pod) {
    Ids ids;
    for (const Finding& finding : judge_(pod)) {
      if (finding.rule != "host-path-may-not-be-shared") ids.emplace_back(finding.rule);
    }
    return ids;
  }
  Ids operator()(const PodText& pod) { return (*this)(pod.Json()); }

  std::string Message(const PodText& pod, std::string_view rule) {
    for (const Finding& finding : judge_(pod)) {
      if (finding.rule == rule) return finding.message;
    }
    return "";
  }
  const std::vector<Finding>& findings() const { return judge_.verdict().findings; }
  Judge& judge() { return judge_; }

 private:
  Judge judge_;
};

PodText HostPath(const std::string& path, const std::string& mount) {
  PodText pod;
  pod.volume = R"("name":"v","hostPath":{"path":")" + path + "\"}";
  pod.mount = R"("name":"v",)" + mount;
  return pod;
}

PodText Bidirectional(const std::string& path, const std::string& mount_path) {
  return HostPath(path,
                  R"("mountPath":")" + mount_path + R"(","mountPropagation":"Bidirectional")");
}

constexpr std::string_view kCovers = "bidirectional-covers-other-mount";
constexpr std::string_view kChanged = "runtime-changes-propagation";

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a published token is named with the place where the host finds it") {
  Advice advice;
  CHECK(
      advice.Message(Bidirectional("/srv/tok", "/var/run"), kCovers) ==
      "container \"c\", volume \"v\" at \"/var/run\": the service-account token at "
      "\"/var/run/secrets/kubernetes.io/serviceaccount\" lies inside this Bidirectional mount, so "
      "it appears on the host at \"/srv/tok/secrets/kubernetes.io/serviceaccount\", is there for "
      "everybody who reads there, and stays after the pod is gone; publish only the folder that "
      "has to be seen, use HostToContainer, or set automountServiceAccountToken: false");
  CHECK(advice(Bidirectional("/run", "/run")) == Ids{std::string(kCovers)});
  CHECK(advice(Bidirectional("/run/netns", "/run/netns")).empty());
  PodText no_token = Bidirectional("/run", "/run");
  no_token.spec = R"("automountServiceAccountToken":false)";
  CHECK(advice(no_token).empty());
  PodText admitted = Bidirectional("/run", "/run");
  admitted.metadata += R"(,"uid":"1")";
  CHECK(advice(admitted).empty());
}

TEST_CASE("what the kubelet and the runtime mount can lie inside, too") {
  Advice advice;
  const std::string message = advice.Message(Bidirectional("/dev", "/dev"), kCovers);
  CHECK(Has(message, "\"/dev/shm\", which the container runtime mounts, lies inside"));
  CHECK(Has(message, "(and 1 more)"));
  CHECK(Has(advice.Message(Bidirectional("/etc", "/etc"), kCovers), "which the kubelet mounts,"));
  CHECK(advice(Bidirectional("/sys/fs", "/sys/fs")).empty());
  CHECK(advice(HostPath("/dev", R"("mountPath":"/dev","mountPropagation":"HostToContainer")"))
            .empty());
}

TEST_CASE("a finding on a mode points at the field, and one without at the mount") {
  Advice advice;
  advice(Bidirectional("/run", "/run"));
  CHECK(advice.findings()[0].field == "spec.containers[0].volumeMounts[0].mountPropagation");
  advice(HostPath("/", R"("mountPath":"/host","readOnly":true)"));
  CHECK(advice.findings()[0].field == "spec.containers[0].volumeMounts[0]");
}

TEST_CASE("only volumes of files have nothing to propagate") {
  Advice advice;
  for (const std::string volume :
       {R"("configMap":{"name":"x"})", R"("secret":{"secretName":"x"})", R"("downwardAPI":{})",
        R"("projected":{"sources":[]})", R"("image":{"reference":"x"})"}) {
    CAPTURE(volume);
    PodText pod;
    pod.volume = R"("name":"v",)" + volume;
    CHECK(advice(pod) == Ids{"propagation-on-projected-volume"});
    // Said once: nothing that depends on a working mode is added.
    pod.mount += R"(,"subPath":"x","readOnly":true)";
    pod.spec = R"("hostUsers":false,"runtimeClassName":"kata")";
    CHECK(advice(pod) == Ids{"propagation-on-projected-volume"});
    pod.mount = R"("name":"v","mountPath":"/m","mountPropagation":"None")";
    CHECK(advice(pod).empty());
  }
  for (const std::string volume : {R"("persistentVolumeClaim":{"claimName":"x"})",
                                   R"("csi":{"driver":"x"})", R"("ephemeral":{})"}) {
    CAPTURE(volume);
    PodText pod;
    pod.volume = R"("name":"v",)" + volume;
    CHECK(advice(pod).empty());
  }
}

TEST_CASE("a producer is told to unmount unless it has a hook") {
  Advice advice;
  PodText pod;
  pod.volume = R"("name":"v","emptyDir":{})";
  const Ids said = {"producer-must-unmount"};
  CHECK(advice(pod) == said);
  CHECK(Has(advice.Message(pod, said[0]), "unmount it in lifecycle.preStop"));
  pod.container += R"(,"lifecycle":{"preStop":{"exec":{}}})";
  CHECK(advice(pod).empty());
  pod.container = R"("name":"c","image":"i")";
  pod.list = "initContainers";
  CHECK(Has(advice.Message(pod, said[0]), "cannot have a preStop hook"));
  pod.list = "containers";
  pod.mount = R"("name":"v","mountPath":"/m","mountPropagation":"HostToContainer")";
  CHECK(advice(pod).empty());
}

TEST_CASE("a consumer is told of a publisher that may be late") {
  Advice advice;
  const auto says = [&advice](const std::string& volume, const std::string& consumer) {
    const Ids ids = advice(
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"volumes":[{"name":"v",)" +
        volume +
        R"(}],"containers":[{"name":"p","lifecycle":{"preStop":{"exec":{}}},"securityContext":{"privileged":true},)"
        R"("volumeMounts":[{"name":"v","mountPath":"/p","mountPropagation":"Bidirectional"}]},)"
        R"({"name":"c","volumeMounts":[{"name":"v","mountPath":"/c")" +
        consumer + "}]}]}}");
    return ids == Ids{"consumer-is-private"};
  };
  const std::string empty_dir = R"("emptyDir":{})";
  CHECK(says(empty_dir, ""));
  CHECK_FALSE(says(empty_dir, R"(,"mountPropagation":"None")"));  // a decision
  CHECK_FALSE(says(empty_dir, R"(,"mountPropagation":"HostToContainer")"));
  CHECK_FALSE(says(empty_dir, R"(,"subPath":"x")"));  // another place
  CHECK(says(R"("hostPath":{"path":"/srv"})", ""));
  CHECK_FALSE(says(R"("hostPath":{"path":"/var/lib/kubelet/plugins/x"})", ""));
  CHECK_FALSE(says(R"("hostPath":{"path":"/other/root/plugins_registry"})", ""));
  // agent-mount-is-private says it.
  CHECK_FALSE(says(R"("hostPath":{"path":"/var/lib/kubelet/pods"})", R"(,"readOnly":true)"));
  CHECK(says(R"("hostPath":{"path":"/var/lib/kubelet/pods"})", ""));
}

TEST_CASE("a subPath loses the mounts that are there, an expression as well") {
  Advice advice;
  const Ids said = {"propagation-with-sub-path"};
  const std::string mode = R"("mountPath":"/m","mountPropagation":"HostToContainer")";
  CHECK(advice(HostPath("/srv", mode + R"(,"subPath":"a")")) == said);
  CHECK(advice(HostPath("/srv", mode + R"(,"subPathExpr":"$A")")) == said);
  CHECK(advice(HostPath("/srv", mode)).empty());
  CHECK(advice(HostPath("/srv", R"("mountPath":"/m","subPath":"a")")).empty());
}

TEST_CASE("on Windows one sentence is enough") {
  Advice advice;
  PodText pod = Bidirectional("/run", "/run");
  pod.mount += R"(,"readOnly":true,"subPath":"x")";
  for (const std::string windows :
       {R"("os":{"name":"windows"})", R"("nodeSelector":{"kubernetes.io/os":"windows"})"}) {
    pod.spec = windows + R"(,"hostUsers":false,"runtimeClassName":"kata")";
    CHECK(advice(pod) == Ids{"propagation-ignored-on-windows"});
  }
  PodText agent = HostPath("/", R"("mountPath":"/host","readOnly":true)");
  CHECK(advice(agent) == Ids{"agent-mount-is-private"});
  agent.spec = R"("os":{"name":"windows"})";
  CHECK(advice(agent).empty());
}

TEST_CASE("a user namespace matters to who publishes, a sandbox to every mode") {
  Advice advice;
  PodText pod = Bidirectional("/srv", "/m");
  pod.spec = R"("hostUsers":false)";
  CHECK(advice(pod) == Ids{"propagation-in-user-namespace"});
  pod.spec = R"("hostUsers":false,"runtimeClassName":"sysbox-runc")";
  CHECK(advice(pod) == Ids{"propagation-in-sandboxed-runtime"});
  pod.mount = R"("name":"v","mountPath":"/m","mountPropagation":"HostToContainer")";
  CHECK(advice(pod) == Ids{"propagation-in-sandboxed-runtime"});
  pod.spec = R"("hostUsers":false)";
  CHECK(advice(pod).empty());
  PodText agent = HostPath("/", R"("mountPath":"/host","readOnly":true)");
  agent.spec = R"("runtimeClassName":"gvisor")";
  CHECK(advice(agent).empty());  // HostToContainer would be no remedy there
}

TEST_CASE("what the runtime changes is said where it does, and its agents are not private") {
  Advice containerd;
  Advice crio(core::Runtime::kCrio);
  Advice docker(core::Runtime::kCriDockerd);
  const Ids changed = {std::string(kChanged)};
  const PodText unset = HostPath("/var/lib", R"("mountPath":"/m")");
  CHECK(containerd(unset).empty());
  CHECK(crio(unset) == changed);
  CHECK(docker(unset) == changed);
  CHECK(crio(HostPath("/var/lib", R"("mountPath":"/m","mountPropagation":"None")")) == changed);
  CHECK(crio(HostPath("/var/lib", R"("mountPath":"/m","mountPropagation":"HostToContainer")"))
            .empty());
  CHECK(crio(HostPath("/var", R"("mountPath":"/m","subPath":"log")")).empty());
  // The runtime is given the kubelet's folder, into which the subPath has been bound.
  CHECK(crio(HostPath("/", R"("mountPath":"/m","subPath":"var/lib")")).empty());
  CHECK(docker(HostPath("/var/lib", R"("mountPath":"/m","subPathExpr":"$X")")).empty());
  CHECK(docker(HostPath("/var/lib/docker/containers", R"("mountPath":"/m")")).empty());
  CHECK(crio(HostPath("/", R"("mountPath":"/host","readOnly":true)")) == changed);

  const PodText recursive =
      HostPath("/", R"("mountPath":"/host","readOnly":true,"recursiveReadOnly":"Enabled")");
  CHECK(Has(crio.Message(recursive, kChanged),
            "recursive read-only mount requires private propagation for hostPath \"/\", got: "
            "PROPAGATION_HOST_TO_CONTAINER"));
  CHECK_FALSE(Has(docker.Message(recursive, kChanged), "recursive"));
}

TEST_CASE("a host path is said to need a shared mount, in the runtime's words") {
  Advice docker(core::Runtime::kCriDockerd);
  Advice containerd;
  const std::string_view rule = "host-path-may-not-be-shared";
  PodText pod = Bidirectional("/srv/x/", "/m");
  CHECK(Has(containerd.Message(pod, rule),
            R"(path "/srv/x" is mounted on "..." but it is not a shared mount;)"));
  CHECK(Has(containerd.Message(pod, rule), "`mountguard node doctor /srv/x`"));
  pod.mount = R"("name":"v","mountPath":"/m","mountPropagation":"HostToContainer")";
  CHECK(Has(docker.Message(pod, rule),
            "Path /srv/x is mounted on ... but it is not a shared or slave mount.;"));
  for (
      const std::string_view mount :
      {R"("name":"v","mountPath":"/m","mountPropagation":"HostToContainer","subPath":"y")",
       R"x("name":"v","mountPath":"/m","mountPropagation":"HostToContainer","subPathExpr":"$(Y)")x"}) {
    pod.mount = mount;
    CHECK(docker.Message(pod, rule).empty());
    CHECK(containerd.Message(pod, rule).empty());
  }
  pod.volume = R"("name":"v","emptyDir":{})";
  CHECK(containerd.Message(pod, rule).empty());
}

TEST_CASE("nobody is spoken of who was there before, or whose volume is not there") {
  Advice advice;
  PodText pod = Bidirectional("/run", "/dev");
  pod.volume = R"("name":"other","hostPath":{"path":"/run"})";
  CHECK(advice(pod).empty());
  pod.volume = R"("name":"v","hostPath":{"path":"/run"})";
  advice.judge().request.operation = "UPDATE";
  advice.judge().request.sub_resource = "ephemeralcontainers";
  CHECK(advice(pod).empty());
  pod.list = "ephemeralContainers";
  CHECK(advice(pod) == Ids{std::string(kCovers)});
}

TEST_CASE("who may not publish is told so by Kubernetes, and nothing else") {
  Advice advice;
  PodText pod = Bidirectional("/run", "/run");
  pod.security = "";
  CHECK(advice(pod).empty());
  pod.mount += R"(,"readOnly":true)";
  pod.volume = R"("name":"v","emptyDir":{})";
  pod.spec = R"("hostUsers":false)";
  CHECK(advice(pod).empty());
  pod.security = R"("privileged":true)";
  CHECK(advice(pod).size() == 4);
}

TEST_CASE("a mode that is none is left to Kubernetes") {
  Advice advice;
  PodText pod;
  pod.volume = R"("name":"v","secret":{"secretName":"x"})";
  pod.mount = R"("name":"v","mountPath":"/m","mountPropagation":"bidirectional")";
  CHECK(advice(pod).empty());
}

TEST_CASE("a volume of a claim template is no hostPath of the same name") {
  Advice advice;
  const std::string pod = Bidirectional("/srv", "/run").Json();
  const std::string claims =
      R"({"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"s"},"spec":{"volumeClaimTemplates":)"
      R"([{"metadata":{"name":"v"}}],"template":{)" +
      pod.substr(pod.find("\"spec\"")) + "}}";
  CHECK(advice(claims) == Ids{std::string(kCovers)});
  CHECK(Has(advice.findings()[0].message, "in the directory of volume \"v\" on the host"));
}

TEST_CASE("thousands of mounts are judged in proportion") {
  std::string mounts, volumes;
  for (int i = 0; i < 3000; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    const std::string n = std::to_string(i);
    mounts += comma + R"({"name":"v)" + n + R"(","mountPath":"/m/)" + n +
              R"(","mountPropagation":"Bidirectional"})";
    volumes += comma + R"({"name":"v)" + n + R"(","hostPath":{"path":"/h/)" + n + "\"}}";
  }
  Advice advice;
  CHECK(advice(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"volumes":[)" +
               volumes + R"(],"containers":[{"name":"c","volumeMounts":[)" + mounts + "]}]}}")
            .empty());
}

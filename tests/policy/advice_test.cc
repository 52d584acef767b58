#include <catch2/catch.hpp>

#include <string>

#include "tests/policy/pods.h"

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below

namespace {

constexpr std::string_view kPrivate = "agent-mount-is-private";

/// A long-running container that looks at a folder of the host, read only and without a mode.
PodText Observer(const std::string& host_path) {
  PodText pod;
  pod.volume = R"("name":"v","hostPath":{"path":")" + host_path + "\"}";
  pod.mount = R"("name":"v","mountPath":"/host","readOnly":true)";
  return pod;
}

bool Advises(const PodText& pod) { return Judge(Baseline()).Fires(pod, kPrivate); }

}  // namespace

TEST_CASE("agent-mount-is-private speaks of folders in which mounts come and go") {
  for (const std::string path :
       {"/", "/var/lib/kubelet", "/var/lib/kubelet/", "/var/lib/kubelet/pods",
        "/var/lib/kubelet/pods/x", "/run/netns", "/var/run/netns"}) {
    CAPTURE(path);
    CHECK(Advises(Observer(path)));
  }
}

TEST_CASE("agent-mount-is-private does not speak of sockets, /proc, /run and /sys") {
  for (const std::string path :
       {"/proc", "/run", "/var/run", "/sys", "/sys/fs/bpf", "/var/lib/kubelet/plugins",
        "/var/lib/kubelet/plugins_registry", "/var/lib/kubelet/device-plugins",
        "/var/lib/kubelet/pod-resources", "/var/lib/kubelet2", "/etc"}) {
    CAPTURE(path);
    CHECK_FALSE(Advises(Observer(path)));
  }
}

TEST_CASE("agent-mount-is-private speaks of nobody who made a choice, writes, or ends") {
  PodText pod = Observer("/");
  SECTION("an explicit mode is a decision") { pod.mount += R"(,"mountPropagation":"None")"; }
  SECTION("a writer installs something") { pod.mount = R"("name":"v","mountPath":"/host")"; }
  SECTION("an init container reads what is there") { pod.list = "initContainers"; }
  SECTION("a person debugs") { pod.list = "ephemeralContainers"; }
  SECTION("a pod that ends is gone before it could miss a mount") {
    pod.spec = R"("restartPolicy":"OnFailure")";
  }
  CHECK_FALSE(Advises(pod));
}

TEST_CASE("agent-mount-is-private speaks of sidecars, and of no Job") {
  PodText sidecar = Observer("/");
  sidecar.list = "initContainers";
  sidecar.container += R"(,"restartPolicy":"Always")";
  CHECK(Advises(sidecar));

  const std::string pod = Observer("/").Json();
  const std::string body = pod.substr(pod.find("\"spec\""));
  const auto advises = [&body](const std::string& api_version, const std::string& kind) {
    Judge judge(Baseline());
    judge(R"({"apiVersion":")" + api_version + R"(","kind":")" + kind +
          R"(","spec":{"template":{)" + body + "}}");
    REQUIRE(judge.verdict().findings.size() <= 1);
    return !judge.verdict().findings.empty();
  };
  CHECK(advises("apps/v1", "DaemonSet"));
  CHECK_FALSE(advises("batch/v1", "Job"));
}

TEST_CASE("advice can be set to any action, and off") {
  PodText pod = Observer("/");
  const auto words = [&pod](const std::string& action) {
    return Judge(PolicyWith("  advice: {agent-mount-is-private: " + action + "}\n"))
        .Words(pod, kPrivate);
  };
  using Words = std::vector<std::string>;
  CHECK(Judge(Baseline()).Words(pod, kPrivate) == Words{"agent-mount-is-private=Warn"});
  CHECK(words("Deny") == Words{"agent-mount-is-private=Deny"});
  CHECK(words("Audit") == Words{"agent-mount-is-private=Audit"});
  CHECK(words("Off").empty());
}

#include <catch2/catch.hpp>
#include <string>

#include "tests/cli/run.h"
#include "tests/node/fake_node.h"

namespace mountguard::cli {
namespace {

constexpr char kPod[] =
    "apiVersion: v1\n"
    "kind: Pod\n"
    "metadata: {name: agent-x, namespace: m, uid: 11111111-1111-1111-1111-111111111111}\n"
    "spec:\n"
    "  initContainers:\n"
    "    - {name: setup, image: i, volumeMounts: [{name: h, mountPath: /h}]}\n"
    "  containers:\n"
    "    - name: agent\n"
    "      image: i\n"
    "      volumeMounts:\n"
    "        - {name: h, mountPath: /host, mountPropagation: HostToContainer}\n"
    "        - {name: h, mountPath: /var/run/own}\n"
    "  volumes:\n"
    "    - {name: h, hostPath: {path: /srv}}\n";

constexpr char kHost[] = "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n";
constexpr char kContainer[] =
    "100 1 0:9 / / rw - overlay overlay rw\n"
    "101 100 8:1 /srv /host rw,relatime master:1 - ext4 /dev/sda1 rw\n"
    "102 100 8:1 /srv /run/own rw,relatime - ext4 /dev/sda1 rw\n";

const std::string kVerifiedId(64, 'a');

/// A node on which the pod's container runs, made by containerd with `option` for /host.
struct VerifiedNode : node::FakeNode {
  explicit VerifiedNode(const std::string& option, const std::string& container = kContainer) {
    AddProcess(1, "systemd", kHost, "0::/init.scope\n", 1);
    AddProcess(
        700, "agent", container,
        "0::/kubepods/burstable/pod11111111-1111-1111-1111-111111111111/" + kVerifiedId + "\n", 2);
    Write("/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kVerifiedId + "/config.json",
          R"({"annotations":{"io.kubernetes.cri.container-name":"agent",
          "io.kubernetes.cri.container-type":"container","io.kubernetes.cri.sandbox-name":"agent-x",
          "io.kubernetes.cri.sandbox-namespace":"m",
          "io.kubernetes.cri.sandbox-uid":"11111111-1111-1111-1111-111111111111"},
          "linux":{"rootfsPropagation":"rslave"},
          "mounts":[{"destination":"/host","type":"bind","source":"/srv","options":["rbind",")" +
              option + R"(","rw"]},
                    {"destination":"/var/run/own","type":"bind","source":"/srv",
                     "options":["rbind","rprivate","rw"]}]})");
  }
};

Ran Verify(const node::FakeNode& fake, Arguments arguments, const std::string& pod = kPod) {
  arguments.insert(arguments.begin(), {"node", "verify", "--root", fake.root(), "--pod", "-"});
  return RunProgram(arguments, pod);
}

bool Says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a pod that is as its spec asks", "[node verify]") {
  const VerifiedNode fake("rslave");
  const Ran ran = Verify(fake, {});
  INFO(ran.out << ran.err);
  CHECK(ran.code == ExitCode::kClean);
  CHECK(ran.err.empty());
  CHECK(Says(ran.out, "agent: process 700, recorded by containerd in "));
  CHECK(Says(ran.out,
             "/host         HostToContainer  PROPAGATION_HOST_TO_CONTAINER  "
             "rbind,rslave,rw    slave master:1 rw (mount 101)\n"));
  CHECK(
      Says(ran.out, "setup (init): not verified: an init container, which has ended or not begun"));
  CHECK(Says(ran.out, "  2 mounts verified, 0 differences\n"));
}

TEST_CASE("differences are told in text and JSON", "[node verify]") {
  const VerifiedNode fake("rprivate",
                          "100 1 0:9 / / rw - overlay overlay rw\n"
                          "101 100 8:1 /srv /host rw,relatime - ext4 /dev/sda1 rw\n"
                          "102 100 8:1 /srv /run/own rw,relatime master:1 - ext4 /dev/sda1 rw\n");
  const Ran text = Verify(fake, {});
  CHECK(text.code == ExitCode::kFindings);
  CHECK(Says(text.out,
             "/host runtime-changed: containerd made rprivate of "
             "PROPAGATION_HOST_TO_CONTAINER"));
  CHECK(Says(text.out,
             "/var/run/own kernel-differs: the kernel has it slave, and "
             "PROPAGATION_PRIVATE is private"));
  CHECK(Says(text.out, "2 differences"));
  const nlohmann::json report = Verify(fake, {"-o", "json"}).Json();
  CHECK(report["summary"]["differences"] == 2);
  CHECK(report["summary"]["complete"] == true);
  CHECK(report["pod"]["uid"] == "11111111-1111-1111-1111-111111111111");
  CHECK(report["containers"][1]["state"] == "ended");
  const nlohmann::json& agent = report["containers"][0];
  CHECK(agent["state"] == "verified");
  CHECK(agent["runtime"] == "containerd");
  CHECK(agent["rootfsPropagation"] == "rslave");
  CHECK(agent["mounts"][0]["recorded"]["propagation"] == "rprivate");
  CHECK(agent["mounts"][0]["kernel"]["propagation"] == "private");
  CHECK(agent["mounts"][0]["hostPath"] == "/srv");
  CHECK(agent["mounts"][1]["differences"][0]["id"] == "kernel-differs");
  CHECK(agent["mounts"][1]["mountPropagation"].is_null());
}

TEST_CASE("processes may be named", "[node verify]") {
  const VerifiedNode fake("rslave");
  CHECK(Verify(fake, {"--pid", "700"}).code == ExitCode::kClean);
  const Ran named = Verify(fake, {"--container", "agent=700"});
  CHECK(named.code == ExitCode::kClean);
  // Process 1 is in no container: nothing was recorded, and the mounts are not there.
  const Ran other = Verify(fake, {"--container", "agent=1"});
  CHECK(other.code == ExitCode::kUnreadable);
  CHECK(Says(other.out, "process 1 is in no container's cgroup"));
  CHECK(Says(other.out, "/host not-mounted: nothing is mounted at \"/host\""));
}

TEST_CASE("what does not run here is never clean", "[node verify]") {
  const VerifiedNode fake("rslave");
  const std::string elsewhere =
      std::string(kPod).replace(std::string(kPod).find("agent-x"), 7, "other");
  const Ran ran = Verify(fake, {}, elsewhere);
  CHECK(ran.code == ExitCode::kUnreadable);
  CHECK(ran.out.empty());
  CHECK(Says(ran.err, "no container of pod m/other runs on this node"));
  const std::string again =
      std::string(kPod).replace(std::string(kPod).find("uid: 1"), 6, "uid: 2");
  CHECK(Says(Verify(fake, {}, again).err, "no container of pod m/agent-x runs on this node"));
}

TEST_CASE("verify refuses what it cannot hold against anything", "[node verify]") {
  const VerifiedNode fake("rslave");
  const auto wrong = [&fake](const Arguments& arguments, const std::string& pod,
                             const std::string& message) {
    const Ran ran = Verify(fake, arguments, pod);
    CHECK(ran.code == ExitCode::kUsage);
    INFO(ran.err);
    CHECK(Says(ran.err, message));
  };
  wrong({}, std::string(kPod) + "  os: {name: windows}\n", "agent-x is a Windows pod");
  wrong({}, std::string(kPod) + "---\n" + kPod, "expected one pod, - holds 2");
  wrong({}, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", "holds 0");
  wrong({},
        "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec:\n  template:\n    spec:\n"
        "      containers: [{name: a, image: i}]\n",
        "d is a DaemonSet, whose pods have names of their own");
  wrong({"--pid", "x"}, kPod, "expected the id of a process, got \"x\"");
  wrong({"--pid", "1"}, kPod, "say --container NAME=1");
  wrong({"--container", "agent"}, kPod, "expected NAME=PID such as agent=4242");
  wrong({"--container", "agnet=700"}, kPod, "did you mean \"agent\"");
  CHECK(RunProgram({"node", "verify"}).code == ExitCode::kUsage);
  CHECK(Verify(fake, {}, "kind: [").code == ExitCode::kUnreadable);
  CHECK(Verify(fake, {"--container", "agent=4711"}).code == ExitCode::kUnreadable);
}

}  // namespace
}  // namespace mountguard::cli

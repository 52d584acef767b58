#include <catch2/catch.hpp>
#include <string>

#include "tests/cli/run.h"

namespace mountguard::cli {
namespace {

using Catch::Matchers::Contains;
using nlohmann::json;

json Explain(const std::string& manifest) {
  return RunProgram({"explain", "-", "-o", "json"}, manifest).Json();
}

constexpr char kPod[] = R"(apiVersion: v1
kind: Pod
metadata: {name: p, namespace: ns}
spec:
  volumes: [{name: v, emptyDir: {}}]
  initContainers:
  - {name: i, image: x, restartPolicy: Always, volumeMounts: [{name: v, mountPath: /i}]}
  containers:
  - name: c
    image: x
    volumeMounts:
    - {name: v, mountPath: /none, mountPropagation: None}
    - {name: v, mountPath: /h2c, mountPropagation: HostToContainer}
    - {name: v, mountPath: /bi, mountPropagation: Bidirectional}
    - {name: v, mountPath: /bad, mountPropagation: bidirectional}
)";

TEST_CASE("Every mount is listed with what each layer makes of it", "[explain]") {
  const json report = Explain(kPod);
  CHECK(report["apiVersion"] == "mountguard.io/v1");
  CHECK(report["kind"] == "ExplainReport");
  CHECK(report["errors"].empty());
  CHECK(report["skipped"].empty());
  const json& mounts = report["mounts"];
  REQUIRE(mounts.size() == 5);
  json fixed = mounts[0];  // what is promised; the rest is held by approved outputs
  for (const char* more :
       {"hostPath", "subPath", "readOnly", "recursiveReadOnly", "runtimes", "failures", "rules"}) {
    CHECK(fixed.erase(more) == 1);
  }
  CHECK(fixed == json::parse(R"({"file":"-","document":0,"item":null,"line":12,"column":7,
      "apiVersion":"v1","kind":"Pod","namespace":"ns","name":"p","template":"","container":"c",
      "containerType":"container","sidecar":false,"mount":0,"volume":"v","mountPath":"/none",
      "mountPropagation":"None","cri":"PROPAGATION_PRIVATE","oci":"rprivate","kernel":"private",
      "error":null})"));
  CHECK(mounts[1]["cri"] == "PROPAGATION_HOST_TO_CONTAINER");
  CHECK(mounts[1]["oci"] == "rslave");
  CHECK(mounts[1]["kernel"] == "slave");
  CHECK(mounts[2]["cri"] == "PROPAGATION_BIDIRECTIONAL");
  CHECK(mounts[2]["oci"] == "rshared");
  CHECK(mounts[2]["kernel"] == "shared");
  CHECK(mounts[3]["cri"].is_null());
  CHECK(mounts[3]["oci"].is_null());
  CHECK(mounts[3]["kernel"].is_null());
  CHECK(mounts[3]["error"] == "invalid MountPropagation mode: \"bidirectional\"");
  CHECK(mounts[4]["container"] == "i");
  CHECK(mounts[4]["containerType"] == "initContainer");
  CHECK(mounts[4]["sidecar"] == true);
  CHECK(mounts[4]["mountPropagation"].is_null());
  CHECK(mounts[4]["cri"] == "PROPAGATION_PRIVATE");
}

TEST_CASE("On Windows every mode is private and there is no option below", "[explain]") {
  std::string pod = kPod;
  pod.replace(pod.find("spec:\n"), 6, "spec:\n  os: {name: windows}\n");
  const json report = Explain(pod);
  REQUIRE(report["mounts"].size() == 5);
  for (const json& mount : report["mounts"]) {
    CHECK(mount["cri"] == "PROPAGATION_PRIVATE");
    CHECK(mount["oci"].is_null());
    CHECK(mount["kernel"].is_null());
    CHECK(mount["error"].is_null());
  }
}

TEST_CASE("Fragments are explained, other documents are skipped with a reason", "[explain]") {
  const json report = Explain(
      "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d}\nspec:\n  template:\n    spec:\n"
      "      containers:\n      - name: c\n        volumeMounts: [{name: v, mountPath: /m}]\n"
      "---\na: b\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n");
  REQUIRE(report["mounts"].size() == 1);
  CHECK(report["mounts"][0]["template"] == "spec.template");
  REQUIRE(report["skipped"].size() == 1);
  CHECK(report["skipped"][0]["document"] == 1);
}

TEST_CASE("An AdmissionReview's object is explained whole, what was there before too",
          "[explain]") {
  const json report = Explain(R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",
"request":{"uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"namespace":"ns","name":"p",
"operation":"DELETE","userInfo":{},"object":{"apiVersion":"v1","kind":"Pod","metadata":{},"spec":{
"containers":[{"name":"c","volumeMounts":[{"name":"v","mountPath":"/m"}]}]}}}})");
  REQUIRE(report["mounts"].size() == 1);
  CHECK(report["mounts"][0]["namespace"] == "ns");
  CHECK(report["mounts"][0]["line"] == 4);
}

TEST_CASE(
    "What the API server would not decode is an error, and explained as far as it can be read",
    "[explain]") {
  const Ran ran = RunProgram({"explain", "-", "-o", "json"},
                             "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: c\n"
                             "    env: [{name: a, value: true}]\n"
                             "    volumeMounts: [{name: v, mountPath: /m}]\n");
  CHECK(ran.code == ExitCode::kUnreadable);
  CHECK(ran.Json()["errors"][0]["line"] == 6);
  CHECK(ran.Json()["mounts"][0]["mountPath"] == "/m");
}

TEST_CASE("What runtimes make of a mount, and what a node says, is told for all three",
          "[explain]") {
  const json report = Explain(R"(apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes:
  - {name: lib, hostPath: {path: /var/lib}}
  - {name: scratch, emptyDir: {}}
  containers:
  - name: c
    image: x
    volumeMounts:
    - {name: lib, mountPath: /lib, readOnly: true, recursiveReadOnly: IfPossible}
    - {name: lib, mountPath: /live, mountPropagation: HostToContainer}
    - {name: scratch, mountPath: /s, mountPropagation: HostToContainer}
    - {name: scratch, mountPath: /r, recursiveReadOnly: Enabled}
    - {name: scratch, mountPath: /o, readOnly: true, recursiveReadOnly: Enabled}
    - {name: lib, mountPath: /p, subPath: p, mountPropagation: Bidirectional}
)");
  const json& lib = report["mounts"][0];
  CHECK(lib["hostPath"] == "/var/lib");
  CHECK(lib["oci"] == "rprivate");  // what the kubelet asks for
  CHECK(lib["runtimes"][0] == json::parse(R"({"runtime": "containerd", "oci": "rprivate",
      "kernel": "private", "changed": false})"));
  CHECK(lib["runtimes"][1] == json::parse(R"({"runtime": "cri-o", "oci": "rslave",
      "kernel": "slave", "changed": true})"));
  CHECK(lib["runtimes"][2]["changed"] == true);
  REQUIRE(lib["failures"].size() == 3);
  CHECK(lib["failures"][1] == json::parse(R"({"by": ["cri-o"], "when": "always", "text":
      "recursive read-only mount requires private propagation for hostPath \"/var/lib\", got: PROPAGATION_HOST_TO_CONTAINER"})"));
  const json& live = report["mounts"][1]["failures"];
  REQUIRE(live.size() == 2);
  CHECK(live[0]["by"] == json::parse(R"(["containerd", "cri-o"])"));
  CHECK(live[0]["when"] == "where the host's mount that holds /var/lib is not shared or slave");
  CHECK(live[0]["text"] ==
        "path \"/var/lib\" is mounted on \"...\" but it is not a shared or slave mount");
  CHECK(live[1]["by"] == json::parse(R"(["cri-dockerd"])"));
  CHECK(report["mounts"][2]["failures"].empty());  // the kubelet keeps its own folder shared
  CHECK(report["mounts"][3]["failures"] == json::parse(R"([{"by": ["the kubelet"], "when": "always",
      "text": "volume \"scratch\" requested recursive read-only mode, but it is not read-only"}])"));
  CHECK(report["mounts"][4]["failures"][0]["when"] == "where the runtime cannot do it");
  CHECK(report["mounts"][5]["failures"].empty());  // bound into the kubelet's folder first
  std::vector<std::string> of_sub_path;
  for (const json& edge : report["pods"][0]["edges"]) {
    const std::string sentence = edge["sentence"];
    if (sentence.find(", if ") != std::string::npos) of_sub_path.push_back(sentence);
  }
  CHECK(of_sub_path == std::vector<std::string>{
                           "container \"c\" sees at /p each mount that appears below "
                           "\"/var/lib/p\" on the host, as soon "
                           "as it is made, if the host's mount there is shared or slave",
                           "each mount that container \"c\" makes at /p appears below "
                           "\"/var/lib/p\" on the host, if the "
                           "host's mount there is shared",
                           "each mount that container \"c\" makes at /p appears in other pods that "
                           "mount /var/lib/p or a "
                           "folder around it with a mode, if the host's mount there is shared"});
}

TEST_CASE("Rules are judged by the flags of check", "[explain]") {
  const std::string policy = std::string(MOUNTGUARD_TESTDATA) + "/cli/policies/everything.yaml";
  const auto outcome = [&](const Arguments& more, const std::string& rule) {
    Arguments arguments = {"explain", "-", "-o", "json", "--policy", policy};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const json report = RunProgram(arguments, R"(apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: v, emptyDir: {}}]
  containers:
  - name: reader
    image: x
    securityContext: {privileged: true}
    volumeMounts: [{name: v, mountPath: /m, mountPropagation: Bidirectional}]
)")
                            .Json();
    for (const json& one : report["mounts"][0]["rules"]) {
      if (one["rule"] == rule) return one["outcome"].get<std::string>();
    }
    return std::string("absent");
  };
  CHECK(outcome({}, "publishing-is-for-csi") == "undetermined");
  CHECK(outcome({"--namespace", "csi"}, "publishing-is-for-csi") == "requirement met");
  CHECK(outcome({"--namespace", "x"}, "publishing-is-for-csi") == "spoke");
  CHECK(outcome({}, "watches-are-noted") == "no match");
  CHECK(outcome({}, "producer-must-unmount") == "spoke");
  CHECK(outcome({}, "consumer-is-private") == "silent");
}

TEST_CASE("Wrong flags are wrong usage", "[explain]") {
  CHECK(RunProgram({"explain", "-", "-o", "yaml"}).code == ExitCode::kUsage);
  CHECK(RunProgram({"explain", "-", "--at", "soon"}).code == ExitCode::kUsage);
  CHECK(RunProgram({"explain", "-", "--profile", "none"}).code == ExitCode::kUsage);
  CHECK(RunProgram({"explain"}).code == ExitCode::kUsage);
  CHECK_THAT(RunProgram({"explain", "-", "-"}).err, Contains("can be read only once"));
}

TEST_CASE("What cannot be explained is an error and exits 3", "[explain]") {
  const std::string manifest = "apiVersion: v1\nkind: Pod\nspec: {containers: 7}\n---\nx: [\n";
  const Ran ran = RunProgram({"explain", "-", "-o", "json"}, manifest);
  CHECK(ran.code == ExitCode::kUnreadable);
  CHECK(ran.Json()["errors"].size() == 2);
  const Ran text = RunProgram({"explain", "-"}, manifest);
  CHECK(text.code == ExitCode::kUnreadable);
  CHECK_THAT(text.err, Contains("-:3:") && Contains("-:6:"));
}

}  // namespace
}  // namespace mountguard::cli

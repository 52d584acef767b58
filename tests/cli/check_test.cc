#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/cli/run.h"
#include "tests/temporary_directory.h"

namespace mountguard::cli {
namespace {

using Catch::Matchers::Contains;
using nlohmann::json;

constexpr char kBrokenDaemonSet[] = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: storage}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      volumes:
      - {name: h, hostPath: {path: /srv}}
      containers:
      - name: agent
        image: agent:1
        volumeMounts:
        - mountPropagation: Bidirectional
          name: h
          mountPath: /m
)";

/// A pod with one container whose mounts stand in `mounts`, on the volume "v".
std::string Pod(const std::string& mounts, const std::string& name = "p") {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name +
         "}\nspec:\n  volumes: [{name: v, emptyDir: {}}]\n  containers:\n  - name: c\n"
         "    image: i\n    volumeMounts:\n" +
         mounts;
}

std::string BadPod(const std::string& name = "p") {
  return Pod("    - {name: v, mountPath: /m, mountPropagation: Bidirectional}\n", name);
}

Ran Check(const std::string& manifest, Arguments more = {}) {
  more.insert(more.begin(), {"check", "-", "-o", "json", "--no-policy"});
  return RunProgram(more, manifest);
}

void Write(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

TEST_CASE("A result has exactly the documented fields", "[check]") {
  const Ran ran = Check(kBrokenDaemonSet);
  CHECK(ran.code == ExitCode::kFindings);
  CHECK(ran.err.empty());
  const json report = ran.Json();
  CHECK(report["apiVersion"] == "mountguard.io/v1");
  CHECK(report["kind"] == "CheckReport");
  CHECK(report["summary"] == json::parse(R"({"files":1,"documents":1,"objects":1,"pods":1,
      "mounts":1,"skipped":0,"errors":0,"deny":1,"warn":0,"audit":0,"excepted":0,
      "undetermined":0})"));
  CHECK(report["errors"] == json::array());
  CHECK(report["skipped"] == json::array());
  REQUIRE(report["results"].size() == 1);
  json result = report["results"][0];
  CHECK_FALSE(result["message"].get<std::string>().empty());
  result.erase("message");
  CHECK(result ==
        json::parse(R"({"file":"-","document":0,"item":null,"line":15,"column":29,
      "source":null,"apiVersion":"apps/v1","kind":"DaemonSet","namespace":"storage","name":"agent",
      "template":"spec.template","container":"agent","containerType":"container","sidecar":false,
      "mount":0,"device":null,"volume":"h","mountPath":"/m","mountPropagation":"Bidirectional",
      "cri":"PROPAGATION_BIDIRECTIONAL","rule":"bidirectional-requires-privileged",
      "origin":"kubernetes","action":"Deny","actions":["Deny"],
      "field":"spec.template.spec.containers[0].volumeMounts[0].mountPropagation",
      "error":"spec.template.spec.containers[0].volumeMounts.mountPropagation: Forbidden: )"
                    R"(Bidirectional mount propagation is available only to privileged containers",
      "exception":null,"undetermined":[]})"));
}

TEST_CASE("A result about no mode has null for it, a device has its index", "[check]") {
  const json unset = Check(Pod("    - {name: nope, mountPath: /m}\n")).Json()["results"][0];
  CHECK(unset["rule"] == "mount-volume-not-found");
  CHECK(unset["mountPropagation"].is_null());
  CHECK(unset["cri"] == "PROPAGATION_PRIVATE");
  CHECK(unset["template"] == "");

  const json wrong =
      Check(Pod("    - {name: v, mountPath: /m, mountPropagation: Both}\n")).Json()["results"][0];
  CHECK(wrong["mountPropagation"] == "Both");
  CHECK(wrong["cri"].is_null());

  const json device =
      Check(Pod("      []\n    volumeDevices: [{name: v, devicePath: /d}]\n")).Json()["results"][0];
  CHECK(device["rule"] == "device-needs-claim");
  CHECK(device["device"] == 0);
  CHECK(device["mount"].is_null());
  CHECK(device["mountPath"].is_null());
  CHECK(device["volume"] == "v");
}

TEST_CASE("A sidecar and an ephemeral container are called so", "[check]") {
  const json results = Check(R"(apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes: [{name: v, emptyDir: {}}]
  containers: [{name: c, image: i}]
  initContainers:
  - name: s
    image: i
    restartPolicy: Always
    volumeMounts: [{name: v, mountPath: /m, mountPropagation: Bidirectional}]
  ephemeralContainers:
  - name: e
    image: i
    volumeMounts: [{name: v, mountPath: /m, mountPropagation: Bidirectional}]
)")
                           .Json()["results"];
  REQUIRE(results.size() == 2);
  CHECK(results[0]["containerType"] == "initContainer");
  CHECK(results[0]["sidecar"] == true);
  CHECK(results[1]["containerType"] == "ephemeralContainer");
  CHECK(results[1]["sidecar"] == false);
}

TEST_CASE("What Kubernetes says keeps its order, whatever the order of the text", "[check]") {
  const json results =
      Check(Pod("    - mountPropagation: Bidirectional\n      mountPath: ''\n      name: ''\n"))
          .Json()["results"];
  std::vector<std::string> rules;
  for (const json& result : results) rules.push_back(result["rule"]);
  CHECK(rules == std::vector<std::string>{"mount-name-required", "mount-volume-not-found",
                                          "mount-path-required",
                                          "bidirectional-requires-privileged"});
}

TEST_CASE("Documents count from 0, empty ones included, and items of a List by their place",
          "[check]") {
  const std::string indented =
      "- apiVersion: v1\n  kind: Pod\n  metadata: {name: b}\n  spec:\n"
      "    volumes: [{name: v, emptyDir: {}}]\n    containers:\n    - name: c\n      image: i\n"
      "      volumeMounts: [{name: v, mountPath: /m, mountPropagation: Bidirectional}]\n";
  const json report = Check("---\n# nothing\n---\n" + BadPod("a") +
                            "---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: "
                            "ConfigMap, metadata: {name: x}}\n" +
                            indented)
                          .Json();
  const json& results = report["results"];
  REQUIRE(results.size() == 2);
  CHECK(results[0]["name"] == "a");
  CHECK(results[0]["item"].is_null());
  CHECK(results[1]["name"] == "b");
  CHECK(results[1]["item"] == 1);
  CHECK(results[1]["document"] == results[0]["document"].get<int>() + 1);
  CHECK(results[1]["field"] == "spec.containers[0].volumeMounts[0].mountPropagation");
  CHECK(report["summary"]["objects"] == 3);
  CHECK(report["summary"]["pods"] == 2);
}

TEST_CASE("A repeated key is a warning with both lines, and an error with --strict", "[check]") {
  const std::string pod =
      Pod("    - name: v\n      mountPath: /m\n      mountPropagation: Bidirectional\n"
          "      mountPropagation: None\n");
  Ran ran = Check(pod);
  CHECK(ran.code == ExitCode::kClean);
  const json result = ran.Json()["results"][0];
  CHECK(result["rule"] == "duplicate-key");
  CHECK(result["origin"] == "input");
  CHECK(result["action"] == "Warn");
  CHECK(result["line"] == 13);
  CHECK(result["container"].is_null());
  CHECK_FALSE(result.contains("error"));
  CHECK_THAT(result["message"].get<std::string>(), Contains("line 12") && Contains("line 13"));
  CHECK(Check(pod, {"--fail-on", "warn"}).code == ExitCode::kFindings);

  ran = Check(pod, {"--strict"});
  CHECK(ran.code == ExitCode::kUnreadable);
  CHECK(ran.Json()["results"].empty());
  CHECK(ran.Json()["errors"][0]["line"] == 13);
}

TEST_CASE("A key that stands twice in one line is told as such", "[check]") {
  const Ran ran =
      RunProgram({"check", "-"},
                 "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: b, a: c}}\n");
  CHECK_THAT(ran.out, Contains("data.a stands twice in line 1: Kubernetes takes the last one"));
}

TEST_CASE("Text that kubectl drops is told, and an error with --strict", "[check]") {
  const std::string manifest = Pod("      []\n") + "...\n" + BadPod();
  Ran ran = Check(manifest);
  REQUIRE(ran.Json()["results"].size() == 1);
  CHECK(ran.Json()["results"][0]["rule"] == "dropped-document");
  CHECK(ran.code == ExitCode::kClean);
  CHECK(Check(manifest, {"--strict"}).code == ExitCode::kUnreadable);
}

TEST_CASE("A fragment is skipped with a reason, and judged with --strict", "[check]") {
  const std::string patch = R"(apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  template:
    spec:
      containers:
      - name: agent
        volumeMounts: [{name: h, mountPath: /m, mountPropagation: Bidirectional}]
)";
  Ran ran = Check(patch);
  CHECK(ran.code == ExitCode::kClean);
  const json report = ran.Json();
  CHECK(report["results"].empty());
  CHECK(report["summary"]["objects"] == 0);
  CHECK(report["summary"]["skipped"] == 1);
  REQUIRE(report["skipped"].size() == 1);
  CHECK(report["skipped"][0]["line"] == 1);
  CHECK(report["skipped"][0]["document"] == 0);
  CHECK_FALSE(report["skipped"][0]["reason"].get<std::string>().empty());

  ran = Check(patch, {"--strict"});
  CHECK(ran.code == ExitCode::kFindings);
  CHECK(ran.Json()["skipped"].empty());
}

TEST_CASE("A document that is no Kubernetes object is skipped, and refused with --strict",
          "[check]") {
  const Ran lax = Check("a: b\n");
  CHECK(lax.code == ExitCode::kClean);
  CHECK(lax.Json()["skipped"].size() == 1);
  const Ran strict = Check("a: b\n", {"--strict"});
  CHECK(strict.code == ExitCode::kUnreadable);
  CHECK(strict.Json()["errors"].size() == 1);
}

TEST_CASE("A wrong type is the API server's decode error at its line", "[check]") {
  const Ran ran =
      Check(Pod("    - {name: v, mountPath: /m}\n    - name: v\n      readOnly: \"yes\"\n"));
  CHECK(ran.code == ExitCode::kUnreadable);
  const json report = ran.Json();
  CHECK(report["results"].empty());
  REQUIRE(report["errors"].size() == 1);
  CHECK(report["errors"][0]["line"] == 12);
  CHECK(report["errors"][0]["column"] == 17);
  CHECK_THAT(report["errors"][0]["message"].get<std::string>(),
             Contains("cannot unmarshal string into Go struct field") && Contains("of type bool"));
}

TEST_CASE("A broken document spoils itself alone, and 3 goes before 1", "[check]") {
  const Ran ran = Check(BadPod("a") + "---\na: [\n---\n" + BadPod("b"));
  CHECK(ran.code == ExitCode::kUnreadable);
  const json report = ran.Json();
  CHECK(report["results"].size() == 2);
  REQUIRE(report["errors"].size() == 1);
  CHECK(report["errors"][0]["document"] == 1);
}

TEST_CASE("A saved AdmissionReview is judged with its own request", "[check]") {
  const std::string review = R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview",
"request":{"uid":"u","kind":{"group":"","version":"v1","kind":"Pod"},"namespace":"ns","name":"p",
"operation":"CREATE","userInfo":{"username":"jane"},
"object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{
"volumes":[{"name":"v","emptyDir":{}}],
"containers":[{"name":"c","image":"i","volumeMounts":[
{"name":"v","mountPath":"/m","mountPropagation":"Bidirectional"}]}]}}}}
)";
  const json results = Check(review).Json()["results"];
  REQUIRE(results.size() == 1);
  CHECK(results[0]["namespace"] == "ns");
  CHECK(results[0]["line"] == 7);
  CHECK(results[0]["field"] == "spec.containers[0].volumeMounts[0].mountPropagation");

  std::string deletion = review;
  deletion.replace(deletion.find("CREATE"), 6, "DELETE");
  CHECK(Check(deletion).Json()["results"].empty());

  std::string broken = review;
  broken.replace(broken.find("\"uid\":\"u\","), 10, "");
  CHECK(Check(broken).code == ExitCode::kUnreadable);
}

TEST_CASE("the flag --fail-on says what makes the exit code 1", "[check]") {
  CHECK(Check(BadPod()).code == ExitCode::kFindings);
  CHECK(Check(BadPod(), {"--fail-on", "warn"}).code == ExitCode::kFindings);
  CHECK(Check(BadPod(), {"--fail-on", "none"}).code == ExitCode::kClean);
}

TEST_CASE("the flag --kubernetes-rules weakens or silences Kubernetes' own rules", "[check]") {
  Ran ran = Check(BadPod(), {"--kubernetes-rules", "Warn"});
  CHECK(ran.code == ExitCode::kClean);
  CHECK(ran.Json()["results"][0]["action"] == "Warn");
  ran = Check(BadPod(), {"--kubernetes-rules", "Audit"});
  CHECK(ran.Json()["summary"]["audit"] == 1);
  ran = Check(BadPod(), {"--kubernetes-rules", "Off"});
  CHECK(ran.Json()["results"].empty());
  ran = RunProgram({"check", "-", "-o", "json", "--kubernetes-rules", "Warn"}, BadPod());
  CHECK(ran.Json()["summary"]["deny"] == 0);
}

TEST_CASE("the flag --namespace is for objects that do not say theirs", "[check]") {
  CHECK(Check(BadPod(), {"--namespace", "given"}).Json()["results"][0]["namespace"] == "given");
  CHECK(Check(BadPod()).Json()["results"][0]["namespace"] == "");
  CHECK(Check(kBrokenDaemonSet, {"--namespace", "given"}).Json()["results"][0]["namespace"] ==
        "storage");
}

TEST_CASE("A policy of the author's own is read, and a broken one exits 2", "[check]") {
  const tests::TemporaryDirectory directory;
  Write(directory / "policy.yaml", R"(apiVersion: mountguard.io/v1
kind: MountPolicy
metadata: {name: relaxed}
spec: {kubernetesRules: Warn}
)");
  Ran ran = RunProgram({"check", "-", "-o", "json", "--policy", directory.path()}, BadPod());
  CHECK(ran.Json()["results"][0]["action"] == "Warn");
  CHECK(ran.code == ExitCode::kClean);
  Write(directory / "policy.yaml",
        "apiVersion: mountguard.io/v1\nkind: MountPolicy\n"
        "metadata: {name: x}\nspec: {kubernetesRule: Warn}\n");
  ran = RunProgram({"check", "-", "--policy", directory.path()}, BadPod());
  CHECK(ran.code == ExitCode::kUsage);
  CHECK(ran.out.empty());
  CHECK_THAT(ran.err, Contains("policy.yaml:4:") && Contains("kubernetesRule"));
  ran = RunProgram({"check", "-", "--policy", directory.path() + "/none.yaml"}, BadPod());
  CHECK(ran.code == ExitCode::kUnreadable);
  CHECK_THAT(ran.err, Contains("none.yaml"));
}

TEST_CASE("Files are reported in their order, whatever the number of jobs", "[check]") {
  const tests::TemporaryDirectory directory;
  for (int i = 10; i < 40; ++i) {
    Write(directory / ("f" + std::to_string(i) + ".yaml"), BadPod("p" + std::to_string(i)));
  }
  const Ran one = RunProgram({"check", directory.path(), "-o", "json", "--jobs", "1"});
  const Ran many = RunProgram({"check", directory.path(), "-o", "json", "--jobs", "8"});
  CHECK(one.out == many.out);
  REQUIRE(one.Json()["results"].size() == 30);
  CHECK(one.Json()["results"][29]["name"] == "p39");
  CHECK(one.Json()["summary"]["files"] == 30);
}

TEST_CASE("Reports go to files, several at once", "[check]") {
  const tests::TemporaryDirectory directory;
  const std::string file = directory.path() + "/report.json";
  const Ran ran = RunProgram({"check", "-", "-o", "text", "-o", "json=" + file}, BadPod());
  CHECK(ran.code == ExitCode::kFindings);
  CHECK_THAT(ran.out, Contains("[bidirectional-requires-privileged]"));
  std::ifstream in(file);
  CHECK(json::parse(in)["summary"]["deny"] == 1);

  const Ran unwritable =
      RunProgram({"check", "-", "-o", "json=" + directory.path() + "/no/report.json"}, BadPod());
  CHECK(unwritable.code == ExitCode::kUnreadable);
  CHECK_THAT(unwritable.err, Contains("no json report: cannot write " + directory.path() +
                                      "/no/report.json: No such file or directory"));
}

TEST_CASE("What cannot be read is never clean", "[check]") {
  const tests::TemporaryDirectory directory;
  Ran ran = RunProgram({"check", directory.path(), "-o", "json"});
  CHECK(ran.code == ExitCode::kUnreadable);
  const json error = ran.Json()["errors"][0];
  CHECK(error["file"] == directory.path());
  CHECK(error["line"].is_null());
  CHECK(error["document"].is_null());

  ran = RunProgram({"check", directory.path() + "/none.yaml"});
  CHECK(ran.code == ExitCode::kUnreadable);
  CHECK_THAT(ran.out, Contains("/none.yaml: error: No such file or directory\n"));

  std::filesystem::create_symlink("nowhere", directory / "link.yaml");
  ran = RunProgram({"check", directory.path()});
  CHECK(ran.code == ExitCode::kUnreadable);
  CHECK_THAT(ran.out, Contains("/link.yaml: error: No such file or directory (it is a symbolic "
                               "link to nowhere)\n"));
}

TEST_CASE("The frame of each value on a line shows the line as far as it was read", "[check]") {
  const Ran ran = RunProgram({"check", "-", "--strict"}, "{\"a\": 1}\n{}- b\n");
  CHECK_THAT(ran.out, Contains("  2 | {}- b\n    |   ^^^\n"));
}

TEST_CASE("An empty standard input is said to be one", "[check]") {
  for (const std::string input : {"", "# nothing\n---\n"}) {
    const Ran ran = RunProgram({"check", "-"}, input);
    CHECK(ran.code == ExitCode::kClean);
    CHECK_THAT(ran.err, Contains("note: standard input holds no object, so nothing was checked"));
  }
  CHECK(RunProgram({"check", "-"}, "kind: x\n").err.empty());
  CHECK(RunProgram({"check", "-"}, "apiVersion: v1\nkind: ConfigMap\n").err.empty());
}

TEST_CASE("No input brings it down", "[check]") {
  std::string binary;
  for (int i = 0; i < 100'000; ++i) binary.push_back(static_cast<char>(i * 7919 >> 3));
  const std::string inputs[] = {
      "",
      "\n\n\n",
      std::string("\0", 1),
      "\xEF\xBB\xBF",
      binary,
      "---\n---\n---\n",
      "{",
      "[[[[",
      "\xFF\xFE",
      "{{ .Values.x }}\n",
      "apiVersion: v1\nkind: Pod\nspec: 7\n",
      "apiVersion: v1\nkind: List\nitems: {}\n",
      "apiVersion: v1\nkind: List\nitems: [1, null, [], {kind: List, items: [x]}]\n",
      "a: " + std::string(5'000'000, 'x') + "\n",
      std::string(20'000, '['),
      std::string(100'000, '\t'),
      "kind: AdmissionReview\napiVersion: admission.k8s.io/v1\n",
  };
  for (const std::string& input : inputs) {
    for (const Arguments& arguments :
         {Arguments{"check", "-"}, Arguments{"check", "-", "--strict", "-o", "json"},
          Arguments{"explain", "-"}, Arguments{"explain", "-", "-o", "json"}}) {
      const Ran ran = RunProgram(arguments, input);
      CHECK((ran.code == ExitCode::kClean || ran.code == ExitCode::kUnreadable));
      CHECK(ran.out.size() < 20'000);
      if (arguments.back() == "json") CHECK_NOTHROW(ran.Json());
    }
  }
}

}  // namespace
}  // namespace mountguard::cli

// `mountguard test`: tests/testdata/suites holds suites that pass, that fail and that are broken;
// beside them stands what is printed of them. MOUNTGUARD_UPDATE_GOLDEN=1 writes it anew.

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "core/rfc3339.h"
#include "policy/policy_loader.h"
#include "tests/cli/golden.h"
#include "tests/cli/run.h"
#include "tests/temporary_directory.h"
#include "webhook/admission_handler.h"

namespace mountguard::cli {
namespace {

using nlohmann::json;

const std::filesystem::path kSuites = std::filesystem::path(MOUNTGUARD_TESTDATA) / "suites";

std::string Suite(const std::string& name) { return (kSuites / name).string(); }

/// All that a run shows, with paths as if it had been started beside the suites.
std::string Shown(const Ran& ran) {
  std::string text = ran.out;
  if (!ran.err.empty()) text += "--- standard error\n" + ran.err;
  text += "--- exit code " + std::to_string(static_cast<int>(ran.code)) + "\n";
  const std::string prefix = kSuites.string() + "/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
    text.erase(at, prefix.size());
  }
  return text;
}

/// Counts how often each file is read.
class CountingFiles final : public core::FileReader {
 public:
  core::Result<std::string> Read(const std::string& path) const override {
    ++reads_[std::filesystem::path(path).filename().string()];
    return files_.Read(path);
  }
  bool IsDirectory(const std::string& path) const override { return files_.IsDirectory(path); }
  core::Result<std::vector<std::string>> List(const std::string& path) const override {
    return files_.List(path);
  }

  int reads(const std::string& name) const { return reads_[name]; }

 private:
  core::SystemFileReader files_;
  mutable std::map<std::string, int> reads_;
};

TEST_CASE("What a test run says is what it was approved to be", "[test][golden]") {
  for (const char* suites : {"production", "broken"}) {
    for (const char* format : {"text", "json", "junit"}) {
      const Ran ran = RunProgram({"test", Suite(suites), "-o", format});
      CompareWithGolden(kSuites / suites / (std::string(format) + ".out"), Shown(ran));
    }
  }
}

TEST_CASE("A test run ends with what the shell has to know", "[test]") {
  CHECK(RunProgram({"test", Suite("production/passing.yaml")}).code == ExitCode::kClean);
  CHECK(RunProgram({"test", Suite("production/passing.yaml"), "--at", "2030-01-01"}).code ==
        ExitCode::kClean);  // the suite says its day itself
  CHECK(RunProgram({"test", Suite("broken")}).code == ExitCode::kUsage);

  const tests::TemporaryDirectory directory;
  const std::string suite = (directory / "suite.yaml").string();
  const auto run = [&suite](const std::string& object, const std::string& expect) {
    std::ofstream(suite) << "apiVersion: mountguard.io/v1\nkind: MountPolicyTest\n"
                            "metadata: {name: s}\nspec: {cases: [{name: a, object: "
                         << object << ", expect: {decision: " << expect << "}}]}\n";
    return RunProgram({"test", suite}).code;
  };
  const std::string config_map = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}";
  CHECK(run(config_map, "allow") == ExitCode::kClean);
  CHECK(run(config_map, "deny") == ExitCode::kFindings);
  CHECK(run("nowhere.yaml", "allow") == ExitCode::kUnreadable);
  CHECK(run("{kind: none}", "allow") == ExitCode::kUsage);
}

TEST_CASE("What is no suite is said to be none", "[test]") {
  const Ran nothing = RunProgram({"test"});
  CHECK(nothing.code == ExitCode::kUsage);
  CHECK_THAT(nothing.err, Catch::StartsWith("mountguard test: expected a suite, or a directory"));
  CHECK(RunProgram({"test", "x", "--at", "today"}).code == ExitCode::kUsage);
  const Ran sarif = RunProgram({"test", "x", "-o", "sarif"});
  CHECK(sarif.code == ExitCode::kUsage);
  CHECK_THAT(sarif.err, Catch::Contains("-o: expected one of text, json, junit, got \"sarif\""));

  const Ran policy = RunProgram({"test", Suite("production/policy.yaml")});
  CHECK(policy.code == ExitCode::kUsage);
  CHECK_THAT(policy.err, Catch::Contains("policy.yaml:2:7: error: a MountPolicy is no suite"));
  const Ran pods = RunProgram({"test", Suite("production/pods")});
  CHECK(pods.code == ExitCode::kUnreadable);
  CHECK_THAT(pods.err, Catch::Contains("no file below the directory is of kind MountPolicyTest"));
  CHECK(RunProgram({"test", Suite("nowhere")}).code == ExitCode::kUnreadable);
}

TEST_CASE("On a terminal in colour cases carry marks, elsewhere words", "[test]") {
  Terminal colourful;
  colourful.colour = true;
  const std::string coloured = RunProgram({"test", Suite("production")}, "", colourful).out;
  CHECK_THAT(coloured, Catch::Contains("✓") && Catch::Contains("✗") && !Catch::Contains("FAIL"));
  const std::string plain = RunProgram({"test", Suite("production")}).out;
  CHECK_THAT(plain, Catch::Contains("pass  ") && Catch::Contains("FAIL  ") &&
                        Catch::Contains("ERROR ") && !Catch::Contains("✓") &&
                        !Catch::Contains("\x1b"));
}

TEST_CASE("Policies that several suites name are read once", "[test]") {
  const CountingFiles files;
  std::istringstream in;
  std::ostringstream out, err;
  const core::FixedClock clock(kNow);
  Environment env = {in, out, err, files, clock, {}};
  Run(AllCommands(), {"test", Suite("production"), Suite("production/passing.yaml")}, env);
  CHECK(files.reads("policy.yaml") == 2);  // once by the search for suites, once as a policy
  CHECK(files.reads("passing.yaml") == 2);
}

/// Whether one exception spares one pod, said by all three that can say it.
class Moment {
 public:
  explicit Moment(const std::string& expires) {
    policy_ =
        "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: p}\nspec:\n"
        "  rules: [{name: no-publishing, match: [{mountPropagation: [Bidirectional]}]}]\n"
        "  exceptions: [{name: legacy, rules: [no-publishing], match: [{namespaces: [x]}],\n"
        "                reason: waits, expires: \"" +
        expires + "\"}]\n";
    std::ofstream(directory_ / "policy.yaml") << policy_;
    std::ofstream(directory_ / "pod.json") << kPod;
  }

  /// "allow" or "deny".
  std::string Check(core::WallTime now) const {
    const Ran ran = RunProgram(
        {"check", Path("pod.json"), "--policy", Path("policy.yaml"), "-o", "json"}, "", {}, now);
    return ran.Json()["summary"]["deny"] == 0 ? "allow" : "deny";
  }

  std::string Test(core::WallTime now) const {
    std::ofstream(directory_ / "suite.yaml")
        << "apiVersion: mountguard.io/v1\nkind: MountPolicyTest\nmetadata: {name: s}\nspec:\n"
           "  policies: [policy.yaml]\n"
           "  cases: [{name: a, object: pod.json, expect: {decision: allow}}]\n";
    const Ran ran = RunProgram({"test", Path("suite.yaml"), "-o", "json"}, "", {}, now);
    return ran.Json()["suites"][0]["cases"][0]["decision"];
  }

  std::string Serve(core::WallTime now) const {
    const core::FixedClock clock(now);
    webhook::PolicyStore store(std::make_shared<const webhook::PolicyGeneration>(
        policy::LoadPolicies({{"policy.yaml", policy_}}).policies, core::Runtime::kContainerd));
    const webhook::AdmissionHandler handler(&store, &clock, policy::Action::kDeny);
    std::string review = R"({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
      "request": {"uid": "u", "operation": "CREATE", "namespace": "x", "object": )" +
                         std::string(kPod) + "}}";
    webhook::AdmissionScratch scratch;
    const auto reply = handler.Validate("", "application/json", review, &scratch);
    return json::parse(reply.body)["response"]["auditAnnotations"]["decision"];
  }

 private:
  static constexpr std::string_view kPod = R"({"apiVersion": "v1", "kind": "Pod",
    "metadata": {"name": "a", "namespace": "x"},
    "spec": {"volumes": [{"name": "v", "hostPath": {"path": "/srv"}}],
             "containers": [{"name": "a", "image": "a", "securityContext": {"privileged": true},
               "volumeMounts": [{"name": "v", "mountPath": "/v",
                                 "mountPropagation": "Bidirectional"}]}]}})";

  std::string Path(const std::string& name) const { return (directory_ / name).string(); }

  tests::TemporaryDirectory directory_;
  std::string policy_;
};

TEST_CASE("serve, check and test let an exception expire at the same moment", "[test]") {
  using std::chrono::nanoseconds;
  for (const auto& [expires, end] : std::map<std::string, std::string>{
           {"2027-01-31", "2027-02-01T00:00:00Z"},
           {"2027-01-31T12:00:00Z", "2027-01-31T12:00:00Z"},
           {"2027-01-31T12:00:00.5+02:00", "2027-01-31T10:00:00.5Z"}}) {
    CAPTURE(expires);
    const Moment moment(expires);
    const core::WallTime at = core::ParseRfc3339(end).value();
    const core::WallTime before = at - nanoseconds(1);
    CHECK(moment.Serve(before) == "allow");
    CHECK(moment.Check(before) == "allow");
    CHECK(moment.Test(before) == "allow");
    CHECK(moment.Serve(at) == "deny");
    CHECK(moment.Check(at) == "deny");
    CHECK(moment.Test(at) == "deny");
  }
}

TEST_CASE("A day is the same moment to check --at, test --at and a suite's own at", "[test]") {
  const Moment moment("2027-01-31");
  const core::WallTime day = core::ParseDateOrTime("2027-02-01").value();
  CHECK(day == core::ParseRfc3339("2027-02-01T00:00:00Z"));
  CHECK(moment.Check(day) == "deny");
  const std::string passing = Suite("production/passing.yaml");
  const json report = RunProgram({"test", passing, "-o", "json"}).Json();
  for (const json& one : report["suites"][0]["cases"]) CHECK(one["outcome"] == "passed");
}

TEST_CASE("The policies that come with mountguard pass their suites, which try every rule",
          "[test]") {
  const std::string library = MOUNTGUARD_SOURCE_DIR "/deploy/policies";
  const Ran ran = RunProgram({"test", library, "-o", "json"});
  INFO(ran.err);
  REQUIRE(ran.code == ExitCode::kClean);
  const json report = ran.Json();
  std::size_t policies = 0;
  for (const json& policy : report["coverage"]) {
    CAPTURE(policy["policy"]);
    ++policies;
    for (const json& rule : policy["rules"]) {
      CAPTURE(rule["rule"]);
      CHECK(rule["fired"] > 0);
      CHECK(rule["spared"] > 0);
    }
    for (const json& exception : policy["exceptions"]) CHECK(exception["used"] > 0);
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(library)) {
    if (entry.path().extension() == ".yaml") ++files;
  }
  CHECK(policies == files);
}

}  // namespace
}  // namespace mountguard::cli

#include "policy/kubernetes/kubernetes_rules.h"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

#include "policy/all_rules.h"
#include "policy/kubernetes/rule_ids.h"
#include "tests/policy/kubernetes/pod_check.h"

namespace mountguard::policy {
namespace {

using Errors = std::vector<std::string>;

Errors ErrorsIn(const std::vector<Finding>& findings) {
  Errors errors;
  for (const Finding& finding : findings) errors.push_back(finding.error);
  return errors;
}

TEST_CASE("a finding tells its rule, its place, the API server's text and where in words") {
  const auto findings = CheckSpec(R"({"volumes":[{"name":"h"}],"containers":[{"name":"x"},
      {"name":"agent","volumeMounts":[{"name":"h","mountPath":"/a"},
                                      {"name":"h","mountPath":"/m","mountPropagation":"Bidirectional"}]}]})");
  REQUIRE(findings.size() == 1);
  const Finding& finding = findings.front();
  CHECK(finding.rule == kBidirectionalRequiresPrivileged);
  CHECK(finding.origin == Origin::kKubernetes);
  CHECK(finding.actions == ActionSet(Action::kDeny));
  CHECK(finding.cause == CauseType::kForbidden);
  CHECK(finding.template_index == 0);
  CHECK(finding.container == 1);
  CHECK(finding.mount == 1);
  CHECK(finding.device == Finding::kNone);
  CHECK(finding.field == "spec.containers[1].volumeMounts[1].mountPropagation");
  CHECK(finding.error ==
        "spec.containers[1].volumeMounts.mountPropagation: Forbidden: Bidirectional mount "
        "propagation is available only to privileged containers");
  CHECK(finding.detail ==
        "Forbidden: Bidirectional mount propagation is available only to privileged containers");
  CHECK(finding.message ==
        "Forbidden: Bidirectional mount propagation is available only to privileged containers "
        R"((container "agent", volume "h" at "/m"))");
}

TEST_CASE("a finding on a device tells the device") {
  const auto findings = CheckSpec(
      R"({"initContainers":[{"name":"i","volumeDevices":[{"name":"d","devicePath":"/dev/x"}]}]})");
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].rule == kDeviceVolumeNotFound);
  CHECK(findings[0].cause == CauseType::kNotFound);
  CHECK(findings[0].device == 0);
  CHECK(findings[0].mount == Finding::kNone);
  CHECK(findings[0].field == "spec.initContainers[0].volumeDevices[0].name");
  CHECK(findings[0].message ==
        R"(Not found: "d" (init container "i", volume "d" as device "/dev/x"))");
}

TEST_CASE("containers come before init containers and those before ephemeral ones") {
  const std::string bad = R"([{"name":"c","volumeMounts":[{"name":"x","mountPath":"/m"}]}])";
  CHECK(ErrorsIn(CheckSpec(R"({"ephemeralContainers":)" + bad + R"(,"initContainers":)" + bad +
                           R"(,"containers":)" + bad + "}")) ==
        Errors{R"(spec.containers[0].volumeMounts[0].name: Not found: "x")",
               R"(spec.initContainers[0].volumeMounts[0].name: Not found: "x")",
               R"(spec.ephemeralContainers[0].volumeMounts[0].name: Not found: "x")"});
}

TEST_CASE("a container that is not judged is not spoken of") {
  std::string spec = R"({"ephemeralContainers":[
      {"name":"old","volumeMounts":[{"name":"x","mountPath":"/m"}]},
      {"name":"new","volumeMounts":[{"name":"y","mountPath":"/m"}]}]})";
  core::JsonParser parser;
  JudgedTemplate judged;
  judged.pod.Read(parser.Parse(spec).value());
  judged.pod.mutable_containers()[0].judged = false;
  std::vector<Finding> findings;
  CheckKubernetesRules(judged, 3, Action::kWarn, &findings);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].container == 1);
  CHECK(findings[0].template_index == 3);
  CHECK(findings[0].actions == ActionSet(Action::kWarn));
}

TEST_CASE("a template's path stands before the field") {
  const std::string pod =
      R"({"spec":{"containers":[{"name":"c","volumeMounts":[{"name":"x","mountPath":"/m"}]}]}})";
  CHECK(ErrorsIn(CheckObject(R"({"apiVersion":"batch/v1","kind":"CronJob","spec":{"jobTemplate":{)"
                             R"("spec":{"template":)" +
                             pod + "}}}}")) ==
        Errors{"spec.jobTemplate.spec.template.spec.containers[0].volumeMounts[0].name: "
               R"(Not found: "x")"});
  const auto several =
      CheckObject(R"({"apiVersion":"batch.volcano.sh/v1alpha1","kind":"Job","spec":{"tasks":[)"
                  R"({"template":)" +
                  pod + R"(},{"template":)" + pod + "}]}}");
  REQUIRE(several.size() == 2);
  CHECK(several[1].template_index == 1);
  CHECK(several[1].field == "spec.tasks[1].template.spec.containers[0].volumeMounts[0].name");
}

TEST_CASE("a StatefulSet's claim templates are volumes, for devices too, and stand above its own") {
  const auto check = [](const std::string& claim) {
    return CheckObject(R"({"apiVersion":"apps/v1","kind":"StatefulSet","spec":{
        "volumeClaimTemplates":[{"metadata":{"name":")" +
                       claim + R"("}}],
        "template":{"spec":{"volumes":[{"name":"data","hostPath":{"path":""}}],
          "containers":[{"name":"c","volumeDevices":[{"name":"data","devicePath":"/d"}]}]}}}})");
  };
  CHECK(check("data").empty());
  CHECK(check("other").size() == 1);
  CHECK(check("Data").size() == 1);
}

TEST_CASE("every rule of Kubernetes' own that the table names is spoken by some pod") {
  const std::string everything =
      R"({"volumes":[{"name":"h"},{"name":"c","persistentVolumeClaim":{"claimName":"c"}}],
    "containers":[{"name":"a","volumeMounts":[null,null,{"name":"c","mountPath":"/d"},
      {"name":"h","mountPath":"/m","subPath":"/..","subPathExpr":"x",
       "mountPropagation":"Bidirectional",
       "recursiveReadOnly":"Enabled"},
      {"name":"h","mountPath":"/n","mountPropagation":"x","recursiveReadOnly":"x"}],
     "volumeDevices":[null,{"name":"c","devicePath":"/d"},{"name":"c","devicePath":"/d"},
      {"name":"h","devicePath":".."}]}],
    "ephemeralContainers":[{"name":"e",
      "volumeMounts":[{"name":"h","mountPath":"/m","subPath":"x"}]}]})";
  std::set<std::string_view> spoken;
  for (const Finding& finding : CheckSpec(everything)) spoken.insert(finding.rule);
  for (const RuleInfo& rule : AllRules()) {
    if (rule.origin != Origin::kKubernetes || rule.id == kUndecodable) continue;
    CAPTURE(rule.id);
    CHECK(spoken.erase(rule.id) == 1);
  }
  CHECK(spoken.empty());
}

}  // namespace
}  // namespace mountguard::policy

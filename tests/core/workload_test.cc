#include "core/workload.h"

#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

using mountguard::core::JsonParser;
using mountguard::core::PodTemplate;
using mountguard::core::PodTemplatesOf;
using mountguard::core::Workload;
using mountguard::core::WorkloadTable;

namespace {

std::vector<std::string> Paths(const Workload& workload, std::string object) {
  JsonParser parser;
  std::vector<std::string> paths;
  for (const PodTemplate& found : PodTemplatesOf(workload, parser.Parse(object).value())) {
    paths.push_back(found.path);
  }
  return paths;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a pod is its own template") {
  const WorkloadTable table;
  const Workload& pod = *table.Find("", "Pod");
  std::string text = R"({"metadata":{"name":"x"},"spec":{"hostPID":true}})";
  JsonParser parser;
  const auto templates = PodTemplatesOf(pod, parser.Parse(text).value());
  REQUIRE(templates.size() == 1);
  CHECK(templates[0].path.empty());
  CHECK(templates[0].SpecPath() == "spec");
  CHECK(templates[0].metadata.Get("name").AsString() == "x");
  CHECK(templates[0].spec.Get("hostPID").IsTrue());
}

TEST_CASE("Kubernetes' own kinds are known in every group they have lived in") {
  const WorkloadTable table;
  const std::pair<const char*, const char*> own[] = {
      {"", "Pod"},
      {"", "PodTemplate"},
      {"", "ReplicationController"},
      {"apps", "DaemonSet"},
      {"apps", "Deployment"},
      {"apps", "ReplicaSet"},
      {"apps", "StatefulSet"},
      {"batch", "CronJob"},
      {"batch", "Job"},
      {"extensions", "DaemonSet"},
      {"extensions", "Deployment"},
      {"extensions", "ReplicaSet"},
  };
  for (const auto& [group, kind] : own) {
    CAPTURE(group, kind);
    REQUIRE(table.Find(group, kind) != nullptr);
    CHECK(table.Find(group, kind)->kubernetes_own);
  }
  CHECK(Paths(*table.Find("batch", "CronJob"),
              R"({"spec":{"jobTemplate":{"spec":{"template":{"spec":{}}}}}})") ==
        Strings{"spec.jobTemplate.spec.template"});
  CHECK(Paths(*table.Find("", "PodTemplate"), R"({"template":{}})") == Strings{"template"});
}

TEST_CASE("a kind goes by its group: a Job of another group is not Kubernetes'") {
  const WorkloadTable table;
  REQUIRE(table.Find("batch.volcano.sh", "Job") != nullptr);
  CHECK_FALSE(table.Find("batch.volcano.sh", "Job")->kubernetes_own);
  CHECK(table.Find("example.com", "Job") == nullptr);
  CHECK(table.Find("", "Deployment") == nullptr);
  CHECK(table.Find("apps", "deployment") == nullptr);
}

TEST_CASE("a path goes through every element of a list and every value of a map") {
  const WorkloadTable table;
  CHECK(Paths(*table.Find("batch.volcano.sh", "Job"),
              R"({"spec":{"tasks":[{"template":{}},{"name":"none"},{"template":{}}]}})") ==
        Strings{"spec.tasks[0].template", "spec.tasks[2].template"});
  CHECK(
      Paths(
          *table.Find("kubeflow.org", "PyTorchJob"),
          R"({"spec":{"pytorchReplicaSpecs":{"Master":{"template":{}},"Worker":{"template":{}}}}})") ==
      Strings{"spec.pytorchReplicaSpecs[Master].template",
              "spec.pytorchReplicaSpecs[Worker].template"});
}

TEST_CASE("what is absent or of another shape is passed over") {
  const WorkloadTable table;
  const Workload& rollout = *table.Find("argoproj.io", "Rollout");
  for (const char* object : {"{}", R"({"spec":null})", R"({"spec":"x"})", R"({"spec":{}})",
                             R"({"spec":{"template":null}})", R"({"spec":{"template":[1]}})"}) {
    CAPTURE(object);
    CHECK(Paths(rollout, object).empty());
  }
}

TEST_CASE("a StatefulSet brings its claim templates") {
  const WorkloadTable table;
  const Workload& set = *table.Find("apps", "StatefulSet");
  std::string text =
      R"({"spec":{"template":{},"volumeClaimTemplates":[{"metadata":{"name":"d"}}]}})";
  JsonParser parser;
  const auto templates = PodTemplatesOf(set, parser.Parse(text).value());
  CHECK(templates.at(0).claim_templates.Size() == 1);
}

TEST_CASE("custom kinds bring the claim templates beside each of their templates") {
  const WorkloadTable table;
  std::string text = R"({"spec":{"template":{
      "statefulSetTemplate":{"spec":{"template":{},"volumeClaimTemplates":[{},{}]}},
      "deploymentTemplate":{"spec":{"template":{}}}}}})";
  JsonParser parser;
  const auto templates =
      PodTemplatesOf(*table.Find("apps.kruise.io", "UnitedDeployment"), parser.Parse(text).value());
  REQUIRE(templates.size() == 2);
  CHECK(templates[0].path == "spec.template.statefulSetTemplate.spec.template");
  CHECK(templates[0].claim_templates.Size() == 2);
  CHECK_FALSE(templates[1].claim_templates.exists());
}

TEST_CASE("a Deployment has no claim templates, whatever stands there") {
  const WorkloadTable table;
  std::string text = R"({"spec":{"template":{},"volumeClaimTemplates":[{}]}})";
  JsonParser parser;
  const auto templates =
      PodTemplatesOf(*table.Find("apps", "Deployment"), parser.Parse(text).value());
  CHECK_FALSE(templates.at(0).claim_templates.exists());
}

TEST_CASE("a kind may be its own template, or hold it inline") {
  const WorkloadTable table;
  CHECK(Paths(*table.Find("serving.knative.dev", "Revision"), R"({"spec":{}})") == Strings{""});
  CHECK(Paths(*table.Find("actions.github.com", "EphemeralRunner"), R"({"spec":{"spec":{}}})") ==
        Strings{"spec"});
}

TEST_CASE("docs/kinds.md names every kind with its group and all its paths, and no other") {
  std::ifstream file(std::string(MOUNTGUARD_SOURCE_DIR) + "/docs/kinds.md");
  std::set<std::string> documented;
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("| `", 0) == 0) documented.insert(line.substr(0, line.rfind(" | ")));
  }
  std::set<std::string> known;
  const WorkloadTable table;
  for (const Workload& workload : table.all()) {
    std::string paths;
    for (const std::string& path : workload.paths) {
      paths += (paths.empty() ? "`" : " `") + (path.empty() ? "." : path) + "`";
    }
    known.insert("| `" + workload.kind + "` | " +
                 (workload.group.empty() ? "core" : "`" + workload.group + "`") + " | " + paths);
  }
  CHECK(documented == known);
}

TEST_CASE("policies add kinds, and paths to known ones") {
  WorkloadTable table;
  REQUIRE(table.Add("example.com", "Fleet", {"spec.members[*].template"}));
  CHECK(Paths(*table.Find("example.com", "Fleet"), R"({"spec":{"members":[{"template":{}}]}})") ==
        Strings{"spec.members[0].template"});
  REQUIRE(table.Add("argoproj.io", "Rollout", {"spec.template", "spec.canary.template"}));
  CHECK(table.Find("argoproj.io", "Rollout")->paths ==
        Strings{"spec.template", "spec.canary.template"});
}

TEST_CASE("a path that is no chain of fields is refused with the reason") {
  const struct {
    const char* path;
    const char* why;
  } cases[] = {
      {"", "is empty; expected fields joined by dots, such as spec.template"},
      {".spec", "has an empty field; expected fields joined by single dots"},
      {"spec..template", "has an empty field; expected fields joined by single dots"},
      {"spec.", "ends in a dot"},
      {"spec[0].template",
       "has brackets that are not a [*] at the end of a field; expected such as "
       "spec.members[*].template"},
      {"spec.*.template",
       "has brackets that are not a [*] at the end of a field; expected such as "
       "spec.members[*].template"},
      {"[*].template",
       "has brackets that are not a [*] at the end of a field; expected such as "
       "spec.members[*].template"},
  };
  for (const auto& [path, why] : cases) {
    CAPTURE(path);
    WorkloadTable table;
    const auto added = table.Add("example.com", "Fleet", {path});
    REQUIRE_FALSE(added);
    CHECK(added.error().message == "the path \"" + std::string(path) + "\" " + why);
    CHECK(table.Find("example.com", "Fleet") == nullptr);
  }
}

TEST_CASE("the built-in table names no kind twice") {
  std::set<std::pair<std::string, std::string>> seen;
  const WorkloadTable table;
  for (const Workload& workload : table.all()) {
    CAPTURE(workload.group, workload.kind);
    CHECK(seen.emplace(workload.group, workload.kind).second);
    CHECK_FALSE(workload.paths.empty());
  }
}

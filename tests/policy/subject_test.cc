#include "policy/subject.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using mountguard::core::JsonParser;
using mountguard::core::JsonValue;
using mountguard::core::WorkloadTable;
using mountguard::policy::MetadataKeys;
using mountguard::policy::RequestFacts;
using mountguard::policy::Subject;
using Skip = mountguard::policy::Subject::Skip;

namespace {

/// What a request about these objects leaves to be judged. "" is an absent object.
class Judged {
 public:
  Judged(RequestFacts facts, std::string object, std::string old_object = "",
         const MetadataKeys& keys = {}) {
    subject.Read(facts, workloads_, keys, Parse(&object_parser_, std::move(object), &object_),
                 Parse(&old_parser_, std::move(old_object), &old_));
  }

  Subject subject;

 private:
  static JsonValue Parse(JsonParser* parser, std::string text, std::string* kept) {
    *kept = std::move(text);
    return kept->empty() ? JsonValue() : parser->Parse(*kept).value();
  }

  WorkloadTable workloads_;
  std::string object_, old_;
  JsonParser object_parser_, old_parser_;
};

RequestFacts Operation(std::string_view operation, std::string_view sub_resource = "") {
  RequestFacts facts;
  facts.operation = operation;
  facts.sub_resource = sub_resource;
  return facts;
}

std::string Pod(const std::string& spec, const std::string& metadata = R"("name":"x")") {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{)" + metadata + R"(},"spec":)" + spec + "}";
}

std::string Deployment(const std::string& spec, const std::string& metadata = "{}") {
  return R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"replicas":3,"template":{"metadata":)" +
         metadata + R"(,"spec":)" + spec + "}}}";
}

const std::string kOneContainer = R"({"containers":[{"name":"a"}]})";

}  // namespace

TEST_CASE("CREATE and UPDATE are judged, nothing else is") {
  CHECK(Judged(Operation("CREATE"), Pod(kOneContainer)).subject.templates().size() == 1);
  CHECK(Judged(Operation("UPDATE"), Pod(kOneContainer)).subject.templates().size() == 1);
  for (const char* operation : {"DELETE", "CONNECT", ""}) {
    CAPTURE(operation);
    const Judged judged(Operation(operation), Pod(kOneContainer));
    CHECK(judged.subject.skip() == Skip::kOperation);
    CHECK(judged.subject.templates().empty());
  }
}

TEST_CASE("kinds that hold no pods are let through") {
  const Judged judged(Operation("CREATE"), R"({"apiVersion":"v1","kind":"ConfigMap"})");
  CHECK(judged.subject.skip() == Skip::kKindHoldsNoPods);
  CHECK(judged.subject.object().kind == "ConfigMap");
}

TEST_CASE("an object that does not say what it is, is what the request says") {
  RequestFacts facts;
  facts.type = {"apps", "v1", "Deployment"};
  const Judged judged(facts, R"({"spec":{"template":{"spec":{"containers":[]}}}})");
  REQUIRE(judged.subject.templates().size() == 1);
  CHECK(judged.subject.object().api_version == "apps/v1");
  CHECK(judged.subject.templates()[0].source.path == "spec.template");
}

TEST_CASE("subresources that cannot change a pod's mounts are let through") {
  for (const char* harmless : {"status", "scale", "resize", "binding", "eviction", "exec", "attach",
                               "portforward", "proxy", "log"}) {
    CAPTURE(harmless);
    CHECK(Judged(Operation("UPDATE", harmless), Pod(kOneContainer)).subject.skip() ==
          Skip::kSubResource);
  }
  CHECK(Judged(Operation("UPDATE", "new-one"), Pod(kOneContainer)).subject.templates().size() == 1);
  CHECK(Judged(Operation("UPDATE", "new-one"), Deployment(kOneContainer)).subject.skip() ==
        Skip::kSubResource);
}

TEST_CASE("a template that did not change is not judged again") {
  const Judged scaled(Operation("UPDATE"), Deployment(kOneContainer), Deployment(kOneContainer));
  CHECK(scaled.subject.skip() == Skip::kUnchanged);
  CHECK(scaled.subject.templates().empty());

  const Judged reordered(Operation("UPDATE"), Deployment(R"({"containers":[],"hostPID":true})"),
                         Deployment(R"({"hostPID":true,"containers":[]})"));
  CHECK(reordered.subject.skip() == Skip::kUnchanged);

  const Judged changed(Operation("UPDATE"), Deployment(R"({"containers":[{"name":"b"}]})"),
                       Deployment(kOneContainer));
  CHECK(changed.subject.templates().size() == 1);
  const Judged created(Operation("CREATE"), Deployment(kOneContainer), Deployment(kOneContainer));
  CHECK(created.subject.templates().size() == 1);
}

TEST_CASE("of a broken template too: it never blocks a finalizer") {
  const std::string broken = R"({"containers":[{"name":7}]})";
  CHECK(Judged(Operation("UPDATE"), Pod(broken, R"("name":"x")"), Pod(broken)).subject.skip() ==
        Skip::kUnchanged);
  CHECK(Judged(Operation("UPDATE"), Pod(broken), Pod(kOneContainer)).subject.undecodable());
}

TEST_CASE("labels and annotations count as far as rules read them") {
  MetadataKeys keys;
  keys.labels = {"team"};
  keys.annotations = {"approved"};
  const auto judged = [&](const std::string& now, const std::string& before) {
    const std::string spec = R"({"containers":[{"name":"a"}]})";
    return !Judged(Operation("UPDATE"), Deployment(spec, now), Deployment(spec, before), keys)
                .subject.templates()
                .empty();
  };
  CHECK_FALSE(judged(R"({"labels":{"app":"1"}})", R"({"labels":{"app":"2"}})"));
  CHECK_FALSE(judged(R"({"labels":{"team":"x"}})", R"({"labels":{"team":"x"}})"));
  CHECK(judged(R"({"labels":{"team":"x"}})", R"({"labels":{"team":"y"}})"));
  CHECK(judged(R"({})", R"({"labels":{"team":"y"}})"));
  CHECK(judged(R"({"labels":{"team":""}})", R"({})"));
  CHECK(judged(R"({"annotations":{"approved":"1"}})", R"({"annotations":{"approved":"2"}})"));
}

TEST_CASE("of several templates only the changed ones are judged") {
  const auto job = [](const std::string& first, const std::string& second) {
    return R"({"apiVersion":"batch.volcano.sh/v1alpha1","kind":"Job","spec":{"tasks":[{"template":{"spec":)" +
           first + R"(}},{"template":{"spec":)" + second + "}}]}}";
  };
  const Judged judged(Operation("UPDATE"), job("{}", kOneContainer), job("{}", "{}"));
  REQUIRE(judged.subject.templates().size() == 1);
  CHECK(judged.subject.templates()[0].source.path == "spec.tasks[1].template");
  CHECK(judged.subject.template_count() == 2);
}

TEST_CASE("on ephemeralcontainers only what is new is judged") {
  const Judged judged(
      Operation("UPDATE", "ephemeralcontainers"),
      Pod(R"({"containers":[{"name":"a"}],"ephemeralContainers":[{"name":"old"},{"name":"new"}]})"),
      Pod(R"({"containers":[{"name":"a"}],"ephemeralContainers":[{"name":"old"}]})"));
  REQUIRE(judged.subject.templates().size() == 1);
  std::vector<std::string> names;
  for (const auto& container : judged.subject.templates()[0].pod.containers()) {
    if (container.judged) names.emplace_back(container.name);
  }
  CHECK(names == std::vector<std::string>{"new"});
}

TEST_CASE("a static pod's mirror is told from other pods") {
  const std::string mirror = R"("annotations":{"kubernetes.io/config.mirror":"hash"})";
  CHECK(Judged(Operation("CREATE"), Pod(kOneContainer, mirror)).subject.mirror_pod());
  CHECK_FALSE(Judged(Operation("CREATE"), Pod(kOneContainer)).subject.mirror_pod());
}

TEST_CASE("what does not decode is told with the API server's own error and its place") {
  const Judged own(Operation("CREATE"),
                   Pod(R"({"containers":[{"volumeMounts":[{"readOnly":"yes"}]}]})"));
  REQUIRE(own.subject.undecodable());
  CHECK(own.subject.undecodable()->message ==
        "json: cannot unmarshal string into Go struct field "
        "VolumeMount.spec.containers.volumeMounts.readOnly of type bool");
  CHECK(own.subject.undecodable()->field == "spec.containers[0].volumeMounts[0].readOnly");
  CHECK(own.subject.templates().empty());

  const Judged custom(
      Operation("CREATE"),
      R"({"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","spec":{"replicas":"x",
                          "template":{"spec":{"containers":{}}}}})");
  REQUIRE(custom.subject.undecodable());
  CHECK(custom.subject.undecodable()->field == "spec.template.spec.containers");
}

TEST_CASE("a wrong type where the template should be is told too") {
  const Judged judged({},
                      R"({"apiVersion":"apps/v1","kind":"Deployment","spec":{"template":"x"}})");
  REQUIRE(judged.subject.undecodable());
  CHECK(judged.subject.undecodable()->message ==
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.template of type "
        "v1.PodTemplateSpec");
  CHECK(judged.subject.undecodable()->field == "spec.template");
}

TEST_CASE("a StatefulSet's claims are volumes before anything is judged") {
  const Judged judged(
      Operation("CREATE"),
      R"({"apiVersion":"apps/v1","kind":"StatefulSet","spec":{"template":{"spec":{}},
                          "volumeClaimTemplates":[{"metadata":{"name":"data"}}]}})");
  REQUIRE(judged.subject.templates().size() == 1);
  CHECK(judged.subject.templates()[0].pod.FindVolume("data") != nullptr);
}

TEST_CASE("a subject that is read again forgets what it was") {
  Judged judged(Operation("CREATE"), Pod(R"({"containers":[{"name":7}]})",
                                         R"("annotations":{"kubernetes.io/config.mirror":"x"})"));
  REQUIRE(judged.subject.undecodable());
  JsonParser parser;
  std::string text = Deployment(kOneContainer);
  const WorkloadTable workloads;
  judged.subject.Read(Operation("CREATE"), workloads, {}, parser.Parse(text).value(), {});
  CHECK_FALSE(judged.subject.undecodable());
  CHECK_FALSE(judged.subject.mirror_pod());
  CHECK(judged.subject.templates().size() == 1);
  CHECK(judged.subject.template_count() == 1);
}

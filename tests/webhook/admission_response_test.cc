#include "webhook/admission_response.h"

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>
#include <string>

#include "core/utf8.h"

using mountguard::core::JsonParser;
using mountguard::core::WorkloadTable;
using mountguard::policy::Action;
using mountguard::policy::ActionSet;
using mountguard::policy::AdmissionReview;
using mountguard::policy::CauseType;
using mountguard::policy::DecodeAdmissionReview;
using mountguard::policy::Finding;
using mountguard::policy::Subject;
using mountguard::policy::Verdict;
using mountguard::webhook::CriTranslation;
using mountguard::webhook::EncodeResponse;
using mountguard::webhook::EncodeStatus;
using mountguard::webhook::FindingsAnnotation;
using nlohmann::json;

namespace {

/// A review of an object, decoded, with what is to be judged of it.
class Reviewed {
 public:
  explicit Reviewed(const std::string& object, const std::string& rest = "") {
    text_ = R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1",
               "operation":"CREATE","object":)" +
            object + rest + "}}";
    const auto root = parser_.Parse(text_);
    REQUIRE(root);
    auto decoded = DecodeAdmissionReview(*root);
    REQUIRE(decoded);
    review = *decoded;
    subject.Read(review.facts, workloads_, {}, review.object, review.old_object);
  }

  json Respond(const Verdict& verdict) const {
    return json::parse(EncodeResponse(review, subject, verdict, "sha256:abc"));
  }

  AdmissionReview review;
  Subject subject;

 private:
  std::string text_;
  JsonParser parser_;
  WorkloadTable workloads_;
};

std::string ReviewOf(const std::string& spec) {
  return R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"x","namespace":"y"},"spec":)" +
         spec + "}";
}

Finding MakeFinding(std::string_view rule, ActionSet actions, std::string message) {
  Finding finding;
  finding.rule = rule;
  finding.actions = actions;
  finding.field = "spec.containers[0].volumeMounts[0].mountPropagation";
  finding.message = std::move(message);
  return finding;
}

}  // namespace

TEST_CASE("an allowed review says so and nothing else but its annotations") {
  const Reviewed reviewed(
      ReviewOf(R"({"containers":[{"name":"a","volumeMounts":[{"name":"v"}]}]})"));
  CHECK(reviewed.Respond({}) == json::parse(R"({
    "kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1",
    "response":{"uid":"u-1","allowed":true,"auditAnnotations":{
      "cri-translation":"[{\"private\":1}]","decision":"allow","policy":"sha256:abc"}}})"));
}

TEST_CASE("a denial is Invalid with a cause a finding and a message that is complete by itself") {
  const Reviewed reviewed(ReviewOf(R"({"containers":[]})"));
  Verdict verdict;
  verdict.findings.push_back(MakeFinding("first-rule", Action::kDeny, "no \"this\""));
  verdict.findings.push_back(MakeFinding("second-rule", Action::kDeny, "nor that"));
  verdict.findings.back().cause = CauseType::kNotFound;
  verdict.findings.push_back(MakeFinding("spared", Action::kDeny, "but this is fine"));
  verdict.findings.back().exception = "why-not";
  const json response = reviewed.Respond(verdict)["response"];
  CHECK(response["allowed"] == false);
  CHECK(response["status"] == json::parse(R"({
    "metadata":{},"status":"Failure","reason":"Invalid","code":422,
    "message":"Pod \"x\" is refused: spec.containers[0].volumeMounts[0].mountPropagation: no \"this\" [first-rule]; spec.containers[0].volumeMounts[0].mountPropagation: nor that [second-rule]",
    "details":{"name":"x","group":"","kind":"Pod","causes":[
      {"reason":"FieldValueForbidden","message":"no \"this\" [first-rule]",
       "field":"spec.containers[0].volumeMounts[0].mountPropagation"},
      {"reason":"FieldValueNotFound","message":"nor that [second-rule]",
       "field":"spec.containers[0].volumeMounts[0].mountPropagation"}]}})"));
  CHECK(response["auditAnnotations"]["decision"] == "deny");
  CHECK(response["auditAnnotations"]["findings"] == "first-rule=Deny,second-rule=Deny");
  CHECK(response["auditAnnotations"]["exceptions"] == "why-not");
}

TEST_CASE("a hundred findings are all causes, and the message stays readable") {
  const Reviewed reviewed(ReviewOf("{}"));
  Verdict verdict;
  for (int i = 0; i < 100; ++i) {
    verdict.findings.push_back(MakeFinding("rule", Action::kDeny, fmt::format("finding {}", i)));
  }
  const json status = reviewed.Respond(verdict)["response"]["status"];
  CHECK(status["details"]["causes"].size() == 100);
  const auto message = status["message"].get<std::string>();
  CHECK(message.find("finding 9 [rule]; and 90 more") != std::string::npos);
  CHECK(message.find("finding 10") == std::string::npos);
}

TEST_CASE("warnings survive the API server: no control characters, whole, 4096 runes at most") {
  const Reviewed reviewed(ReviewOf("{}"));
  Verdict verdict;
  verdict.findings.push_back(MakeFinding("rule", Action::kWarn, "a\nb\x7f \xc2\x85 \xe2\x82\xac"));
  verdict.findings.push_back(MakeFinding("rule", Action::kWarn, "a\nb\x7f \xc2\x85 \xe2\x82\xac"));
  json warnings = reviewed.Respond(verdict)["response"]["warnings"];
  REQUIRE(warnings.size() == 1);
  CHECK(
      warnings[0] ==
      "spec.containers[0].volumeMounts[0].mountPropagation: a\\u000ab\\u007f \\u0085 \xe2\x82\xac "
      "[rule]");

  verdict.clear();
  for (int i = 0; i < 200; ++i) {
    verdict.findings.push_back(
        MakeFinding("rule", Action::kWarn, fmt::format("\xe2\x82\xac {}", i)));
  }
  warnings = reviewed.Respond(verdict)["response"]["warnings"];
  std::size_t runes = 0;
  for (const json& warning : warnings) {
    runes += mountguard::core::CountRunes(warning.get<std::string>());
  }
  CHECK(runes <= 4096);
  CHECK(warnings.size() < 100);
  const std::string last = warnings.back();
  CHECK(last == fmt::format("mountguard left out {} more warnings", 201 - warnings.size()));
}

TEST_CASE("the CRI translation lists what is not plainly private and counts the rest") {
  const Reviewed reviewed(ReviewOf(R"({"containers":[{"name":"a","volumeMounts":[
      {"name":"v","mountPath":"/1","mountPropagation":"Bidirectional"},{"name":"v","mountPath":"/2"},
      {"name":"v","mountPath":"/3","mountPropagation":"HostToContainer"}]}],
    "initContainers":[{"name":"i","volumeMounts":[
      {"name":"v","mountPath":"/4","mountPropagation":"None"},
      {"name":"v","mountPath":"/5","mountPropagation":"Shared"},{"name":"v","mountPath":"/6"}]}]})"));
  CHECK(json::parse(CriTranslation(reviewed.subject)) == json::parse(R"([
    {"c":"a","t":"container","m":0,"v":"v","p":"/1","mode":"Bidirectional","cri":"PROPAGATION_BIDIRECTIONAL"},
    {"c":"a","t":"container","m":2,"v":"v","p":"/3","mode":"HostToContainer","cri":"PROPAGATION_HOST_TO_CONTAINER"},
    {"c":"i","t":"initContainer","m":0,"v":"v","p":"/4","mode":"None","cri":"PROPAGATION_PRIVATE"},
    {"c":"i","t":"initContainer","m":1,"v":"v","p":"/5","mode":"Shared","cri":"invalid MountPropagation mode: \"Shared\""},
    {"private":2}])"));
}

TEST_CASE("every translation of a Windows pod is PRIVATE, however the pod says that it is one") {
  for (const char* windows :
       {R"("os":{"name":"windows"})", R"("nodeSelector":{"kubernetes.io/os":"windows"})",
        R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
           {"nodeSelectorTerms":[{"matchExpressions":[{"key":"kubernetes.io/os","operator":"In",
           "values":["windows"]}]}]}}})"}) {
    CAPTURE(windows);
    const Reviewed reviewed(ReviewOf(std::string("{") + windows + R"(,"containers":[{"name":"a",
      "volumeMounts":[{"name":"v","mountPath":"/1","mountPropagation":"Bidirectional"}]}]})"));
    CHECK(json::parse(CriTranslation(reviewed.subject))[0]["cri"] == "PROPAGATION_PRIVATE");
  }
}

TEST_CASE("a translation of several templates names each, and is cut on an element") {
  std::string tasks;
  for (int i = 0; i < 200; ++i) {
    tasks += std::string(i > 0 ? "," : "") + R"({"template":{"spec":{"containers":[{"name":"a",
      "volumeMounts":[{"name":"v","mountPath":"/1","mountPropagation":"None"}]}]}}})";
  }
  const Reviewed reviewed(
      R"({"apiVersion":"batch.volcano.sh/v1alpha1","kind":"Job","spec":{"tasks":[)" + tasks +
      "]}}");
  const std::string value = CriTranslation(reviewed.subject);
  CHECK(value.size() <= 10'000);
  const json elements = json::parse(value);
  CHECK(elements[1]["tp"] == "spec.tasks[1].template");
  const auto listed = elements.size() - 2;
  CHECK(elements[listed]["private"] == 0);
  CHECK(elements[listed + 1]["omitted"] == 200 - listed);
}

TEST_CASE("the findings annotation names each rule once with its strongest action") {
  Verdict verdict;
  verdict.findings.push_back(MakeFinding("b", Action::kAudit, ""));
  verdict.findings.push_back(MakeFinding("a", Action::kWarn, ""));
  verdict.findings.push_back(MakeFinding("b", Action::kDeny, ""));
  CHECK(FindingsAnnotation(verdict) == "a=Warn,b=Deny");
  std::vector<std::string> names;
  for (int i = 0; i < 500; ++i) names.push_back(fmt::format("rule-{}", i));
  for (const std::string& name : names) {
    verdict.findings.push_back(MakeFinding(name, Action::kWarn, ""));
  }
  CHECK(FindingsAnnotation(verdict).size() <= 2'000);
}

TEST_CASE("a protocol error is a Status, which the API server's user gets to read") {
  CHECK(json::parse(EncodeStatus(415, "mountguard reads \"json\"")) == json::parse(R"({
    "kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
    "message":"mountguard reads \"json\"","reason":"UnsupportedMediaType","code":415})"));
  CHECK(json::parse(EncodeStatus(503, "draining"))["reason"] == "ServiceUnavailable");
  CHECK(json::parse(EncodeStatus(500, "fault"))["reason"] == "InternalError");
}

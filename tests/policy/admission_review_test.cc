#include "policy/admission_review.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using mountguard::core::JsonParser;
using mountguard::policy::AdmissionReview;
using mountguard::policy::DecodeAdmissionReview;

namespace {

std::string Refusal(std::string text) {
  JsonParser parser;
  const auto root = parser.Parse(text);
  REQUIRE(root);
  const auto review = DecodeAdmissionReview(*root);
  return review ? "decoded" : review.error().message;
}

/// A review whose request is `members`.
std::string Review(const std::string& members) {
  return R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{)" + members +
         "}}";
}

}  // namespace

TEST_CASE("a review gives every fact that rules may ask for") {
  std::string text =
      Review(R"("uid":"u1","kind":{"group":"apps","version":"v1","kind":"Deployment"},
      "subResource":"scale","name":"web","namespace":"shop","operation":"UPDATE",
      "userInfo":{"username":"jane","groups":["dev","ops"]},"dryRun":true,
      "object":{"kind":"Deployment"},"oldObject":null,"options":null)");
  JsonParser parser;
  const auto review = DecodeAdmissionReview(*parser.Parse(text));
  REQUIRE(review);
  CHECK(review->api_version == "admission.k8s.io/v1");
  CHECK(review->uid == "u1");
  CHECK(review->kind.group == "apps");
  CHECK(review->kind.version == "v1");
  CHECK(review->kind.kind == "Deployment");
  CHECK(review->name == "web");
  CHECK(review->namespace_name == "shop");
  CHECK(review->facts.operation == "UPDATE");
  CHECK(review->facts.sub_resource == "scale");
  CHECK(review->facts.user == "jane");
  CHECK(review->facts.groups == std::vector<std::string_view>{"dev", "ops"});
  CHECK(review->facts.namespace_name == "shop");
  CHECK(review->facts.dry_run == true);
  CHECK(review->object.Get("kind").AsString() == "Deployment");
  CHECK(review->old_object.IsAbsentOrNull());
}

TEST_CASE("v1beta1 is read as v1 is") {
  std::string text = R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1",
                         "request":{"uid":"u"}})";
  JsonParser parser;
  const auto review = DecodeAdmissionReview(*parser.Parse(text));
  REQUIRE(review);
  CHECK(review->api_version == "admission.k8s.io/v1beta1");
  CHECK(review->facts.operation == "CREATE");
  CHECK(review->facts.user == "");
}

TEST_CASE("what is no review says what it is instead") {
  CHECK(Refusal("[]") == "the body is an array; expected an AdmissionReview object");
  CHECK(Refusal("null") == "the body is null; expected an AdmissionReview object");
  CHECK(Refusal("{}") ==
        R"(the body is of kind "" in ""; expected AdmissionReview in admission.k8s.io/v1 or )"
        "admission.k8s.io/v1beta1");
  CHECK(Refusal(R"({"kind":"Pod","apiVersion":"v1"})") ==
        R"(the body is of kind "Pod" in "v1"; expected AdmissionReview in admission.k8s.io/v1 or )"
        "admission.k8s.io/v1beta1");
  CHECK(Refusal(R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v2","request":{}})") ==
        R"(the body is of kind "AdmissionReview" in "admission.k8s.io/v2"; expected )"
        "AdmissionReview in admission.k8s.io/v1 or admission.k8s.io/v1beta1");
  CHECK(Refusal(R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"})") ==
        "the AdmissionReview holds no request");
  CHECK(Refusal(R"({"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":7})") ==
        "request: expected an object, got a number");
  CHECK(Refusal(Review("")) == "the request holds no uid");
  CHECK(Refusal(Review(R"("uid":"")")) == "the request holds no uid");
}

TEST_CASE("a wrong type is told for every field that is read") {
  const struct {
    const char* members;
    const char* refusal;
  } cases[] = {
      {R"("uid":7)", "request.uid: expected a string, got a number"},
      {R"("kind":"Pod")", "request.kind: expected an object, got a string"},
      {R"("kind":{"kind":["Pod"]})", "request.kind: expected a string, got an array"},
      {R"("subResource":true)", "request.subResource: expected a string, got a boolean"},
      {R"("name":{})", "request.name: expected a string, got an object"},
      {R"("namespace":1.5)", "request.namespace: expected a string, got a number"},
      {R"("operation":[])", "request.operation: expected a string, got an array"},
      {R"("userInfo":"jane")", "request.userInfo: expected an object, got a string"},
      {R"("userInfo":{"username":1})",
       "request.userInfo.username: expected a string, got a number"},
      {R"("userInfo":{"groups":"dev"})",
       "request.userInfo.groups: expected an array, got a string"},
      {R"("userInfo":{"groups":[1]})", "request.userInfo.groups: expected a string, got a number"},
      {R"("dryRun":"yes")", "request.dryRun: expected a boolean, got a string"},
  };
  for (const auto& [members, refusal] : cases) {
    CAPTURE(members);
    const std::string text = std::string(R"("uid":"u",)") + members;
    CHECK(Refusal(Review(text)) == refusal);
  }
}

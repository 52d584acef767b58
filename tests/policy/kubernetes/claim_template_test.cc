#include "policy/kubernetes/claim_template.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace mountguard::policy {
namespace {

bool IsValidText(std::string json) {
  core::JsonParser parser;
  return IsValidClaimTemplate(parser.Parse(json).value());
}

/// A good claim template's spec with these fields beside.
bool IsValidSpec(const std::string& fields) {
  return IsValidText(R"({"spec":{"accessModes":["ReadWriteOnce"],
                                 "resources":{"requests":{"storage":"1Gi"}},)" +
                     fields + "}}");
}

bool IsValidMetadata(const std::string& metadata) {
  return IsValidText(R"({"metadata":)" + metadata + R"(,"spec":{"accessModes":["ReadWriteOnce"],
                     "resources":{"requests":{"storage":"1Gi"}}}})");
}

TEST_CASE("a claim template's metadata holds labels and annotations and nothing else") {
  for (const std::string good :
       {"null", "{}", R"({"labels":{"a/B":"C"}})", R"({"annotations":{"A.B/c":"any / text"}})",
        R"({"name":"","generation":0,"creationTimestamp":null,"finalizers":null})",
        R"({"labels":{"a":null}})"}) {
    CAPTURE(good);
    CHECK(IsValidMetadata(good));
  }
  for (const std::string bad :
       {R"({"name":"n"})", R"({"generateName":"n"})", R"({"namespace":"n"})", R"({"uid":"u"})",
        R"({"resourceVersion":"1"})", R"({"selfLink":"l"})", R"({"generation":1})",
        R"({"creationTimestamp":"0001-01-01T00:00:00Z"})",
        R"({"deletionTimestamp":"2026-01-01T00:00:00Z"})", R"({"deletionGracePeriodSeconds":0})",
        R"({"ownerReferences":[]})", R"({"finalizers":[]})", R"({"managedFields":[]})",
        R"({"labels":{"A.B/c":"d"}})", R"({"labels":{"a":"-"}})",
        R"({"annotations":{"a b":""}})"}) {
    CAPTURE(bad);
    CHECK_FALSE(IsValidMetadata(bad));
  }
}

TEST_CASE("a claim template's annotations are 256 KiB at most") {
  const auto annotated = [](std::size_t bytes) {
    return IsValidMetadata(R"({"annotations":{"a":")" + std::string(bytes - 1, 'x') + R"("}})");
  };
  CHECK(annotated(256 * 1024));
  CHECK_FALSE(annotated(256 * 1024 + 1));
}

TEST_CASE("a claim asks for storage and for access modes that go together") {
  const auto valid = [](const std::string& modes, const std::string& requests) {
    return IsValidText(R"({"spec":{"accessModes":)" + modes + R"(,"resources":{"requests":)" +
                       requests + "}}}");
  };
  const std::string one = R"({"storage":"1"})";
  CHECK(valid(R"(["ReadWriteOnce","ReadOnlyMany","ReadWriteMany"])", one));
  CHECK(valid(R"(["ReadWriteOncePod"])", one));
  CHECK_FALSE(valid(R"(["ReadWriteOncePod","ReadWriteOnce"])", one));
  CHECK_FALSE(valid(R"(["readWriteOnce"])", one));
  CHECK_FALSE(valid("[null]", one));
  CHECK_FALSE(valid("[]", one));
  CHECK_FALSE(valid("null", one));
  const std::string once = R"(["ReadWriteOnce"])";
  CHECK_FALSE(valid(once, "{}"));
  CHECK_FALSE(valid(once, "null"));
  CHECK_FALSE(valid(once, R"({"storage":null})"));
  CHECK_FALSE(valid(once, R"({"storage":"0"})"));
  CHECK_FALSE(valid(once, R"({"storage":"-1Gi"})"));
  CHECK(valid(once, R"({"storage":"0.0000000001"})"));
  CHECK_FALSE(IsValidText("{}"));
}

TEST_CASE("what a claim names has a name's format") {
  for (const std::string good :
       {R"("storageClassName":"a.b")", R"("storageClassName":"")", R"("storageClassName":null)",
        R"("volumeAttributesClassName":"a")", R"("volumeMode":"Block")", R"("volumeMode":null)"}) {
    CAPTURE(good);
    CHECK(IsValidSpec(good));
  }
  for (const std::string bad : {R"("storageClassName":"A")", R"("volumeAttributesClassName":"A")",
                                R"("volumeMode":"")", R"("volumeMode":"block")"}) {
    CAPTURE(bad);
    CHECK_FALSE(IsValidSpec(bad));
  }
}

TEST_CASE("a claim's two data sources are one and the same, if both are given") {
  const std::string claim = R"({"kind":"PersistentVolumeClaim","name":"c"})";
  const std::string snapshot = R"({"apiGroup":"s.io","kind":"VolumeSnapshot","name":"s"})";
  const std::string elsewhere =
      R"({"apiGroup":"s.io","kind":"VolumeSnapshot","name":"s","namespace":"n"})";
  const auto valid = [](const std::string& source, const std::string& ref) {
    return IsValidSpec(R"("dataSource":)" + source + R"(,"dataSourceRef":)" + ref);
  };
  CHECK(valid("null", "null"));
  CHECK(valid(claim, "null"));
  CHECK(valid(claim, claim));
  CHECK(valid(snapshot, snapshot));
  CHECK(valid("null", elsewhere));
  CHECK_FALSE(valid(claim, snapshot));
  CHECK_FALSE(valid(claim, R"({"apiGroup":"","kind":"PersistentVolumeClaim","name":"c"})"));
  CHECK_FALSE(valid(snapshot, elsewhere));
  CHECK_FALSE(valid("null", R"({"apiGroup":"s.io","kind":"K","name":"s","namespace":"N"})"));
  for (const std::string bad :
       {"{}", R"({"kind":"Other","name":"o"})", R"({"name":"c"})",
        R"({"kind":"PersistentVolumeClaim"})", R"({"apiGroup":"S","kind":"Other","name":"o"})"}) {
    CAPTURE(bad);
    CHECK_FALSE(valid(bad, "null"));
    CHECK_FALSE(valid("null", bad));
  }
}

TEST_CASE("a claim's selector is a label selector") {
  for (const std::string good :
       {"null", "{}", R"({"matchLabels":{"a":"b"}})",
        R"({"matchExpressions":[{"key":"a","operator":"In","values":["b",""]},
                                {"key":"a","operator":"DoesNotExist"}]})"}) {
    CAPTURE(good);
    CHECK(IsValidSpec(R"("selector":)" + good));
  }
  for (const std::string bad :
       {R"({"matchLabels":{"-":"b"}})", R"({"matchExpressions":[null]})",
        R"({"matchExpressions":[{"key":"a","operator":"In"}]})",
        R"({"matchExpressions":[{"key":"a","operator":"NotIn","values":["-"]}]})",
        R"({"matchExpressions":[{"key":"a","operator":"Exists","values":["b"]}]})",
        R"({"matchExpressions":[{"key":"a","operator":"Gt","values":["1"]}]})",
        R"({"matchExpressions":[{"key":"","operator":"Exists"}]})"}) {
    CAPTURE(bad);
    CHECK_FALSE(IsValidSpec(R"("selector":)" + bad));
  }
}

}  // namespace
}  // namespace mountguard::policy

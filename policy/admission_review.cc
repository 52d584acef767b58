#include "policy/admission_review.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

namespace mountguard::policy {
namespace {

using core::JsonType;
using core::JsonValue;

constexpr std::string_view kGroup = "admission.k8s.io/";

std::string_view TypeWord(JsonValue value) {
  switch (value.type()) {
    case JsonType::kAbsent:
      return "nothing";
    case JsonType::kNull:
      return "null";
    case JsonType::kBool:
      return "a boolean";
    case JsonType::kInt64:
    case JsonType::kUint64:
    case JsonType::kDouble:
      return "a number";
    case JsonType::kString:
      return "a string";
    case JsonType::kArray:
      return "an array";
    case JsonType::kObject:
      return "an object";
  }
  return "nothing";
}

/// Reads fields of the request and keeps the first complaint.
class FieldReader {
 public:
  std::string_view String(std::string_view path, JsonValue value) {
    if (!value.IsAbsentOrNull() && !value.IsString()) Complain(path, "a string", value);
    return value.AsString();
  }

  bool Bool(std::string_view path, JsonValue value) {
    if (!value.IsAbsentOrNull() && !value.AsBool()) Complain(path, "a boolean", value);
    return value.IsTrue();
  }

  core::GroupVersionKind Kind(std::string_view path, JsonValue value) {
    if (!value.IsAbsentOrNull() && !value.IsObject()) Complain(path, "an object", value);
    return {String(path, value.Get("group")), String(path, value.Get("version")),
            String(path, value.Get("kind"))};
  }

  /// The user's name and groups.
  void User(JsonValue value, RequestFacts* facts) {
    constexpr std::string_view kUser = "request.userInfo";
    constexpr std::string_view kGroups = "request.userInfo.groups";
    if (!value.IsAbsentOrNull() && !value.IsObject()) Complain(kUser, "an object", value);
    const JsonValue groups = value.Get("groups");
    if (!groups.IsAbsentOrNull() && !groups.IsArray()) Complain(kGroups, "an array", groups);
    facts->user = String("request.userInfo.username", value.Get("username"));
    std::vector<std::string_view> names;
    for (JsonValue group : groups.Elements()) names.push_back(String(kGroups, group));
    facts->groups = std::move(names);
  }

  const std::string& complaint() const { return complaint_; }

 private:
  void Complain(std::string_view path, std::string_view expected, JsonValue value) {
    if (!complaint_.empty()) return;
    complaint_ = fmt::format("{}: expected {}, got {}", path, expected, TypeWord(value));
  }

  std::string complaint_;
};

}  // namespace

core::Result<AdmissionReview> DecodeAdmissionReview(JsonValue root) {
  if (!root.IsObject()) {
    return core::Failure(
        fmt::format("the body is {}; expected an AdmissionReview object", TypeWord(root)));
  }
  AdmissionReview review;
  JsonValue kind, api_version, request;
  for (const auto& [key, value] : root.Members()) {
    if (key == "kind") {
      kind = value;
    } else if (key == "apiVersion") {
      api_version = value;
    } else if (key == "request") {
      request = value;
    }
  }
  review.api_version = api_version.AsString();
  if (kind.AsString() != "AdmissionReview" || (review.api_version != "admission.k8s.io/v1" &&
                                               review.api_version != "admission.k8s.io/v1beta1")) {
    return core::Failure(fmt::format(
        "the body is of kind \"{}\" in \"{}\"; expected AdmissionReview in admission.k8s.io/v1 or "
        "admission.k8s.io/v1beta1",
        kind.AsString(), review.api_version));
  }
  if (request.IsAbsentOrNull()) return core::Failure("the AdmissionReview holds no request");
  if (!request.IsObject()) {
    return core::Failure(fmt::format("request: expected an object, got {}", TypeWord(request)));
  }

  FieldReader fields;
  JsonValue user_info;
  RequestFacts& facts = review.facts;
  for (const auto& [key, value] : request.Members()) {
    if (key == "uid") {
      review.uid = fields.String("request.uid", value);
    } else if (key == "kind") {
      review.kind = fields.Kind("request.kind", value);
    } else if (key == "subResource") {
      facts.sub_resource = fields.String("request.subResource", value);
    } else if (key == "name") {
      review.name = fields.String("request.name", value);
    } else if (key == "namespace") {
      review.namespace_name = fields.String("request.namespace", value);
    } else if (key == "operation") {
      facts.operation = fields.String("request.operation", value);
    } else if (key == "userInfo") {
      user_info = value;
    } else if (key == "object") {
      review.object = value;
    } else if (key == "oldObject") {
      review.old_object = value;
    } else if (key == "dryRun") {
      facts.dry_run = fields.Bool("request.dryRun", value);
    }
  }
  fields.User(user_info, &facts);
  if (!fields.complaint().empty()) return core::Failure(fields.complaint());
  if (review.uid.empty()) return core::Failure("the request holds no uid");
  if (facts.operation.empty()) facts.operation = "CREATE";
  if (!facts.dry_run) facts.dry_run = false;
  facts.type = review.kind;
  facts.namespace_name = review.namespace_name;
  facts.name = review.name;
  return review;
}

}  // namespace mountguard::policy

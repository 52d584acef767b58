#include "webhook/policy_handler.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "core/json_writer.h"
#include "policy/verdict.h"
#include "webhook/admission_response.h"
#include "webhook/policy_review.h"
#include "webhook/warning_list.h"

namespace mountguard::webhook {
namespace {

using core::JsonWriter;
using policy::Action;

constexpr std::size_t kMaxCauses = 100;        // kubectl prints a line for each
constexpr std::size_t kMaxMessageErrors = 10;  // all that other clients show is this one line

std::string Sentence(const PolicyRemark& remark) {
  return fmt::format("{}: {}", remark.field, remark.message);
}

/// What is said of a request that is none of a ConfigMap's creation or change.
PolicyReview ReviewOthers(const policy::AdmissionReview& review) {
  PolicyReview said;
  if (review.kind.kind != "ConfigMap" || !review.kind.group.empty()) {
    said.warnings.push_back(
        {"kind", fmt::format("policies are kept in ConfigMaps: mountguard has not looked at this "
                             "{}; mend the rules of the webhook configuration",
                             review.kind.kind)});
  }
  return said;
}

/// A ConfigMap that goes takes no policy out of force, and leaves the next server without it.
PolicyReview ReviewDeletion(const policy::AdmissionReview& review,
                            const std::vector<policy::PolicyFile>& in_force, core::WallTime now) {
  PolicyReview said = ReviewPolicies(core::JsonValue(), review.old_object, in_force, now);
  said.errors.clear();
  said.warnings.clear();
  if (said.labelled) {
    said.warnings.push_back(
        {"metadata.name",
         "this ConfigMap holds mountguard's policies: servers that run keep the "
         "last good ones in force, one that starts will not find them"});
  }
  return said;
}

PolicyReview Review(const policy::AdmissionReview& review, const PolicyGeneration& policies,
                    core::WallTime now) {
  const bool config_map = review.kind.kind == "ConfigMap" && review.kind.group.empty();
  const std::string_view operation = review.facts.operation;
  if (config_map && (operation == "CREATE" || operation == "UPDATE")) {
    return ReviewPolicies(review.object, review.old_object, policies.files(), now);
  }
  if (config_map && operation == "DELETE") return ReviewDeletion(review, policies.files(), now);
  return ReviewOthers(review);
}

std::string_view NameOf(const policy::AdmissionReview& review) {
  if (!review.name.empty()) return review.name;
  const core::JsonValue metadata = review.object.Get("metadata");
  const std::string_view name = metadata.Get("name").AsString();
  return name.empty() ? metadata.Get("generateName").AsString() : name;
}

std::string DenialMessage(std::string_view name, const std::vector<PolicyRemark>& errors) {
  std::string message = fmt::format("ConfigMap \"{}\" is refused: ", name);
  for (std::size_t i = 0; i < std::min(errors.size(), kMaxMessageErrors); ++i) {
    message += (i == 0 ? "" : "; ") + Sentence(errors[i]);
  }
  if (errors.size() > kMaxMessageErrors) {
    message += fmt::format("; and {} more", errors.size() - kMaxMessageErrors);
  }
  return WithoutControlCharacters(message);
}

void WriteCause(std::string_view field, std::string_view message, JsonWriter* json) {
  json->BeginObject();
  json->Key("reason").String("FieldValueInvalid");
  json->Key("message").String(message);
  json->Key("field").String(field);
  json->EndObject();
}

void WriteDenial(std::string_view name, const std::vector<PolicyRemark>& errors, JsonWriter* json) {
  json->Key("status").BeginObject();
  json->Key("metadata").BeginObject().EndObject();
  json->Key("status").String("Failure");
  json->Key("message").String(DenialMessage(name, errors));
  json->Key("reason").String("Invalid");
  json->Key("details").BeginObject();
  json->Key("name").String(name);
  json->Key("group").String("");
  json->Key("kind").String("ConfigMap");
  json->Key("causes").BeginArray();
  for (std::size_t i = 0; i < std::min(errors.size(), kMaxCauses); ++i) {
    WriteCause(errors[i].field, WithoutControlCharacters(errors[i].message), json);
  }
  if (errors.size() > kMaxCauses) {
    WriteCause("data", fmt::format("and {} more errors", errors.size() - kMaxCauses), json);
  }
  json->EndArray().EndObject();
  json->Key("code").Int(422);
  json->EndObject();
}

std::string Encode(const policy::AdmissionReview& review, Action action, const PolicyReview& said,
                   std::string_view policy_digest) {
  std::string body;
  JsonWriter json(&body);
  BeginResponse(review, action != Action::kDeny, &json);
  if (action == Action::kDeny) WriteDenial(NameOf(review), said.errors, &json);
  WarningList list;
  if (action != Action::kDeny) {
    for (const PolicyRemark& error : said.errors) list.Add(Sentence(error));
  }
  for (const PolicyRemark& warning : said.warnings) list.Add(Sentence(warning));
  if (const auto warnings = std::move(list).Take(); !warnings.empty()) {
    json.Key("warnings").BeginArray();
    for (const std::string& warning : warnings) json.String(warning);
    json.EndArray();
  }
  json.Key("auditAnnotations").BeginObject();
  json.Key("decision").String(policy::DecisionWord(action));
  json.Key("policy").String(policy_digest);
  json.EndObject().EndObject().EndObject();
  return body;
}

Action ActionOf(const PolicyReview& said, Action enforcement) {
  if (!said.errors.empty() && enforcement == Action::kDeny) return Action::kDeny;
  return said.errors.empty() && said.warnings.empty() ? Action::kOff : Action::kWarn;
}

}  // namespace

PolicyHandler::PolicyHandler(const PolicyStore* policies, const core::Clock* clock,
                             policy::Action enforcement)
    : policies_(policies), clock_(clock), enforcement_(enforcement) {}

PolicyHandler::Outcome PolicyHandler::Validate(std::string_view content_type,
                                               std::string& body) const {
  if (auto json = CheckContentType(content_type); !json) {
    return {std::move(json).error(), std::nullopt};
  }
  try {
    return Judge(body);
  } catch (const std::exception& fault) {
    return {FaultReply(fault.what()), std::nullopt};
  }
}

PolicyHandler::Outcome PolicyHandler::Judge(std::string& body) const {
  core::JsonParser parser;
  auto read = ReadReview(body, &parser);
  if (!read) return {std::move(read).error(), std::nullopt};
  const policy::AdmissionReview& review = *read;
  const std::shared_ptr<const PolicyGeneration> policies = policies_->Current();
  const PolicyReview said = Review(review, *policies, clock_->Now());
  PolicyDecision decision;
  decision.action = ActionOf(said, enforcement_);
  decision.operation = review.facts.operation;
  decision.uid = review.uid;
  decision.namespace_name = review.namespace_name;
  decision.name = NameOf(review);
  decision.user = review.facts.user.value_or("");
  decision.dry_run = review.facts.dry_run.value_or(false);
  decision.labelled = said.labelled;
  decision.errors = said.errors.size();
  decision.warnings = said.warnings.size();
  return {{200, Encode(review, decision.action, said, policies->policies().digest())}, decision};
}

}  // namespace mountguard::webhook

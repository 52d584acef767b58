#include "webhook/admission_handler.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <exception>
#include <utility>

#include "webhook/admission_response.h"

namespace mountguard::webhook {
namespace {

std::string UnknownProfile(std::string_view profile, const PolicyGeneration& policies) {
  const auto known = policies.Profiles();
  if (known.empty()) {
    return fmt::format(
        "mountguard serves no profile \"{}\": no loaded policy names a profile, use "
        "/validate",
        profile);
  }
  return fmt::format("mountguard serves no profile \"{}\"; known profiles: {}", profile,
                     fmt::join(known, ", "));
}

}  // namespace

AdmissionHandler::AdmissionHandler(const PolicyStore* policies, const core::Clock* clock,
                                   policy::Action enforcement)
    : policies_(policies), clock_(clock), enforcement_(enforcement) {}

AdmissionReply AdmissionHandler::Validate(std::string_view profile, std::string_view content_type,
                                          std::string& body, AdmissionScratch* scratch) const {
  scratch->reviewed = false;
  if (auto json = CheckContentType(content_type); !json) return std::move(json).error();
  try {
    AdmissionReply reply = Judge(profile, body, scratch);
    if (body.size() > AdmissionScratch::kMaxKeptBytes) scratch->parser = core::JsonParser();
    return reply;
  } catch (const std::exception& fault) {
    scratch->reviewed = false;
    return FaultReply(fault.what());
  }
}

AdmissionReply AdmissionHandler::Judge(std::string_view profile, std::string& body,
                                       AdmissionScratch* scratch) const {
  scratch->policies = policies_->Current();
  const policy::Engine* engine = scratch->policies->Find(profile);
  if (engine == nullptr) return ErrorReply(404, UnknownProfile(profile, *scratch->policies));

  auto review = ReadReview(body, &scratch->parser);
  if (!review) return std::move(review).error();
  scratch->review = std::move(*review);
  scratch->subject.Read(scratch->review.facts, engine->workloads(), engine->metadata_keys(),
                        scratch->review.object, scratch->review.old_object);
  engine->Evaluate(scratch->subject, clock_->Now(), &scratch->verdict);
  for (policy::Finding& finding : scratch->verdict.findings) {
    finding.actions = finding.actions.CappedAt(enforcement_);
  }
  scratch->reviewed = true;
  return {200, EncodeResponse(scratch->review, scratch->subject, scratch->verdict,
                              scratch->policies->policies().digest())};
}

}  // namespace mountguard::webhook

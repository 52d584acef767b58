#include "webhook/review_request.h"

#include <fmt/format.h>

#include <utility>

#include "webhook/admission_response.h"
#include "webhook/http_message.h"

namespace mountguard::webhook {
namespace {

/// True for application/json, with or without parameters, in any case.
bool IsJson(std::string_view content_type) {
  std::string_view media = content_type.substr(0, content_type.find(';'));
  while (!media.empty() && (media.back() == ' ' || media.back() == '\t')) media.remove_suffix(1);
  return EqualsIgnoreCase(media, "application/json");
}

core::Unexpected<AdmissionReply> Unreadable(std::string_view why) {
  return core::Unexpected(
      ErrorReply(400, fmt::format("mountguard cannot read the AdmissionReview: {}", why)));
}

}  // namespace

AdmissionReply ErrorReply(int status, std::string_view message) {
  return {status, EncodeStatus(status, message)};
}

AdmissionReply FaultReply(const char* what) {
  return ErrorReply(500, fmt::format("mountguard failed on this request: {}", what));
}

core::Result<void, AdmissionReply> CheckContentType(std::string_view content_type) {
  if (IsJson(content_type)) return {};
  return core::Unexpected(
      ErrorReply(415, fmt::format("mountguard reads application/json, not \"{}\"", content_type)));
}

core::Result<policy::AdmissionReview, AdmissionReply> ReadReview(std::string& body,
                                                                 core::JsonParser* parser) {
  const auto root = parser->Parse(body);
  if (!root) return Unreadable(root.error().message);
  auto review = policy::DecodeAdmissionReview(*root);
  if (!review) return Unreadable(review.error().message);
  return *std::move(review);
}

}  // namespace mountguard::webhook

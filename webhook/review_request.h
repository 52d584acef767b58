#ifndef MOUNTGUARD_WEBHOOK_REVIEW_REQUEST_H_
#define MOUNTGUARD_WEBHOOK_REVIEW_REQUEST_H_

#include <string>
#include <string_view>

#include "core/json_reader.h"
#include "core/result.h"
#include "policy/admission_review.h"

namespace mountguard::webhook {

/// What goes back to the client. The body is always JSON.
struct AdmissionReply {
  int status = 200;
  std::string body;
};

/// A metav1.Status with this code and message.
AdmissionReply ErrorReply(int status, std::string_view message);

/// ErrorReply(415) unless the content type is application/json, with or without parameters.
core::Result<void, AdmissionReply> CheckContentType(std::string_view content_type);

/// The review in a body, borrowed from `parser` and `body`, whose capacity may grow; or
/// ErrorReply(400).
core::Result<policy::AdmissionReview, AdmissionReply> ReadReview(std::string& body,
                                                                 core::JsonParser* parser);

/// The reply to a request on which something of ours threw.
AdmissionReply FaultReply(const char* what);

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_REVIEW_REQUEST_H_

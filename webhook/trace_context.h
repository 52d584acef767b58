#ifndef MOUNTGUARD_WEBHOOK_TRACE_CONTEXT_H_
#define MOUNTGUARD_WEBHOOK_TRACE_CONTEXT_H_

#include <string_view>

namespace mountguard::webhook {

/// What a `traceparent` header names (W3C Trace Context, level 1), so that a line of the log is
/// found from the API server's trace. All empty if there is none to go by.
struct TraceContext {
  std::string_view trace_id;  // 32 hexadecimal digits
  std::string_view span_id;   // 16: the API server's span "Call validating webhook"
};

/// Borrows from `header`. A header that is malformed is as good as none, as the recommendation has
/// it; versions to come may append fields.
TraceContext ParseTraceparent(std::string_view header);

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_TRACE_CONTEXT_H_

#include "webhook/decision_recorder.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "webhook/admission_response.h"
#include "webhook/trace_context.h"

namespace mountguard::webhook {
namespace {

/// A word for metrics: why a request was not answered with a review.
std::string_view ProtocolErrorReason(int status) {
  switch (status) {
    case 400:
      return "bad_request";
    case 401:
      return "unauthorized";
    case 404:
      return "unknown_profile";
    case 415:
      return "content_type";
    default:
      return "internal";
  }
}

/// The API server sends the header where it traces (--tracing-config-file).
TraceContext TraceOf(const HttpRequest& request) {
  return ParseTraceparent(request.headers.Get("traceparent"));
}

/// For a text that is "" where there is none. OpenTelemetry's names of fields for logs in JSON are
/// trace_id and span_id (specification, "Trace Context in non-OTLP Log Formats").
LogField OrNothing(std::string_view key, std::string_view text) {
  if (text.empty()) return {key, std::monostate()};
  return {key, text};
}

}  // namespace

void DecisionRecorder::Unauthorized() const {
  metrics_.CountProtocolError(ProtocolErrorReason(401));
}

void DecisionRecorder::ProtocolError(int status, const HttpRequest& request) const {
  metrics_.CountProtocolError(ProtocolErrorReason(status));
  const TraceContext trace = TraceOf(request);
  log_.Warn("not an admission review", {{"status", std::int64_t{status}},
                                        OrNothing("trace_id", trace.trace_id),
                                        OrNothing("span_id", trace.span_id)});
}

void DecisionRecorder::PolicyReview(const PolicyDecision& decision,
                                    const HttpRequest& request) const {
  // What passes by unread, a ConfigMap that is none of ours, would only hide those that are.
  if (decision.labelled) metrics_.CountPolicyReview(decision.operation, decision.action);
  const TraceContext trace = TraceOf(request);
  const std::initializer_list<LogField> fields = {
      {"decision", policy::DecisionWord(decision.action)},
      {"uid", std::string_view(decision.uid)},
      {"operation", std::string_view(decision.operation)},
      {"namespace", std::string_view(decision.namespace_name)},
      {"name", std::string_view(decision.name)},
      {"user", std::string_view(decision.user)},
      {"dryRun", decision.dry_run},
      {"errors", static_cast<std::int64_t>(decision.errors)},
      {"warnings", static_cast<std::int64_t>(decision.warnings)},
      OrNothing("trace_id", trace.trace_id),
      OrNothing("span_id", trace.span_id)};
  if (decision.labelled) {
    log_.Info("policy review", fields);
  } else {
    log_.Debug("policy review", fields);
  }
}

void DecisionRecorder::Admission(const AdmissionScratch& scratch, int status,
                                 const HttpRequest& request,
                                 std::chrono::nanoseconds duration) const {
  if (!scratch.reviewed) {
    ProtocolError(status, request);
    return;
  }
  const policy::Action decision = scratch.verdict.Decision();
  metrics_.CountAdmission(scratch.review.facts.operation, scratch.subject.workload(), decision,
                          duration);
  for (const policy::Finding& finding : scratch.verdict.findings) {
    if (finding.excepted()) {
      metrics_.CountExceptionUse(finding.exception);
    } else {
      metrics_.CountFinding(finding.rule, finding.actions.Strongest());
    }
  }
  LogAdmission(scratch, decision, request);
}

void DecisionRecorder::LogAdmission(const AdmissionScratch& scratch, policy::Action decision,
                                    const HttpRequest& request) const {
  const bool matters = decision >= policy::Action::kWarn;
  if (!log_.Logs(matters ? LogLevel::kInfo : LogLevel::kDebug)) return;
  const TraceContext trace = TraceOf(request);
  const std::string findings = FindingsAnnotation(scratch.verdict);
  const policy::RequestFacts& facts = scratch.review.facts;
  const std::initializer_list<LogField> fields = {
      {"decision", policy::DecisionWord(decision)},
      {"uid", scratch.review.uid},
      {"operation", facts.operation},
      {"kind", scratch.subject.object().kind},
      {"namespace", scratch.review.namespace_name},
      {"name", scratch.review.name},
      {"user", facts.user.value_or("")},
      {"dryRun", facts.dry_run.value_or(false)},
      {"findings", std::string_view(findings)},
      OrNothing("trace_id", trace.trace_id),
      OrNothing("span_id", trace.span_id),
  };
  if (matters) {
    log_.Info("admission", fields);
  } else {
    log_.Debug("admission", fields);
  }
}

}  // namespace mountguard::webhook

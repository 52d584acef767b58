#include "webhook/admission_response.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/cri.h"
#include "core/json_writer.h"
#include "webhook/warning_list.h"

namespace mountguard::webhook {
namespace {

using core::JsonWriter;
using policy::Action;
using policy::Finding;

constexpr std::size_t kMaxTranslationBytes = 10'000;  // ValidatingAdmissionPolicy's own limit
constexpr std::size_t kMaxFindingsBytes = 2'000;
constexpr std::size_t kMaxMessageFindings = 10;

template <class F>
void ForEachWith(const policy::Verdict& verdict, Action action, F&& visit) {
  for (const Finding& finding : verdict.findings) {
    if (!finding.excepted() && finding.actions.Has(action)) visit(finding);
  }
}

std::vector<std::string> Warnings(const policy::Verdict& verdict) {
  WarningList warnings;
  ForEachWith(verdict, Action::kWarn, [&](const Finding& finding) {
    warnings.Add(finding.field + ": " + WithRuleId(finding));
  });
  return std::move(warnings).Take();
}

/// What the object is called where its name is not made yet.
std::string_view DisplayName(const policy::AdmissionReview& review,
                             const policy::Subject& subject) {
  if (!review.name.empty()) return review.name;
  if (!subject.object().name.empty()) return subject.object().name;
  return subject.object().generate_name;
}

std::string DenialMessage(const policy::AdmissionReview& review, const policy::Subject& subject,
                          const policy::Verdict& verdict) {
  std::string message =
      fmt::format("{} \"{}\" is refused: ", subject.object().kind, DisplayName(review, subject));
  std::size_t count = 0;
  ForEachWith(verdict, Action::kDeny, [&](const Finding& finding) {
    if (count++ >= kMaxMessageFindings) return;
    if (count > 1) message += "; ";
    message +=
        finding.field.empty() ? WithRuleId(finding) : finding.field + ": " + WithRuleId(finding);
  });
  if (count > kMaxMessageFindings) {
    message += fmt::format("; and {} more", count - kMaxMessageFindings);
  }
  return WithoutControlCharacters(message);
}

void WriteDenial(const policy::AdmissionReview& review, const policy::Subject& subject,
                 const policy::Verdict& verdict, JsonWriter* json) {
  json->Key("status").BeginObject();
  json->Key("metadata").BeginObject().EndObject();
  json->Key("status").String("Failure");
  json->Key("message").String(DenialMessage(review, subject, verdict));
  json->Key("reason").String("Invalid");
  json->Key("details").BeginObject();
  json->Key("name").String(DisplayName(review, subject));
  json->Key("group").String(subject.object().group);
  json->Key("kind").String(subject.object().kind);
  json->Key("causes").BeginArray();
  ForEachWith(verdict, Action::kDeny, [&](const Finding& finding) {
    json->BeginObject();
    json->Key("reason").String(ToString(finding.cause));
    json->Key("message").String(WithRuleId(finding));
    json->Key("field").String(finding.field);
    json->EndObject();
  });
  json->EndArray().EndObject();
  json->Key("code").Int(422);
  json->EndObject();
}

void WriteUnlessEmpty(std::string_view key, std::string_view value, JsonWriter* json) {
  if (!value.empty()) json->Key(key).String(value);
}

/// The reason that Kubernetes gives an HTTP status in a metav1.Status.
std::string_view ReasonOf(int code) {
  switch (code) {
    case 400:
      return "BadRequest";
    case 401:
      return "Unauthorized";
    case 404:
      return "NotFound";
    case 405:
      return "MethodNotAllowed";
    case 408:
      return "Timeout";
    case 413:
      return "RequestEntityTooLarge";
    case 415:
      return "UnsupportedMediaType";
    case 503:
      return "ServiceUnavailable";
    default:
      return code >= 500 ? "InternalError" : "BadRequest";
  }
}

/// Appends one mount as an element of `cri-translation`.
void AppendTranslation(const policy::JudgedTemplate& judged, bool several_templates,
                       const core::ContainerView& container, std::size_t index,
                       std::string_view cri, std::string* out) {
  const core::VolumeMount& mount = judged.pod.Mounts(container)[index];
  JsonWriter json(out);
  json.BeginObject();
  if (several_templates) json.Key("tp").String(judged.source.path);
  json.Key("c").String(container.name);
  json.Key("t").String(ToString(container.type));
  json.Key("m").Int(static_cast<std::int64_t>(index));
  json.Key("v").String(mount.name);
  json.Key("p").String(mount.mount_path);
  json.Key("mode");
  if (mount.mount_propagation) {
    json.String(*mount.mount_propagation);
  } else {
    json.Null();
  }
  json.Key("cri").String(cri);
  json.EndObject();
}

}  // namespace

std::string CriTranslation(const policy::Subject& subject) {
  if (subject.templates().empty()) return {};
  constexpr std::size_t kTailBytes = 64;  // room for {"private":N},{"omitted":N}]
  std::string value;
  value.reserve(512);
  value.push_back('[');
  std::size_t private_mounts = 0;
  std::size_t omitted = 0;
  for (const policy::JudgedTemplate& judged : subject.templates()) {
    for (const core::ContainerView& container : judged.pod.containers()) {
      if (!container.judged) continue;
      for (std::size_t i = 0; i < container.mount_count; ++i) {
        const core::VolumeMount& mount = judged.pod.Mounts(container)[i];
        if (!mount.mount_propagation) {
          ++private_mounts;  // unset is PRIVATE everywhere
          continue;
        }
        const auto cri =
            core::TranslateMountPropagation(mount.mount_propagation, judged.pod.windows());
        const std::size_t whole = value.size();
        AppendTranslation(judged, subject.template_count() > 1, container, i,
                          cri ? ToString(*cri) : std::string_view(cri.error().message), &value);
        value.push_back(',');
        if (omitted > 0 || value.size() + kTailBytes > kMaxTranslationBytes) {
          value.resize(whole);
          ++omitted;
        }
      }
    }
  }
  value += fmt::format("{{\"private\":{}}}", private_mounts);
  if (omitted > 0) value += fmt::format(",{{\"omitted\":{}}}", omitted);
  value.push_back(']');
  return value;
}

std::string FindingsAnnotation(const policy::Verdict& verdict) {
  std::map<std::string_view, Action> strongest;
  for (const Finding& finding : verdict.findings) {
    if (finding.excepted()) continue;
    Action& action = strongest[finding.rule];
    action = std::max(action, finding.actions.Strongest());
  }
  std::string value;
  for (const auto& [rule, action] : strongest) {
    const std::string entry =
        fmt::format("{}{}={}", value.empty() ? "" : ",", rule, ToString(action));
    if (value.size() + entry.size() > kMaxFindingsBytes) break;
    value += entry;
  }
  return value;
}

std::string ExceptionsAnnotation(const policy::Verdict& verdict) {
  std::set<std::string_view> names;
  for (const Finding& finding : verdict.findings) {
    if (finding.excepted()) names.insert(finding.exception);
  }
  std::string value;
  for (std::string_view name : names) {
    if (!value.empty()) value.push_back(',');
    value += name;
  }
  return value;
}

void BeginResponse(const policy::AdmissionReview& review, bool allowed, JsonWriter* json) {
  json->BeginObject();
  json->Key("kind").String("AdmissionReview");
  json->Key("apiVersion").String(review.api_version);
  json->Key("response").BeginObject();
  json->Key("uid").String(review.uid);
  json->Key("allowed").Bool(allowed);
}

std::string EncodeResponse(const policy::AdmissionReview& review, const policy::Subject& subject,
                           const policy::Verdict& verdict, std::string_view policy_digest) {
  const Action decision = verdict.Decision();
  std::string body;
  body.reserve(1024);
  JsonWriter json(&body);
  BeginResponse(review, decision != Action::kDeny, &json);
  if (decision == Action::kDeny) WriteDenial(review, subject, verdict, &json);
  if (!verdict.findings.empty()) {
    const std::vector<std::string> warnings = Warnings(verdict);
    if (!warnings.empty()) {
      json.Key("warnings").BeginArray();
      for (const std::string& warning : warnings) json.String(warning);
      json.EndArray();
    }
  }
  json.Key("auditAnnotations").BeginObject();
  WriteUnlessEmpty("cri-translation", CriTranslation(subject), &json);
  json.Key("decision").String(policy::DecisionWord(decision));
  WriteUnlessEmpty("findings", FindingsAnnotation(verdict), &json);
  WriteUnlessEmpty("exceptions", ExceptionsAnnotation(verdict), &json);
  json.Key("policy").String(policy_digest);
  json.EndObject().EndObject().EndObject();
  return body;
}

std::string EncodeStatus(int code, std::string_view message) {
  std::string body;
  JsonWriter json(&body);
  json.BeginObject();
  json.Key("kind").String("Status");
  json.Key("apiVersion").String("v1");
  json.Key("metadata").BeginObject().EndObject();
  json.Key("status").String(code < 400 ? "Success" : "Failure");
  json.Key("message").String(message);
  json.Key("reason").String(ReasonOf(code));
  json.Key("code").Int(code);
  json.EndObject();
  return body;
}

}  // namespace mountguard::webhook

#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "cli/json_output.h"
#include "cli/json_stream.h"
#include "cli/report/reporter.h"
#include "core/rfc3339.h"

namespace mountguard::cli {
namespace {

Json ToJson(const CheckSummary& summary, const CheckReport& report) {
  return {
      {"files", summary.files},         {"documents", summary.documents},
      {"objects", summary.objects},     {"pods", summary.pods},
      {"mounts", summary.mounts},       {"skipped", report.skipped.size()},
      {"errors", report.errors.size()}, {"deny", summary.deny},
      {"warn", summary.warn},           {"audit", summary.audit},
      {"excepted", summary.excepted},   {"undetermined", summary.undetermined},
  };
}

Json ToJson(const CheckResult& result) {
  Json actions = Json::array();
  for (policy::Action action : result.actions.ToList()) actions.push_back(ToString(action));
  Json json = {
      {"file", result.file},
      {"document", result.document},
      {"item", OrNull(result.item)},
      {"line", result.position.line},
      {"column", result.position.column},
      {"source", OrNull(result.source)},
      {"apiVersion", result.api_version},
      {"kind", result.kind},
      {"namespace", result.namespace_name},
      {"name", result.name},
      {"template", result.template_path},
      {"container", OrNull(result.container)},
      {"containerType", OrNull(result.container_type)},
      {"sidecar", result.sidecar},
      {"mount", OrNull(result.mount)},
      {"device", OrNull(result.device)},
      {"volume", OrNull(result.volume)},
      {"mountPath", OrNull(result.mount_path)},
      {"mountPropagation", OrNull(result.mount_propagation)},
      {"cri", OrNull(result.cri)},
      {"rule", result.rule},
      {"origin", ToString(result.origin)},
      {"action", ToString(result.actions.Strongest())},
      {"actions", std::move(actions)},
      {"field", result.field},
  };
  if (result.origin == policy::Origin::kKubernetes) json["error"] = result.error;
  json["message"] = result.message;
  json["exception"] = OrNull(result.exception);
  json["undetermined"] = result.undetermined;
  return json;
}

/// `spared` is how often it spared something: one that nothing needs shows as 0.
Json ToJson(const ReportException& exception, int spared) {
  return {{"name", exception.name},
          {"policy", exception.policy},
          {"file", exception.file},
          {"line", exception.position.line},
          {"column", exception.position.column},
          {"reason", exception.reason},
          {"expires",
           exception.expires ? Json(core::FormatRfc3339(*exception.expires)) : Json(nullptr)},
          {"expired", exception.expired},
          {"spared", spared}};
}

Json ToJson(const CheckError& error) {
  return ErrorJson(error.file, error.document, error.position, error.message);
}

Json ToJson(const SkippedDocument& skipped) {
  return SkippedJson(skipped.file, skipped.document, skipped.position, skipped.reason);
}

/// Writes a member of the report, a list, element by element: there may be very many.
template <class List>
void WriteList(std::string_view name, const List& values, JsonStream* json) {
  json->Key(name);
  json->BeginList();
  for (const auto& value : values) json->Value(ToJson(value));
  json->End();
}

}  // namespace

void WriteJsonReport(const CheckReport& report, const Terminal&, std::ostream& out) {
  std::map<std::string, int> spared;
  for (const CheckResult& result : report.results) {
    if (result.exception) ++spared[*result.exception];
  }
  Json exceptions = Json::array();
  for (const ReportException& exception : report.basis.exceptions) {
    exceptions.push_back(ToJson(exception, spared[exception.name]));
  }
  JsonStream json(out);
  json.BeginObject();
  json.Member("apiVersion", "mountguard.io/v1");
  json.Member("kind", "CheckReport");
  json.Member("summary", ToJson(report.summary, report));
  WriteList("results", report.results, &json);
  WriteList("errors", report.errors, &json);
  WriteList("skipped", report.skipped, &json);
  json.Member("exceptions", exceptions);
  json.End();
}

}  // namespace mountguard::cli

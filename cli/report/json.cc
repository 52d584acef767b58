#include <fmt/format.h>
#include <fmt/ostream.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/json_output.h"
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

Json ToJson(const Json& json) { return json; }

/// `lines` as they stand in a list of the report.
std::string OneLevelIn(std::string_view lines) {
  constexpr std::string_view kIndent = "    ";
  std::string indented(kIndent);
  for (const char c : lines) {
    indented += c;
    if (c == '\n') indented += kIndent;
  }
  return indented;
}

/// Writes a member of the report, a list, element by element: there may be very many.
template <class List>
void WriteList(std::string_view name, const List& values, std::ostream& out) {
  fmt::print(out, ",\n  \"{}\": [", name);
  std::string_view separator = "\n";
  for (const auto& value : values) {
    out << separator << OneLevelIn(Indented(ToJson(value)));
    separator = ",\n";
  }
  out << (separator == "\n" ? "]" : "\n  ]");
}

}  // namespace

void WriteJsonReport(const CheckReport& report, const Terminal&, std::ostream& out) {
  std::map<std::string, int> spared;
  for (const CheckResult& result : report.results) {
    if (result.exception) ++spared[*result.exception];
  }
  std::vector<Json> exceptions;
  for (const ReportException& exception : report.basis.exceptions) {
    exceptions.push_back(ToJson(exception, spared[exception.name]));
  }
  std::string head = Indented({{"apiVersion", "mountguard.io/v1"},
                               {"kind", "CheckReport"},
                               {"summary", ToJson(report.summary, report)}});
  head.resize(head.size() - 2);  // without the closing line
  out << head;
  WriteList("results", report.results, out);
  WriteList("errors", report.errors, out);
  WriteList("skipped", report.skipped, out);
  WriteList("exceptions", exceptions, out);
  out << "\n}\n";
}

}  // namespace mountguard::cli

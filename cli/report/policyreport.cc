#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/json_output.h"
#include "cli/json_stream.h"
#include "cli/report/reporter.h"
#include "cli/report/wording.h"
#include "core/code_frame.h"
#include "core/names.h"

// The PolicyReport API of Kubernetes' Policy working group, wgpolicyk8s.io/v1alpha2: a List of one
// PolicyReport for every namespace that results are in, and of one ClusterPolicyReport for what is
// in none: objects that do not say theirs, files that could not be read.

namespace mountguard::cli {
namespace {

constexpr std::string_view kName = "mountguard-check";  // of every report: the next run replaces it

/// What an entry counts as, and how bad it is, in the API's words.
struct Outcome {
  std::string_view result;
  std::string_view severity;  // "" for none
};

Outcome OutcomeOf(Standing standing) {
  switch (standing) {
    case Standing::kError:
      return {"error", "high"};
    case Standing::kDeny:
      return {"fail", "high"};
    case Standing::kWarn:
      return {"warn", "medium"};
    case Standing::kAudit:
      return {"warn", "info"};
    case Standing::kExcepted:
    case Standing::kSkipped:
      break;
  }
  return {"skip", ""};
}

/// Adds a text to what the API wants as a map from text to text; "" is left out.
void AddProperty(std::string_view name, std::string_view value, Json* properties) {
  if (!value.empty()) (*properties)[std::string(name)] = value;
}

void AddPlace(const std::string& file, core::SourcePos position, Json* properties) {
  AddProperty("file", FileText(file), properties);
  if (!position.known()) return;
  AddProperty("line", std::to_string(position.line), properties);
  AddProperty("column", std::to_string(position.column), properties);
}

/// What speaks: the MountPolicy of a policy's rule, else "kubernetes", "advice" or "input".
std::string PolicyOf(const CheckReport& report, const CheckResult& result) {
  const ReportRule* rule = report.basis.FindRule(result.rule);
  if (rule != nullptr && !rule->policy.empty()) return rule->policy;
  return std::string(ToString(result.origin));
}

Json EntryOf(Standing standing, std::string policy, const std::string& message) {
  const Outcome outcome = OutcomeOf(standing);
  Json entry = {{"source", "mountguard"},
                {"policy", std::move(policy)},
                {"category", "Mount propagation"},
                {"result", outcome.result}};
  if (!outcome.severity.empty()) entry["severity"] = outcome.severity;
  entry["scored"] = standing == Standing::kDeny || standing == Standing::kError;
  entry["message"] = core::PrintableText(message);
  return entry;
}

Json EntryOf(const CheckReport& report, const CheckResult& result) {
  Json entry = EntryOf(StandingOf(result), PolicyOf(report, result), result.message);
  entry["rule"] = result.rule;
  if (!result.kind.empty()) {
    Json object = {{"apiVersion", result.api_version}, {"kind", result.kind}};
    AddProperty("namespace", result.namespace_name, &object);
    AddProperty("name", result.name, &object);
    entry["resources"] = Json::array({std::move(object)});
  }
  Json properties = Json::object();
  AddPlace(result.file, result.position, &properties);
  AddProperty("helmSource", result.source.value_or(""), &properties);
  AddProperty("origin", ToString(result.origin), &properties);
  AddProperty("field", result.field, &properties);
  AddProperty("container", result.container.value_or(""), &properties);
  AddProperty("volume", result.volume.value_or(""), &properties);
  AddProperty("mountPath", result.mount_path.value_or(""), &properties);
  AddProperty("mountPropagation", result.mount_propagation.value_or(""), &properties);
  AddProperty("exception", result.exception.value_or(""), &properties);
  AddProperty("undetermined", fmt::format("{}", fmt::join(result.undetermined, ",")), &properties);
  entry["properties"] = std::move(properties);
  return entry;
}

Json EntryOf(const CheckError& error) {
  Json entry = EntryOf(Standing::kError, "input", error.message);
  entry["rule"] = "could-not-be-read";
  Json properties = Json::object();
  AddPlace(error.file, error.position, &properties);
  entry["properties"] = std::move(properties);
  return entry;
}

/// What goes into one report: places in the list of results, and how many entries there are of each
/// kind, which the API wants before them.
struct Contents {
  std::vector<std::size_t> results;
  std::map<std::string_view, int> counts;  // by Outcome::result

  void Count(Standing standing) { ++counts[OutcomeOf(standing).result]; }
};

/// Writes the report of a namespace; "" is the cluster's, which has what could not be read, too.
void WriteReport(const CheckReport& report, const std::string& namespace_name, Contents contents,
                 JsonStream* json) {
  Json metadata = {{"name", kName}};
  if (!namespace_name.empty()) metadata["namespace"] = namespace_name;
  metadata["labels"] = {{"app.kubernetes.io/managed-by", "mountguard"}};
  Json summary = Json::object();
  for (const char* result : {"pass", "fail", "warn", "error", "skip"}) {
    summary[result] = contents.counts[result];
  }
  json->BeginObject();
  json->Member("apiVersion", "wgpolicyk8s.io/v1alpha2");
  json->Member("kind", namespace_name.empty() ? "ClusterPolicyReport" : "PolicyReport");
  json->Member("metadata", metadata);
  json->Member("summary", summary);
  json->Key("results");
  json->BeginList();
  for (const std::size_t result : contents.results) {
    json->Value(EntryOf(report, report.results[result]));
  }
  if (namespace_name.empty()) {
    for (const CheckError& error : report.errors) json->Value(EntryOf(error));
  }
  json->End();
  json->End();
}

}  // namespace

void WritePolicyReport(const CheckReport& report, const Terminal&, std::ostream& out) {
  // The cluster's comes first and is always there, so that a clean run replaces what was not.
  std::map<std::string, Contents> reports = {{"", {}}};
  std::size_t place = 0;
  for (const CheckResult& result : report.results) {
    // A name that cannot be one would make the API server refuse the whole report.
    const bool is_name = core::IsDns1123Label(result.namespace_name);
    Contents& own = reports[is_name ? result.namespace_name : ""];
    own.results.push_back(place++);
    own.Count(StandingOf(result));
  }
  for (std::size_t i = 0; i < report.errors.size(); ++i) reports[""].Count(Standing::kError);

  JsonStream json(out);
  json.BeginObject();
  json.Member("apiVersion", "v1");
  json.Member("kind", "List");
  json.Key("items");
  json.BeginList();
  for (auto& [namespace_name, contents] : reports) {
    WriteReport(report, namespace_name, std::move(contents), &json);
  }
  json.End();
  json.End();
}

}  // namespace mountguard::cli

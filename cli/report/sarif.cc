#include <fmt/format.h>

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/json_output.h"
#include "cli/json_stream.h"
#include "cli/report/fingerprint.h"
#include "cli/report/reporter.h"
#include "cli/report/rule_pages.h"
#include "cli/report/wording.h"
#include "cli/version.h"
#include "core/code_frame.h"

// SARIF 2.1.0 (OASIS). One run; of the rules those that spoke, each with its page; regions in code
// points; what an exception spares is there and suppressed, as viewers expect.

namespace mountguard::cli {
namespace {

constexpr std::string_view kSourceRoot = "%SRCROOT%";
constexpr std::string_view kFingerprint = "mountguardResult/v1";

std::string_view LevelOf(policy::Action action) {
  switch (action) {
    case policy::Action::kDeny:
      return "error";
    case policy::Action::kWarn:
      return "warning";
    case policy::Action::kAudit:
      return "note";
    case policy::Action::kOff:
      break;
  }
  return "none";
}

/// A path as a URI reference (RFC 3986): every byte that is not unreserved is escaped, so a file's
/// name may be anything.
std::string UriOf(const std::string& file) {
  const std::string path = PathText(file);
  std::string uri = path.rfind('/', 0) == 0 ? "file://" : "";
  for (const char c : path) {
    const bool alphanumeric =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alphanumeric || std::string_view("-._~/").find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return uri;
}

/// "BidirectionalRequiresPrivileged": SARIF wants a name that reads as one identifier.
std::string PascalCase(std::string_view id) {
  std::string name;
  bool upper = true;
  for (char c : id) {
    if (c == '-') {
      upper = true;
      continue;
    }
    if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    name += c;
    upper = false;
  }
  return name;
}

Json Text(std::string_view text) { return {{"text", text}}; }

/// A text with something of the user's in it, which viewers put on a terminal as it is.
Json PrintableMessage(std::string_view text) { return Text(core::PrintableText(text)); }

/// Gives every file of the report its place in `artifacts`.
class Artifacts {
 public:
  Json LocationOf(const std::string& file) {
    const auto [known, is_new] = index_.emplace(file, artifacts_.size());
    Json location = {{"uri", UriOf(file)}};
    if (file.rfind('/', 0) != 0) location["uriBaseId"] = kSourceRoot;
    if (is_new) {
      Json artifact = {{"location", location}, {"roles", Json::array({"analysisTarget"})}};
      if (file == "-") artifact["description"] = Text("standard input");
      artifacts_.push_back(std::move(artifact));
    }
    location["index"] = known->second;
    return location;
  }

  const Json& all() const { return artifacts_; }

 private:
  Json artifacts_ = Json::array();
  std::map<std::string, std::size_t> index_;
};

/// Gives every rule that spoke its place in the driver's `rules`.
class Rules {
 public:
  explicit Rules(const ReportBasis& basis) : basis_(basis) {}

  std::size_t IndexOf(const std::string& id) {
    const auto [known, is_new] = index_.emplace(id, rules_.size());
    if (is_new) rules_.push_back(Describe(id));
    return known->second;
  }

  const Json& all() const { return rules_; }

 private:
  Json Describe(const std::string& id) const {
    Json json = {{"id", id}, {"name", PascalCase(id)}};
    const ReportRule* rule = basis_.FindRule(id);
    if (rule == nullptr) return json;
    const std::string summary =
        rule->summary.empty() ? fmt::format("The rule {} of a policy", id) : rule->summary;
    const std::string full =
        rule->remedy.empty() ? summary : fmt::format("{}. {}", summary, rule->remedy);
    const std::string_view page = RulePageText(id);
    json["shortDescription"] = Text(summary);
    json["fullDescription"] = Text(full);
    json["help"] = {{"text", full}, {"markdown", page.empty() ? std::string_view(full) : page}};
    if (const std::string url = RulePageUrl(id); !url.empty()) json["helpUri"] = url;
    json["defaultConfiguration"] = {{"enabled", rule->action != policy::Action::kOff},
                                    {"level", LevelOf(rule->action)}};
    json["properties"]["tags"] = Json::array({"mount-propagation", ToString(rule->origin)});
    if (!rule->policy.empty()) json["properties"]["policy"] = rule->policy;
    return json;
  }

  const ReportBasis& basis_;
  Json rules_ = Json::array();
  std::map<std::string, std::size_t> index_;
};

/// Writes the one run of a log, result by result. What results refer to, rules and artifacts,
/// stands before them, so they are gone through twice.
class RunWriter {
 public:
  RunWriter(const CheckReport& report, JsonStream* json)
      : report_(report), json_(*json), rules_(report.basis) {}

  void Run() {
    FindRulesAndArtifacts();
    json_.BeginObject();
    json_.Member("tool", {{"driver",
                           {{"name", "mountguard"},
                            {"version", ProgramVersion()},
                            {"semanticVersion", ProgramVersion()},
                            {"informationUri", DocumentationUrl()},
                            {"rules", rules_.all()}}}});
    json_.Key("invocations");
    json_.BeginList();
    Invocation();
    json_.End();
    json_.Member("originalUriBaseIds",
                 {{std::string(kSourceRoot),
                   {{"description", Text("The folder in which mountguard was started")}}}});
    json_.Member("artifacts", artifacts_.all());
    json_.Member("columnKind", "unicodeCodePoints");
    json_.Key("results");
    json_.BeginList();
    for (const CheckResult& result : report_.results) json_.Value(ResultOf(result));
    json_.End();
    json_.End();
  }

 private:
  void FindRulesAndArtifacts() {
    for (const std::string& file : report_.files) artifacts_.LocationOf(file);
    for (const CheckResult& result : report_.results) {
      artifacts_.LocationOf(result.file);
      rules_.IndexOf(result.rule);
    }
    for (const CheckError& error : report_.errors) artifacts_.LocationOf(error.file);
    for (const SkippedDocument& skipped : report_.skipped) artifacts_.LocationOf(skipped.file);
  }

  Json PhysicalLocation(const std::string& file, core::SourcePos position, int length) {
    Json physical = {{"artifactLocation", artifacts_.LocationOf(file)}};
    if (position.known()) {
      physical["region"] = {{"startLine", position.line}, {"startColumn", position.column}};
      if (length > 0) physical["region"]["endColumn"] = position.column + length;
    }
    return physical;
  }

  Json ResultOf(const CheckResult& result) {
    Json location = {{"physicalLocation",
                      PhysicalLocation(result.file, result.position, result.frame.value_length)}};
    if (!result.field.empty()) {
      Json field = {{"fullyQualifiedName", result.field}, {"kind", "property"}};
      location["logicalLocations"] = Json::array({std::move(field)});
    }
    const std::size_t rule_index = rules_.IndexOf(result.rule);
    Json json = {{"ruleId", result.rule},
                 {"ruleIndex", rule_index},
                 {"level", LevelOf(result.action())},
                 {"message", PrintableMessage(result.message)},
                 {"locations", Json::array({std::move(location)})}};
    if (result.definition.known()) {
      Json anchor = {{"id", 1},
                     {"message", Text("the anchor that the value comes through is defined here")},
                     {"physicalLocation", PhysicalLocation(result.file, result.definition, 0)}};
      json["relatedLocations"] = Json::array({std::move(anchor)});
    }
    json["partialFingerprints"] = {{std::string(kFingerprint), fingerprints_.Of(result)}};
    if (result.exception) json["suppressions"] = Json::array({SuppressionBy(*result.exception)});
    json["properties"] = PropertiesOf(result);
    return json;
  }

  Json SuppressionBy(const std::string& name) const {
    const ReportException* exception = report_.basis.FindException(name);
    const bool reasoned = exception != nullptr && !exception->reason.empty();
    return {{"kind", "external"},
            {"status", "accepted"},
            {"justification", reasoned ? fmt::format("{}: {}", name, exception->reason) : name}};
  }

  static Json PropertiesOf(const CheckResult& result) {
    Json actions = Json::array();
    for (policy::Action action : result.actions.ToList()) actions.push_back(ToString(action));
    Json json = {{"origin", ToString(result.origin)}, {"actions", std::move(actions)}};
    const auto add = [&json](const char* name, const std::optional<std::string>& value) {
      if (value && !value->empty()) json[name] = *value;
    };
    add("object", ObjectText(result));
    add("container", result.container);
    add("containerType", result.container_type);
    add("volume", result.volume);
    add("mountPath", result.mount_path);
    add("mountPropagation", result.mount_propagation);
    add("cri", result.cri);
    add("source", result.source);
    if (!result.undetermined.empty()) json["undetermined"] = result.undetermined;
    return json;
  }

  Json NotificationOf(const std::string& file, core::SourcePos position, int length,
                      std::string_view level, std::string_view message) {
    Json location = {{"physicalLocation", PhysicalLocation(file, position, length)}};
    return {{"level", level},
            {"message", PrintableMessage(message)},
            {"locations", Json::array({std::move(location)})}};
  }

  void Invocation() {
    json_.BeginObject();
    json_.Member("executionSuccessful", report_.errors.empty());
    json_.Member("exitCode", static_cast<int>(report_.exit_code()));
    json_.Key("toolExecutionNotifications");
    json_.BeginList();
    for (const CheckError& error : report_.errors) {
      json_.Value(NotificationOf(error.file, error.position, error.frame.value_length, "error",
                                 error.message));
    }
    for (const SkippedDocument& skipped : report_.skipped) {
      json_.Value(
          NotificationOf(skipped.file, skipped.position, 0, "note", "skipped: " + skipped.reason));
    }
    json_.End();
    json_.End();
  }

  const CheckReport& report_;
  JsonStream& json_;
  Rules rules_;
  Artifacts artifacts_;
  Fingerprinter fingerprints_;
};

}  // namespace

void WriteSarifReport(const CheckReport& report, const Terminal&, std::ostream& out) {
  JsonStream json(out);
  json.BeginObject();
  json.Member("$schema", "https://json.schemastore.org/sarif-2.1.0.json");
  json.Member("version", "2.1.0");
  json.Key("runs");
  json.BeginList();
  RunWriter(report, &json).Run();
  json.End();
  json.End();
}

}  // namespace mountguard::cli

// What holds for reports beyond the approved ones (tests/cli/golden_test.cc): texts that mean harm,
// and results that are known again in the next run.

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "cli/report/fingerprint.h"
#include "cli/report/reporter.h"
#include "cli/report/wording.h"
#include "core/utf8.h"
#include "tests/cli/run.h"

namespace mountguard::cli {
namespace {

using Catch::Matchers::Contains;
using nlohmann::json;

/// Everything that means something to a terminal, XML, HTML, JavaScript, a URI or a runner's log.
const std::string kHostile =
    "a\n::error::b%0Ac,d:e\r\x1b[31m]]></script><b onclick=\"x('y')\">&amp;\xff\xe2\x80\xae\x01";

CheckReport HostileReport() {
  CheckReport report;
  CheckResult result;
  result.file = kHostile;
  result.position = {3, 5};
  result.frame.lines = {{3, "    " + std::string("</script>")}};
  result.frame.caret_column = 4;
  result.frame.caret_width = 9;
  result.frame.value_length = 9;
  result.api_version = "v1";
  result.kind = kHostile;
  result.name = kHostile;
  result.namespace_name = kHostile;
  result.container = kHostile;
  result.container_type = "container";
  result.volume = kHostile;
  result.mount_path = kHostile;
  result.source = kHostile;
  result.rule = kHostile;
  result.origin = policy::Origin::kPolicy;
  result.actions = policy::Action::kDeny;
  result.field = "spec.containers[0].volumeMounts[0]";
  result.message = kHostile;
  report.results = {result, result};
  report.results[1].exception = kHostile;
  report.basis.rules = {
      {kHostile, policy::Origin::kPolicy, policy::Action::kDeny, kHostile, kHostile, ""}};
  report.basis.exceptions = {{kHostile, kHostile}};
  report.errors = {{kHostile, 0, {}, {}, kHostile}};
  report.skipped = {{kHostile, 1, {1, 1}, kHostile}};
  report.files = {kHostile};
  return report;
}

std::string Written(std::string_view format, const CheckReport& report) {
  std::ostringstream out;
  FindReportFormat(format)->write(report, Terminal{}, out);
  return out.str();
}

int CountOf(const std::string& text, std::string_view part) {
  int count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_CASE("No format lets a text of the user's steer what reads it", "[formats]") {
  const CheckReport report = HostileReport();
  for (const ReportFormat& format : ReportFormats()) {
    INFO(format.name);
    const std::string text = Written(format.name, report);
    CHECK(core::IsValidUtf8(text));
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\x01') == std::string::npos);
  }
}

TEST_CASE("What viewers put on a terminal cannot steer it", "[formats]") {
  const CheckReport report = HostileReport();
  const json sarif = json::parse(Written("sarif", report))["runs"][0]["results"][0];
  const json gitlab = json::parse(Written("gitlab", report))[0];
  const json entries = json::parse(Written("policyreport", report))["items"][0]["results"];
  for (const json& text :
       {sarif["message"]["text"], gitlab["description"], entries[0]["message"]}) {
    INFO(text);
    CHECK(text.get<std::string>().find_first_of("\x1b\n\r\x01") == std::string::npos);
    CHECK(text.get<std::string>().find("\xe2\x80\xae") == std::string::npos);
  }
}

TEST_CASE("Every JSON format is JSON whatever the texts", "[formats]") {
  const CheckReport report = HostileReport();
  for (const char* format : {"json", "sarif", "gitlab", "policyreport"}) {
    INFO(format);
    CHECK(json::accept(Written(format, report)));
  }
}

TEST_CASE("The html report has no element, attribute or script of a user's", "[formats]") {
  const std::string page = Written("html", HostileReport());
  CHECK(CountOf(page, "<script") == 1);
  CHECK(CountOf(page, "</script>") == 1);
  CHECK(CountOf(page, "<b onclick") == 0);
  CHECK(CountOf(page, "onclick=\"") == 0);
  CHECK_THAT(page, Contains("&lt;/script&gt;"));
}

TEST_CASE("The html report loads nothing", "[formats]") {
  const std::string page = Written("html", HostileReport());
  CHECK_THAT(page, Contains("default-src 'none'"));
  for (const char* loading : {"<img", "<link", "<iframe", "src=", "url(", "@import"}) {
    INFO(loading);
    CHECK(page.find(loading) == std::string::npos);
  }
}

/// A line of the log as GitHub's runner takes it apart (actions/runner, ActionCommand).
struct Annotation {
  std::string command;
  std::map<std::string, std::string> properties;
  std::string message;
};

std::string Unescaped(std::string text, const std::vector<std::string>& specials) {
  for (const std::string& special : specials) {  // "%", last, is told by its own escape
    const char meant = static_cast<char>(std::stoi(special.substr(1), nullptr, 16));
    for (auto at = text.find(special); at != std::string::npos; at = text.find(special, at + 1)) {
      text.replace(at, special.size(), 1, meant);
    }
  }
  return text;
}

std::vector<Annotation> AnnotationsIn(const std::string& log) {
  std::vector<Annotation> annotations;
  std::istringstream lines(log);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("::", 0) != 0) continue;
    const std::size_t end = line.find("::", 2);
    const std::string head = line.substr(2, end - 2);
    const std::size_t space = head.find(' ');
    Annotation one = {
        head.substr(0, space), {}, Unescaped(line.substr(end + 2), {"%0D", "%0A", "%25"})};
    std::istringstream properties(head.substr(space + 1));
    for (std::string property; std::getline(properties, property, ',');) {
      const std::size_t equals = property.find('=');
      one.properties[property.substr(0, equals)] =
          Unescaped(property.substr(equals + 1), {"%0D", "%0A", "%3A", "%2C", "%25"});
    }
    annotations.push_back(std::move(one));
  }
  return annotations;
}

TEST_CASE("GitHub's runner reads an annotation as it was meant", "[formats]") {
  CheckReport report = HostileReport();
  const std::string visible = "a,b:c%0Ad\ne";
  report.results[0].file = "dir/" + visible;
  report.results[0].rule = "rule";
  report.results[0].message = visible;
  const std::vector<Annotation> annotations = AnnotationsIn(Written("github", report));
  REQUIRE(annotations.size() == 2);  // the error and the result; no text made a third
  CHECK(annotations[0].command == "error");
  CHECK(annotations[0].properties.at("title") == "could not be read");
  CHECK(annotations[1].command == "error");
  CHECK(annotations[1].properties.at("file") == "dir/" + visible);
  CHECK(annotations[1].properties.at("title") == "rule");
  CHECK(annotations[1].properties.at("line") == "3");
  CHECK(annotations[1].properties.at("col") == "5");
  CHECK(annotations[1].properties.at("endColumn") == "14");
  CHECK(annotations[1].message.rfind(visible + "\nin: ", 0) == 0);
}

TEST_CASE("Standard input is no file that an annotation could point to", "[formats]") {
  CheckReport report = HostileReport();
  for (auto* file : {&report.results[0].file, &report.errors[0].file}) *file = "-";
  for (const Annotation& annotation : AnnotationsIn(Written("github", report))) {
    CHECK(annotation.properties.count("file") == 0);
  }
}

TEST_CASE("A path is a URI reference, whatever its bytes", "[formats]") {
  CheckReport report;
  report.files = {"./a b/ä%.yaml", "/tmp/x.yaml", "c:d.yaml", "\xff.yaml"};
  const json artifacts = json::parse(Written("sarif", report))["runs"][0]["artifacts"];
  CHECK(artifacts[0]["location"]["uri"] == "a%20b/%C3%A4%25.yaml");
  CHECK(artifacts[0]["location"]["uriBaseId"] == "%SRCROOT%");
  CHECK(artifacts[1]["location"]["uri"] == "file:///tmp/x.yaml");
  CHECK_FALSE(artifacts[1]["location"].contains("uriBaseId"));
  CHECK(artifacts[2]["location"]["uri"] == "c%3Ad.yaml");
  CHECK(artifacts[3]["location"]["uri"] == "%FF.yaml");
}

/// A pod with a mount that is refused, behind `before` mounts that are fine.
std::string BadPodBehind(const std::string& before) {
  return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n"
         "  volumes: [{name: v, emptyDir: {}}]\n  containers:\n  - name: c\n    image: i\n"
         "    volumeMounts:\n" +
         before + "    - {name: v, mountPath: /m, mountPropagation: Bidirectional}\n";
}

std::vector<std::string> FingerprintsOf(const std::string& manifest) {
  std::vector<std::string> fingerprints;
  for (const json& issue : RunProgram({"check", "-", "-o", "gitlab"}, manifest).Json()) {
    fingerprints.push_back(issue["fingerprint"]);
  }
  return fingerprints;
}

TEST_CASE("A result is known again after it has moved", "[formats]") {
  const std::vector<std::string> before = FingerprintsOf(BadPodBehind(""));
  REQUIRE(before.size() == 1);
  CHECK(FingerprintsOf("# a comment\n\n" + BadPodBehind("    - {name: v, mountPath: /n}\n")) ==
        before);
}

TEST_CASE("Fingerprints of very many results differ, and are the same in the next run") {
  constexpr int kCount = 230'000;  // each twice in a row, and once more at the end
  const auto fingerprints = [] {
    Fingerprinter fingerprinter;
    std::vector<std::string> all;
    for (int i = 0; i < kCount; ++i) {
      CheckError error;
      error.document = i % (kCount - 1) / 2;
      all.push_back(fingerprinter.Of(error));
    }
    return all;
  };
  const std::vector<std::string> all = fingerprints();
  CHECK((all == fingerprints()));
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == kCount);
}

TEST_CASE("Results that nothing tells apart have fingerprints of their own", "[formats]") {
  const std::string twice = BadPodBehind("") + "---\n" + BadPodBehind("");
  const std::vector<std::string> both = FingerprintsOf(twice);
  REQUIRE(both.size() == 2);
  CHECK(both[0] != both[1]);
  CHECK(both[0] == FingerprintsOf(BadPodBehind(""))[0]);
}

TEST_CASE("SARIF's fingerprints are GitLab's", "[formats]") {
  const json run = RunProgram({"check", "-", "-o", "sarif"}, BadPodBehind("")).Json()["runs"][0];
  CHECK(run["results"][0]["partialFingerprints"]["mountguardResult/v1"] ==
        FingerprintsOf(BadPodBehind(""))[0]);
}

TEST_CASE("JUnit fails for what the run fails for", "[formats]") {
  for (const auto& [fail_on, failure] :
       std::map<std::string, std::string>{{"deny", "1"}, {"warn", "1"}, {"none", "0"}}) {
    const Ran ran =
        RunProgram({"check", "-", "-o", "junit", "--fail-on", fail_on}, BadPodBehind(""));
    CHECK_THAT(ran.out, Contains("failures=\"" + failure + "\""));
    CHECK((ran.code == ExitCode::kFindings) == (failure == "1"));
  }
}

TEST_CASE("A namespace that can be none does not make the whole PolicyReport void", "[formats]") {
  CheckReport report = HostileReport();
  report.results[0].namespace_name = "storage";
  const json items = json::parse(Written("policyreport", report))["items"];
  REQUIRE(items.size() == 2);
  CHECK(items[0]["kind"] == "ClusterPolicyReport");
  CHECK(items[0]["summary"] == json::parse(R"({"pass":0,"fail":0,"warn":0,"error":1,"skip":1})"));
  CHECK(items[1]["metadata"]["namespace"] == "storage");
}

TEST_CASE("Many results are followed by how often each rule spoke", "[formats]") {
  std::string manifests;
  for (int i = 0; i < 11; ++i) manifests += BadPodBehind("") + "---\n";
  CHECK_THAT(RunProgram({"check", "-"}, manifests).out,
             Contains("\n11 deny     bidirectional-requires-privileged\n\n1 file"));
}

TEST_CASE("On a terminal long lines are wrapped between words, elsewhere never", "[formats]") {
  Terminal narrow;
  narrow.width = 60;
  narrow.wraps = true;
  CHECK(RunProgram({"check", "-"}, BadPodBehind(""), narrow).out ==
        R"(-:10:50: deny: Forbidden: Bidirectional mount propagation is
    available only to privileged containers (container "c",
    volume "v" at "/m") [bidirectional-requires-privileged]
   9 | …:
  10 | …mountPath: /m, mountPropagation: Bidirectional}
     |                                   ^^^^^^^^^^^^^
  in: Pod p
  remedy: Set securityContext.privileged: true on this
    container if it has to publish mounts to the host; if it
    only has to see the host's mounts, use HostToContainer.

1 file, 1 object, 1 mount: 1 denied
)");
  narrow.wraps = false;  // a pipe
  const std::string piped = RunProgram({"check", "-"}, BadPodBehind(""), narrow).out;
  CHECK_THAT(piped, Contains("at \"/m\") [bidirectional-requires-privileged]\n   9 |"));
}

}  // namespace
}  // namespace mountguard::cli

// The corpus of real manifests beside the checkout (or where MOUNTGUARD_CORPUS says): what other
// projects published, with one expected row for every mount that sets mountPropagation.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "policy/all_rules.h"
#include "tests/cli/run.h"
#include "tests/temporary_directory.h"

namespace mountguard::cli {
namespace {

using nlohmann::json;

std::filesystem::path Corpus() {
  const char* elsewhere = std::getenv("MOUNTGUARD_CORPUS");
  if (elsewhere != nullptr && *elsewhere != '\0') return elsewhere;
  return std::filesystem::path(MOUNTGUARD_SOURCE_DIR) / ".." / "shared" / "corpus";
}

using Row = std::map<std::string, std::string>;

std::vector<std::string> SplitTabs(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line + "\t");
  for (std::string cell; std::getline(in, cell, '\t');) cells.push_back(cell);
  return cells;
}

/// Every expected.*.tsv of the corpus.
std::vector<Row> ReadExpected(const std::filesystem::path& corpus) {
  std::vector<Row> rows;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    const std::string name = entry.path().filename().string();
    if (name.rfind("expected.", 0) != 0) continue;
    std::ifstream in(entry.path());
    std::string line;
    std::getline(in, line);
    const std::vector<std::string> heading = SplitTabs(line);
    while (std::getline(in, line)) {
      const std::vector<std::string> cells = SplitTabs(line);
      Row& row = rows.emplace_back();
      for (std::size_t i = 0; i < heading.size() && i < cells.size(); ++i) {
        row[heading[i]] = cells[i];
      }
    }
  }
  return rows;
}

/// What tells a mount from all others of its file: document, kind, object, container, its place.
using MountKey = std::tuple<int, std::string, std::string, std::string, std::string, int>;

MountKey KeyOf(const Row& row) {
  std::string type = row.at("class");
  type.pop_back();  // "containers" -> "container"
  return {std::stoi(row.at("doc")), row.at("kind"),
          row.at("namespace/name"), type,
          row.at("container"),      std::stoi(row.at("mount_index"))};
}

MountKey KeyOf(const json& mount) {
  const std::string space = mount["namespace"];
  const std::string name = mount["name"];
  return {mount["document"],      mount["kind"],      space.empty() ? name : space + "/" + name,
          mount["containerType"], mount["container"], mount["mount"]};
}

/// What `explain` and `check --strict` say of one file.
struct Said {
  std::map<MountKey, std::vector<json>> mounts;
  std::set<MountKey> refused;
};

Said Ask(const std::filesystem::path& file) {
  Said said;
  const json explained = RunProgram({"explain", file.string(), "-o", "json"}).Json();
  for (const json& mount : explained["mounts"]) {
    said.mounts[KeyOf(mount)].push_back(mount);
  }
  const json checked =
      RunProgram({"check", file.string(), "-o", "json", "--no-policy", "--strict"}).Json();
  for (const json& result : checked["results"]) {
    const std::string rule = result["rule"];
    if (rule == "bidirectional-requires-privileged" || rule == "mount-propagation-supported") {
      said.refused.insert(KeyOf(result));
    }
  }
  return said;
}

TEST_CASE("The verdict and the translation of every mount in real manifests are right",
          "[corpus]") {
  const std::filesystem::path corpus = Corpus();
  if (!std::filesystem::is_directory(corpus)) {
    WARN("skipped: there is no corpus at " << corpus << "; MOUNTGUARD_CORPUS names another place");
    return;
  }
  const std::vector<Row> rows = ReadExpected(corpus);
  REQUIRE_FALSE(rows.empty());
  std::map<std::string, Said> files;
  for (const Row& row : rows) {
    const std::string& file = row.at("file");
    INFO(file << " document " << row.at("doc") << ' ' << row.at("kind") << ' '
              << row.at("namespace/name") << ' ' << row.at("container") << " mount "
              << row.at("mount_index"));
    if (files.count(file) == 0) files[file] = Ask(corpus / "files" / file);
    const Said& said = files[file];
    const MountKey key = KeyOf(row);
    const auto found = said.mounts.find(key);
    CHECK(found != said.mounts.end());
    if (found == said.mounts.end()) continue;
    bool same = false;  // two items of a List may share a name
    for (const json& mount : found->second) {
      same = same ||
             (mount["volume"] == row.at("volume") && mount["mountPath"] == row.at("mountPath") &&
              mount["mountPropagation"] == row.at("mode") &&
              (mount["cri"].is_null() ? "" : mount["cri"]) == row.at("cri"));
    }
    CHECK(same);
    CHECK(said.refused.count(key) == (row.at("verdict") == "ok" ? 0U : 1U));
  }
}

/// A policy under which every piece of advice warns.
std::string AllAdvice() {
  std::string policy =
      "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: all}\nspec:\n  advice:\n";
  for (const policy::RuleInfo& rule : policy::AllRules()) {
    if (rule.check != nullptr) policy += "    " + std::string(rule.id) + ": Warn\n";
  }
  return policy;
}

/// How often each piece of advice speaks in a report.
std::map<std::string, int> AdviceIn(const json& report) {
  std::map<std::string, int> counts;
  for (const json& result : report["results"]) {
    if (result["origin"] == "advice") ++counts[result["rule"]];
  }
  return counts;
}

TEST_CASE("By default, advice is seldom given on real manifests", "[corpus]") {
  const std::filesystem::path files = Corpus() / "files";
  if (!std::filesystem::is_directory(files)) {
    WARN("skipped: there is no corpus at " << files);
    return;
  }
  const tests::TemporaryDirectory directory;
  const std::string policy = (directory / "all.yaml").string();
  std::ofstream(policy) << AllAdvice();
  const auto check = [&files](Arguments more) {
    more.insert(more.begin(), {"check", files.string(), "-o", "json"});
    return RunProgram(more).Json();
  };
  const auto all = AdviceIn(check({"--policy", policy, "--runtime", "cri-o"}));
  const json by_default = check({});
  const auto said = AdviceIn(by_default);
  std::string list;
  for (const auto& [rule, count] : all) {
    list += "\n  " + rule + ": " + std::to_string(count) + " on CRI-O with all advice";
  }
  for (const auto& [rule, count] : said) {
    list += "\n  " + rule + ": " + std::to_string(count) + " by default";
  }
  CAPTURE(list);
  if (std::getenv("MOUNTGUARD_LIST_ADVICE") != nullptr) WARN("advice on the corpus:" << list);
  // Each was read and judged right, or is for the audit log; what is not here was right in none.
  CHECK(said.count("consumer-is-private") == 0);
  CHECK(said.count("host-path-may-not-be-shared") == 0);
  int warnings = 0;
  for (const json& result : by_default["results"]) {
    warnings += result["origin"] == "advice" && result["action"] == "Warn" ? 1 : 0;
  }
  CHECK(warnings > 0);
  CHECK(warnings * 50 < by_default["summary"]["mounts"].get<int>());
}

TEST_CASE("No file of the corpus brings it down, whatever the format", "[corpus]") {
  const std::filesystem::path files = Corpus() / "files";
  if (!std::filesystem::is_directory(files)) {
    WARN("skipped: there is no corpus at " << files);
    return;
  }
  const Ran text = RunProgram({"check", files.string()});
  CHECK(text.code != ExitCode::kUsage);
  const json report = RunProgram({"check", files.string(), "-o", "json"}).Json();
  CHECK(report["summary"]["files"] > 100);
  for (const json& result : report["results"]) {
    INFO(result.dump());
    CHECK(result["line"] >= 1);
    CHECK(result["column"] >= 1);
  }
}

}  // namespace
}  // namespace mountguard::cli

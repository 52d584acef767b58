// Every tests/testdata/cli/NAME.yaml has NAME.check.out, NAME.explain.out and, for every other
// format of check, NAME.FORMAT.out: what the program prints of it, to the letter. A policy of the
// same name in policies/ is applied. MOUNTGUARD_UPDATE_GOLDEN=1 writes them anew; then read the
// diff.

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/report/reporter.h"
#include "tests/cli/golden.h"
#include "tests/cli/run.h"

namespace mountguard::cli {
namespace {

const std::filesystem::path kDirectory = std::filesystem::path(MOUNTGUARD_TESTDATA) / "cli";

/// As if started beside the manifests, while it lives: reports name files as they were named.
class BesideTheManifests {
 public:
  BesideTheManifests() { std::filesystem::current_path(kDirectory); }
  ~BesideTheManifests() { std::filesystem::current_path(before_); }
  BesideTheManifests(const BesideTheManifests&) = delete;
  BesideTheManifests& operator=(const BesideTheManifests&) = delete;

 private:
  std::filesystem::path before_ = std::filesystem::current_path();
};

std::vector<std::string> Manifests() {
  std::vector<std::string> manifests;
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory)) {
    if (entry.path().extension() == ".yaml") manifests.push_back(entry.path().filename());
  }
  std::sort(manifests.begin(), manifests.end());
  return manifests;
}

Arguments CheckOf(const std::string& manifest, std::string_view format) {
  Arguments arguments = {"check", manifest, "-o", std::string(format)};
  const std::string policy = "policies/" + manifest;
  if (std::filesystem::exists(policy)) arguments.insert(arguments.end(), {"--policy", policy});
  return arguments;
}

/// `text` without what stands between two others, each time: style, script and pages have files of
/// their own to be read in.
std::string Without(std::string text, std::string_view begin, std::string_view end) {
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    at += begin.size();
    text.replace(at, text.find(end, at) - at, "...");
  }
  return text;
}

/// All that a run shows.
std::string Shown(const Ran& ran) {
  std::string text = Without(ran.out, "<style>", "</style>");
  text = Without(text, "<script>", "</script>");
  text = Without(text, "'sha256-", "'");
  text = Without(text, "\"markdown\": \"", "\"\n");
  if (!ran.err.empty()) text += "--- standard error\n" + ran.err;
  return text + "--- exit code " + std::to_string(static_cast<int>(ran.code)) + "\n";
}

void Compare(const std::string& manifest, std::string_view kind, const std::string& shown) {
  std::filesystem::path golden = manifest;
  golden.replace_extension("." + std::string(kind) + ".out");
  CompareWithGolden(golden, shown);
}

TEST_CASE("Reports are what they were approved to be", "[golden]") {
  const BesideTheManifests here;
  const std::vector<std::string> manifests = Manifests();
  REQUIRE_FALSE(manifests.empty());
  for (const std::string& manifest : manifests) {
    Compare(manifest, "explain", Shown(RunProgram({"explain", manifest})));
    for (const ReportFormat& format : ReportFormats()) {
      Compare(manifest, format.name == "text" ? "check" : format.name,
              Shown(RunProgram(CheckOf(manifest, format.name))));
    }
  }
}

TEST_CASE("Colour adds nothing but colour", "[golden]") {
  const BesideTheManifests here;
  Terminal colourful;
  colourful.colour = true;
  for (const std::string& manifest : Manifests()) {
    for (const Arguments& arguments : {CheckOf(manifest, "text"), Arguments{"explain", manifest}}) {
      const Ran plain = RunProgram(arguments);
      std::string coloured = RunProgram(arguments, "", colourful).out;
      CHECK((coloured != plain.out || plain.out.empty()));
      for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
        coloured.erase(at, coloured.find('m', at) - at + 1);
      }
      CHECK(coloured == plain.out);
    }
  }
}

TEST_CASE("No approved output is left without its manifest and its format", "[golden]") {
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory)) {
    if (entry.path().extension() != ".out") continue;
    std::filesystem::path manifest = entry.path();
    const std::string kind = manifest.replace_extension().extension().string().substr(1);
    INFO(entry.path());
    CHECK((kind == "check" || kind == "explain" || FindReportFormat(kind) != nullptr));
    CHECK(std::filesystem::exists(manifest.replace_extension(".yaml")));
  }
}

}  // namespace
}  // namespace mountguard::cli

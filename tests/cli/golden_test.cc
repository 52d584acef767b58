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
#include "tests/cli/manifests.h"
#include "tests/cli/run.h"

namespace mountguard::cli {
namespace {

const std::filesystem::path kGoldenDirectory = std::filesystem::path(MOUNTGUARD_TESTDATA) / "cli";

Arguments CheckOf(const std::string& manifest, std::string_view format) {
  Arguments arguments = {"check", manifest, "-o", std::string(format)};
  const std::string policy = "policies/" + manifest;
  if (std::filesystem::exists(policy)) arguments.insert(arguments.end(), {"--policy", policy});
  return arguments;
}

void Compare(const std::string& manifest, std::string_view kind, const std::string& shown) {
  std::filesystem::path golden = manifest;
  golden.replace_extension("." + std::string(kind) + ".out");
  CompareWithGolden(golden, shown);
}

TEST_CASE("Reports are what they were approved to be", "[golden]") {
  const StartedIn here(kGoldenDirectory);
  const std::vector<std::string> manifests = ManifestsIn(kGoldenDirectory);
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
  const StartedIn here(kGoldenDirectory);
  Terminal colourful;
  colourful.colour = true;
  for (const std::string& manifest : ManifestsIn(kGoldenDirectory)) {
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
  for (const auto& entry : std::filesystem::directory_iterator(kGoldenDirectory)) {
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

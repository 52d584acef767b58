// Every tests/testdata/cli/NAME.yaml has NAME.check.out and NAME.explain.out: what the program
// prints of it, to the letter. MOUNTGUARD_UPDATE_GOLDEN=1 writes them anew; then read the diff.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/cli/run.h"

namespace mountguard::cli {
namespace {

const std::filesystem::path kDirectory = std::filesystem::path(MOUNTGUARD_TESTDATA) / "cli";

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::filesystem::path> Manifests() {
  std::vector<std::filesystem::path> manifests;
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory)) {
    if (entry.path().extension() == ".yaml") manifests.push_back(entry.path());
  }
  std::sort(manifests.begin(), manifests.end());
  return manifests;
}

/// All that a run shows, with paths as if it had been started beside the manifest.
std::string Shown(const Ran& ran) {
  std::string text = ran.out;
  if (!ran.err.empty()) text += "--- standard error\n" + ran.err;
  text += "--- exit code " + std::to_string(static_cast<int>(ran.code)) + "\n";
  const std::string prefix = kDirectory.string() + "/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix)) {
    text.erase(at, prefix.size());
  }
  return text;
}

void Compare(const std::filesystem::path& golden, const std::string& shown) {
  INFO(golden);
  if (std::getenv("MOUNTGUARD_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << shown;
  }
  CHECK(shown == ReadAll(golden));
}

TEST_CASE("Text reports are what they were approved to be", "[golden]") {
  const std::vector<std::filesystem::path> manifests = Manifests();
  REQUIRE_FALSE(manifests.empty());
  for (const std::filesystem::path& manifest : manifests) {
    std::filesystem::path golden = manifest;
    Compare(golden.replace_extension(".check.out"),
            Shown(RunProgram({"check", manifest.string()})));
    golden = manifest;
    Compare(golden.replace_extension(".explain.out"),
            Shown(RunProgram({"explain", manifest.string()})));
  }
}

TEST_CASE("Colour adds nothing but colour", "[golden]") {
  Terminal colourful;
  colourful.colour = true;
  for (const std::filesystem::path& manifest : Manifests()) {
    for (const char* command : {"check", "explain"}) {
      const Ran plain = RunProgram({command, manifest.string()});
      std::string coloured = RunProgram({command, manifest.string()}, "", colourful).out;
      CHECK((coloured != plain.out || plain.out.empty()));
      for (auto at = coloured.find('\x1b'); at != std::string::npos; at = coloured.find('\x1b')) {
        coloured.erase(at, coloured.find('m', at) - at + 1);
      }
      CHECK(coloured == plain.out);
    }
  }
}

TEST_CASE("No approved output is left without its manifest", "[golden]") {
  for (const auto& entry : std::filesystem::directory_iterator(kDirectory)) {
    if (entry.path().extension() != ".out") continue;
    std::filesystem::path manifest = entry.path();
    manifest.replace_extension().replace_extension(".yaml");
    INFO(entry.path());
    CHECK(std::filesystem::exists(manifest));
  }
}

}  // namespace
}  // namespace mountguard::cli

// `policy export`, and what it prints of three policies, to the letter: tests/testdata/cli/export.
// MOUNTGUARD_UPDATE_GOLDEN=1 writes them anew; then read the diff.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "cli/yaml_output.h"
#include "tests/cli/run.h"

namespace mountguard::cli {
namespace {

const std::filesystem::path kDirectory = std::filesystem::path(MOUNTGUARD_TESTDATA) / "cli/export";
const std::string kEveryField = kDirectory / "every-field.yaml";

std::string ReadExported(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Compare(const std::string& name, const Arguments& more) {
  Arguments arguments = {"policy", "export"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Ran ran = RunProgram(arguments);
  const std::string shown = ran.out + "--- standard error\n" + ran.err + "--- exit code " +
                            std::to_string(static_cast<int>(ran.code)) + "\n";
  const std::filesystem::path golden = kDirectory / (name + ".out");
  INFO(golden);
  if (std::getenv("MOUNTGUARD_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << shown;
  }
  CHECK(shown == ReadExported(golden));
}

TEST_CASE("Exports are what they were approved to be", "[export]") {
  const std::string strict = std::string(MOUNTGUARD_SOURCE_DIR) + "/deploy/policies/strict.yaml";
  Compare("baseline", {});
  Compare("baseline.conditions", {"--match-conditions"});
  Compare("strict", {"--policy", strict});
  Compare("strict.conditions", {"--policy", strict, "--match-conditions"});
  Compare("every-field", {"--policy", kEveryField, "--name", "example"});
  Compare("every-field.conditions", {"--policy", kEveryField, "--match-conditions"});
}

TEST_CASE("An export in JSON is a List, of which standard error names the gaps", "[export]") {
  const Ran ran = RunProgram({"policy", "export", "--policy", kEveryField, "-o", "json"});
  CHECK(ran.code == ExitCode::kClean);
  const auto list = ran.Json();
  CHECK(list["kind"] == "List");
  REQUIRE(list["items"].size() == 4);
  CHECK(list["items"][0]["metadata"]["name"] == "mountguard-deny");
  CHECK(list["items"][3]["spec"]["validationActions"] == nlohmann::json({"Warn", "Audit"}));
  CHECK(ran.err.find("not exported: rule \"for-a-while\": its exception \"temporary\" ends at "
                     "2100-01-02T00:00:00Z") != std::string::npos);
  CHECK(ran.err.find("not exported: rule \"too-long\"") != std::string::npos);
}

TEST_CASE("A name that no policy can have is wrong usage", "[export]") {
  const Ran ran =
      RunProgram({"policy", "export", "--policy", kEveryField, "--name", "Mount_Guard"});
  CHECK(ran.code == ExitCode::kUsage);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("Mount_Guard-deny") != std::string::npos);
}

TEST_CASE("YAML texts are read back as what they are", "[export]") {
  const auto yaml = [](const Json& json) {
    std::ostringstream out;
    WriteYaml(json, out);
    return out.str();
  };
  CHECK(yaml({{"a", "word"}}) == "a: word\n");
  CHECK(yaml({{"a", "true"}}) == "a: \"true\"\n");
  CHECK(yaml({{"a", "No"}}) == "a: \"No\"\n");
  CHECK(yaml({{"a", ""}}) == "a: \"\"\n");
  CHECK(yaml({{"a", "1.0"}}) == "a: \"1.0\"\n");
  CHECK(yaml({{"a", "x: y"}}) == "a: \"x: y\"\n");
  CHECK(yaml({{"a", "é\t"}}) == "a: \"\\U000000E9\\U00000009\"\n");
  CHECK(yaml({{"a", "one\n\n two"}}) == "a: |-\n  one\n\n   two\n");
  CHECK(yaml({{"a", " one\ntwo"}}) == "a: \" one\\U0000000Atwo\"\n");
  CHECK(yaml({{"a", Json::array()}, {"b", Json::object()}, {"c", nullptr}}) ==
        "a: []\nb: {}\nc: null\n");
  CHECK(yaml({{"a", {{{"b", 1}, {"c", {"x", true}}}}}}) == "a:\n- b: 1\n  c:\n  - x\n  - true\n");
}

}  // namespace
}  // namespace mountguard::cli

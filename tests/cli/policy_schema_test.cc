// The schema for editors and the loaders must know the same fields. tests/schema_test.sh holds
// whole policies against it, with a validator.

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "policy/all_rules.h"
#include "policy/policy_loader.h"
#include "policy/suite_loader.h"
#include "tests/cli/run.h"
#include "tests/temporary_directory.h"

namespace mountguard::cli {
namespace {

using nlohmann::json;

json Schema() { return RunProgram({"policy", "schema"}).Json(); }

json Definition(std::string_view name) { return Schema()["definitions"][std::string(name)]; }

std::vector<std::string> Sorted(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  return words;
}

std::vector<std::string> Keys(const json& map) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : map.items()) keys.push_back(key);
  return Sorted(keys);
}

/// What a loader says that it expects instead of the unknown field "zz".
std::vector<std::string> FieldsOf(const std::vector<policy::PolicyProblem>& problems) {
  constexpr std::string_view kExpected = "; expected one of ";
  for (const policy::PolicyProblem& problem : problems) {
    const std::string& message = problem.message;
    const std::size_t at = message.find(kExpected);
    if (message.rfind("unknown field \"zz\"", 0) != 0 || at == std::string::npos) continue;
    std::vector<std::string> fields;
    std::string rest = message.substr(at + kExpected.size());
    for (std::size_t comma = rest.find(", "); comma != std::string::npos; comma = rest.find(", ")) {
      fields.push_back(rest.substr(0, comma));
      rest.erase(0, comma + 2);
    }
    fields.push_back(rest);
    return Sorted(fields);
  }
  return {"(the loader takes \"zz\")"};
}

std::vector<std::string> FieldsOfPolicy(const std::string& rest) {
  return FieldsOf(
      policy::LoadPolicies({{"p", "apiVersion: mountguard.io/v1\nkind: MountPolicy\n" + rest}})
          .problems);
}

std::vector<std::string> FieldsOfSuite(const std::string& rest) {
  return FieldsOf(
      policy::LoadSuites({"s", "apiVersion: mountguard.io/v1\nkind: MountPolicyTest\n" + rest})
          .problems);
}

/// `definition/field/field`: the map whose fields `loader` knows.
struct KnownMap {
  std::string definition;
  std::string with_unknown;
};

TEST_CASE("the schema has the fields that the loader of policies knows, and no others") {
  const auto block = [](const std::string& field) {
    return "spec: {rules: [{match: [" + field + "]}]}";
  };
  const std::vector<KnownMap> maps = {
      {"MountPolicy", "zz: 1"},
      {"metadata", "metadata: {zz: 1}"},
      {"policySpec", "spec: {zz: 1}"},
      {"podTemplate", "spec: {podTemplates: [{zz: 1}]}"},
      {"rule", "spec: {rules: [{zz: 1}]}"},
      {"exception", "spec: {exceptions: [{zz: 1}]}"},
      {"block", block("{zz: 1}")},
      {"path", block("{hostPath: {zz: 1}}")},
      {"labelSelector", block("{labels: {zz: 1}}")},
      {"annotationSelector", block("{annotations: {zz: 1}}")},
  };
  for (const KnownMap& map : maps) {
    CAPTURE(map.definition);
    const json definition = Definition(map.definition);
    CHECK(Keys(definition["properties"]) == FieldsOfPolicy(map.with_unknown));
    CHECK(definition["additionalProperties"] == false);
  }
  for (const char* field : {"labels", "annotations"}) {
    const json expressions =
        Definition(field == std::string("labels")
                       ? "labelSelector"
                       : "annotationSelector")["properties"]["matchExpressions"]["items"];
    CHECK(Keys(expressions["properties"]) ==
          FieldsOfPolicy(block("{" + std::string(field) + ": {matchExpressions: [{zz: 1}]}}")));
  }
}

TEST_CASE("the schema has the fields that the loader of suites knows, and no others") {
  const std::vector<KnownMap> maps = {
      {"MountPolicyTest", "zz: 1"},
      {"metadata", "metadata: {zz: 1}"},
      {"suiteSpec", "spec: {zz: 1}"},
      {"case", "spec: {cases: [{zz: 1}]}"},
      {"request", "spec: {cases: [{request: {zz: 1}}]}"},
      {"expectation", "spec: {cases: [{expect: {zz: 1}}]}"},
      {"expectedFinding", "spec: {cases: [{expect: {findings: [{zz: 1}]}}]}"},
  };
  for (const KnownMap& map : maps) {
    CAPTURE(map.definition);
    const json definition = Definition(map.definition);
    CHECK(Keys(definition["properties"]) == FieldsOfSuite(map.with_unknown));
    CHECK(definition["additionalProperties"] == false);
  }
}

TEST_CASE("the schema asks for what the loader asks for") {
  const auto needed = [](const std::string& spec) {
    std::vector<std::string> fields;
    for (const policy::PolicyProblem& problem :
         policy::LoadPolicies({{"p", "apiVersion: mountguard.io/v1\nkind: MountPolicy\n" + spec}})
             .problems) {
      const std::size_t at = problem.message.find(" needs the field \"");
      if (at == std::string::npos || problem.message.rfind("a MountPolicy", 0) == 0) continue;
      const std::string name = problem.message.substr(problem.message.find('"') + 1);
      fields.push_back(name.substr(0, name.size() - 1));
    }
    return Sorted(fields);
  };
  const auto required = [](const char* definition) {
    return Sorted(Definition(definition)["required"].get<std::vector<std::string>>());
  };
  CHECK(required("rule") == needed("metadata: {name: p}\nspec: {rules: [{}]}"));
  CHECK(required("exception") == needed("metadata: {name: p}\nspec: {exceptions: [{}]}"));
  CHECK(required("podTemplate") == needed("metadata: {name: p}\nspec: {podTemplates: [{}]}"));
  CHECK(required("metadata") == needed("metadata: {}\nspec: {}"));
}

TEST_CASE("every field says in the schema what it means") {
  const json schema = Schema();
  for (const auto& [name, definition] : schema["definitions"].items()) {
    if (!definition.contains("properties")) continue;
    for (const auto& [field, value] : definition["properties"].items()) {
      CAPTURE(name, field);
      CHECK(value.value("description", "").size() > 5);
    }
  }
}

TEST_CASE("every reference in the schema leads somewhere") {
  const json schema = Schema();
  std::size_t references = 0;
  const json flat = schema.flatten();
  for (const auto& [path, value] : flat.items()) {
    if (path.size() < 5 || path.compare(path.size() - 5, 5, "/$ref") != 0) continue;
    CAPTURE(path);
    CHECK(schema.contains(json::json_pointer(value.get<std::string>().substr(1))));
    ++references;
  }
  CHECK(references > 30);
}

TEST_CASE("the schema offers every rule with what it says") {
  const json advice = Definition("policySpec")["properties"]["advice"]["properties"];
  const json ids = Definition("exception")["properties"]["rules"]["items"]["anyOf"];
  for (const policy::RuleInfo& rule : policy::AllRules()) {
    CAPTURE(rule.id);
    CHECK(advice.contains(std::string(rule.id)) == (rule.origin == policy::Origin::kAdvice));
    const auto offers = [&rule](const json& choice) {
      return choice.value("const", "") == rule.id && choice["description"] == rule.summary;
    };
    CHECK(std::any_of(ids.begin(), ids.end(), offers) == (rule.origin != policy::Origin::kInput));
  }
}

TEST_CASE("the schema that is shipped is the one that the program writes") {
  std::ifstream in(MOUNTGUARD_SOURCE_DIR "/deploy/policies/mountpolicy.schema.json",
                   std::ios::binary);
  REQUIRE(in);
  const std::string shipped{std::istreambuf_iterator<char>(in), {}};
  INFO("build/release/mountguard policy schema -o deploy/policies/mountpolicy.schema.json");
  CHECK((shipped == RunProgram({"policy", "schema"}).out));
}

TEST_CASE("policy schema writes to a file") {
  const tests::TemporaryDirectory directory;
  const auto file = directory / "schema.json";
  const Ran ran = RunProgram({"policy", "schema", "-o", file.string()});
  CHECK(ran.code == ExitCode::kClean);
  CHECK(ran.out.empty());
  std::ifstream in(file);
  CHECK(json::parse(in) == Schema());
  CHECK(RunProgram({"policy", "schema", "-o", "/nowhere/x.json"}).code == ExitCode::kUnreadable);
  CHECK(RunProgram({"policy", "schema", "x"}).code == ExitCode::kUsage);
}

}  // namespace
}  // namespace mountguard::cli

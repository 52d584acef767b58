// Every policy that the documentation shows and the project ships must load.

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "policy/suite_fields.h"
#include "policy/suite_loader.h"
#include "tests/policy/pods.h"

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below
namespace fs = std::filesystem;

namespace {

std::string ReadAll(const fs::path& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

/// The fenced blocks of a page that hold an object of a kind.
std::vector<std::string> BlocksOf(const std::string& kind, const fs::path& page) {
  std::vector<std::string> policies;
  std::ifstream in(page);
  std::string block;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    const bool fence = line.rfind("```", 0) == 0;
    if (fence && inside && block.find("kind: " + kind + "\n") != std::string::npos) {
      policies.push_back(block);
    }
    if (fence) {
      inside = !inside;
      block.clear();
    } else {
      block += line + "\n";
    }
  }
  return policies;
}

}  // namespace

TEST_CASE("every policy in the documentation loads") {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator(MOUNTGUARD_SOURCE_DIR "/docs")) {
    if (entry.path().extension() != ".md") continue;
    for (const std::string& policy : BlocksOf("MountPolicy", entry.path())) {
      CAPTURE(entry.path());
      LoadGood({{entry.path().filename().string(), policy}});
      ++count;
    }
  }
  CHECK(count >= 3);
}

TEST_CASE("the policy reference names every field of a block") {
  const std::string page = ReadAll(MOUNTGUARD_SOURCE_DIR "/docs/policy-reference.md");
  for (std::string_view field : BlockFieldNames()) {
    CAPTURE(field);
    CHECK(page.find("`" + std::string(field) + "`") != std::string::npos);
  }
}

TEST_CASE("every suite in the documentation loads") {
  const fs::path page = MOUNTGUARD_SOURCE_DIR "/docs/policy-testing.md";
  const std::vector<std::string> suites = BlocksOf("MountPolicyTest", page);
  CHECK_FALSE(suites.empty());
  for (const std::string& suite : suites) {
    for (const PolicyProblem& problem : LoadSuites({"policy-testing.md", suite}).problems) {
      FAIL_CHECK(problem.message);
    }
  }
}

template <class Fields>
void CheckNamed(const Fields& fields, const std::string& page) {
  for (const auto& field : fields) {
    CAPTURE(field.name);
    CHECK(page.find("`" + std::string(field.name) + "`") != std::string::npos);
  }
}

TEST_CASE("the page on testing names every field of a suite") {
  const std::string page = ReadAll(MOUNTGUARD_SOURCE_DIR "/docs/policy-testing.md");
  CheckNamed(kSuiteSpecFields, page);
  CheckNamed(kSuiteCaseFields, page);
  CheckNamed(kSuiteRequestFields, page);
  CheckNamed(kSuiteExpectFields, page);
  CheckNamed(kSuiteFindingFields, page);
}

TEST_CASE("the page on the policy library names every policy, and every rule of the packs") {
  const std::string page = ReadAll(MOUNTGUARD_SOURCE_DIR "/docs/policy-library.md");
  for (const auto& entry : fs::directory_iterator(MOUNTGUARD_SOURCE_DIR "/deploy/policies")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".yaml") continue;
    CAPTURE(name);
    CHECK(page.find("`" + name + "`") != std::string::npos);
    if (name == "strict.yaml" || name == "permissive.yaml") continue;
    const auto set = LoadGood({{name, ReadAll(entry.path())}});
    for (const MountPolicy& policy : set->policies()) {
      for (const PolicyRule& rule : policy.rules) {
        CAPTURE(rule.name);
        CHECK(page.find("`" + rule.name + "`") != std::string::npos);
      }
    }
  }
}

TEST_CASE("strict.yaml lets drivers publish and nobody else") {
  Judge judge(
      LoadGood({{"strict", ReadAll(MOUNTGUARD_SOURCE_DIR "/deploy/policies/strict.yaml")}}));
  PodText driver;
  driver.metadata = R"("name":"p","namespace":"rook-ceph")";
  driver.container = R"("name":"c","image":"quay.io/cephcsi/cephcsi:v3.13")";
  CHECK(judge(driver).empty());

  SECTION("another namespace") {
    driver.metadata = R"("name":"p","namespace":"default")";
    CHECK(judge.Fires(driver, "bidirectional-only-in-approved-namespaces"));
  }
  SECTION("another image") {
    driver.container = R"("name":"c","image":"evil.io/quay.io/cephcsi/cephcsi")";
    CHECK(judge.Fires(driver, "bidirectional-only-from-approved-drivers"));
  }
  SECTION("an ephemeral container") {
    driver.list = "ephemeralContainers";
    CHECK(judge.Fires(driver, "bidirectional-only-from-approved-drivers"));
  }
  SECTION("another path") {
    driver.volume = R"("name":"v","hostPath":{"path":"/etc"})";
    CHECK(judge.Fires(driver, "bidirectional-only-below-the-kubelet"));
  }
  SECTION("the writable root of the host") {
    driver.volume = R"("name":"v","hostPath":{"path":"/"})";
    driver.mount = R"("name":"v","mountPath":"/m","mountPropagation":"HostToContainer")";
    CHECK(judge.Fires(driver, "no-way-to-the-whole-host"));
  }
}

TEST_CASE("permissive.yaml refuses nothing") {
  Judge judge(LoadGood(
      {{"permissive", ReadAll(MOUNTGUARD_SOURCE_DIR "/deploy/policies/permissive.yaml")}}));
  PodText pod;
  pod.security = "";
  pod.volume = R"("name":"v","hostPath":{"path":"/etc"})";
  CHECK(judge(pod).size() == 3);
  CHECK(judge.verdict().Decision() == Action::kWarn);
}

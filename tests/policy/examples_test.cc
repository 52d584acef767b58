// Every policy that the documentation shows and the project ships must load.

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "tests/policy/pods.h"

using namespace mountguard::policy;  // NOLINT: the vocabulary of every line below
namespace fs = std::filesystem;

namespace {

std::string ReadAll(const fs::path& path) {
  std::ostringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

/// The fenced blocks of a page that hold a MountPolicy.
std::vector<std::string> PoliciesIn(const fs::path& page) {
  std::vector<std::string> policies;
  std::ifstream in(page);
  std::string block;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    const bool fence = line.rfind("```", 0) == 0;
    if (fence && inside && block.find("kind: MountPolicy\n") != std::string::npos) {
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
    for (const std::string& policy : PoliciesIn(entry.path())) {
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

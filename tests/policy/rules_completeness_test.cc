// A rule is four places: its function, its row in the table, its fixtures and its page. Here they
// are counted; the examples and fixtures are run by tests/cli/examples_test.cc.

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include "policy/all_rules.h"

using mountguard::policy::AllRules;
using mountguard::policy::Origin;
using mountguard::policy::RuleInfo;
namespace fs = std::filesystem;

namespace {

const fs::path kPages = fs::path(MOUNTGUARD_SOURCE_DIR) / "docs" / "rules";
const fs::path kFixtures = fs::path(MOUNTGUARD_TESTDATA) / "rules";

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::set<std::string> Ids() {
  std::set<std::string> ids;
  for (const RuleInfo& rule : AllRules()) ids.emplace(rule.id);
  return ids;
}

bool Holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("every rule has a page with a bad and a good example, and no page lacks its rule") {
  for (const std::string& id : Ids()) {
    CAPTURE(id);
    const std::string page = ReadAll(kPages / (id + ".md"));
    CHECK(page.rfind("# " + id + "\n", 0) == 0);
    CHECK(Holds(page, "\n```yaml bad\n"));
    CHECK(Holds(page, "\n```yaml good\n"));
    CHECK(Holds(page, "\n## How to except it\n"));
  }
  for (const auto& entry : fs::directory_iterator(kPages)) {
    CAPTURE(entry.path());
    CHECK(entry.path().extension() == ".md");
    CHECK(AllRules::Find(entry.path().stem().string()) != nullptr);
  }
}

TEST_CASE(
    "every rule has a manifest that fails and one that passes, and no folder lacks its rule") {
  for (const std::string& id : Ids()) {
    CAPTURE(id);
    const std::string fail = ReadAll(kFixtures / id / "fail.yaml");
    const std::string pass = ReadAll(kFixtures / id / "pass.yaml");
    CHECK_FALSE(fail.empty());
    CHECK_FALSE(pass.empty());
    CHECK(fail != pass);
  }
  for (const auto& entry : fs::directory_iterator(kFixtures)) {
    CAPTURE(entry.path());
    CHECK(AllRules::Find(entry.path().filename().string()) != nullptr);
  }
}

TEST_CASE("every rule says in a line what it finds and in a sentence what to do") {
  for (const RuleInfo& rule : AllRules()) {
    CAPTURE(rule.id);
    CHECK_FALSE(rule.summary.empty());
    CHECK(rule.summary.back() != '.');
    CHECK(rule.summary.size() <= 100);
    CHECK(rule.remedy.size() > 1);
    CHECK(rule.remedy.back() == '.');
    CHECK((rule.check != nullptr) == (rule.origin == Origin::kAdvice));
  }
}

TEST_CASE("a rule is found by its id, and by nothing else") {
  for (const RuleInfo& rule : AllRules()) CHECK(AllRules::Find(rule.id) == &rule);
  CHECK(AllRules::Find("") == nullptr);
  CHECK(AllRules::Find("zzz") == nullptr);
  CHECK(AllRules::Find("mount-name") == nullptr);
}

TEST_CASE("the table holds all rules of Kubernetes' own, and they deny") {
  std::size_t count = 0;
  for (const RuleInfo& rule : AllRules()) {
    if (rule.origin != Origin::kKubernetes) continue;
    CHECK(rule.default_action == mountguard::policy::Action::kDeny);
    ++count;
  }
  CHECK(count == 25);  // 24 of mounts and devices, and undecodable
}

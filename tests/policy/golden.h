#ifndef MOUNTGUARD_TESTS_POLICY_GOLDEN_H_
#define MOUNTGUARD_TESTS_POLICY_GOLDEN_H_

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "policy/policy_loader.h"

namespace mountguard::policy {

/// Every problem as a person reads it.
inline std::string Rendered(const std::vector<PolicyProblem>& problems,
                            const std::vector<PolicyFile>& files) {
  std::string report;
  for (const PolicyProblem& problem : problems) report += Render(problem, files) + "\n";
  return report;
}

/// Of every NAME.yaml in `directory`, `report` must say what NAME.out holds.
/// MOUNTGUARD_UPDATE_GOLDEN=1 writes these anew. Returns how many there are.
template <class Report>
std::size_t CompareWithGolden(const std::filesystem::path& directory, const Report& report) {
  namespace fs = std::filesystem;
  const auto read = [](const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    REQUIRE(in);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    CAPTURE(path.filename());
    const std::string said = report(PolicyFile{path.filename().string(), read(path)});
    fs::path golden = path;
    golden.replace_extension(".out");
    if (std::getenv("MOUNTGUARD_UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << said;
    CHECK(said == read(golden));
  }
  return paths.size();
}

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_TESTS_POLICY_GOLDEN_H_

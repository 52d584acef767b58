#ifndef MOUNTGUARD_TESTS_CLI_GOLDEN_H_
#define MOUNTGUARD_TESTS_CLI_GOLDEN_H_

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace mountguard::cli {

/// What is shown must be what the file holds; MOUNTGUARD_UPDATE_GOLDEN=1 writes it anew.
inline void CompareWithGolden(const std::filesystem::path& golden, const std::string& shown) {
  INFO(golden);
  if (std::getenv("MOUNTGUARD_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << shown;
  }
  std::ifstream in(golden, std::ios::binary);
  CHECK(shown == std::string{std::istreambuf_iterator<char>(in), {}});
}

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_TESTS_CLI_GOLDEN_H_

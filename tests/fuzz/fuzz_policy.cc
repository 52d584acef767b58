// A policy file through the loader: it loads, or every problem has words and a place.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "policy/policy_loader.h"

using namespace mountguard;  // NOLINT: a program of one function

namespace {

constexpr std::size_t kMaxInput = 64 * 1024;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxInput) return 0;
  const std::vector<policy::PolicyFile> files = {
      {"fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size)}};
  const policy::LoadedPolicies loaded = policy::LoadPolicies(files);
  if (loaded.policies == nullptr && loaded.problems.empty()) std::abort();
  for (const policy::PolicyProblem& problem : loaded.problems) {
    if (problem.message.empty()) std::abort();
    if (policy::Render(problem, files).empty()) std::abort();
  }
  return 0;
}

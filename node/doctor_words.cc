#include <array>

#include "node/doctor.h"

namespace mountguard::node {
namespace {

constexpr std::array<std::string_view, 3> kNeeds = {"Bidirectional", "HostToContainer",
                                                    "RecursiveReadOnly"};
constexpr std::array<std::string_view, 4> kAnswers = {"served", "refused", "without-effect",
                                                      "unknown"};
constexpr std::array<std::string_view, 15> kCases = {
    "not-shared-root",   "separate-mount", "stacked-mounts",
    "slave-only",        "unbindable",     "runtime-namespace",
    "kubelet-namespace", "user-namespace", "container-in-container",
    "symlink",           "path-missing",   "private-below",
    "storage-root",      "kernel-too-old", "runtime-too-old"};

}  // namespace

std::string_view ToString(Need need) { return kNeeds[static_cast<std::size_t>(need)]; }

std::optional<Need> NeedFromText(std::string_view text) {
  for (std::size_t i = 0; i < kNeeds.size(); ++i) {
    if (kNeeds[i] == text) return static_cast<Need>(i);
  }
  return std::nullopt;
}

std::string_view ToString(Answer answer) { return kAnswers[static_cast<std::size_t>(answer)]; }

std::string_view ToString(Case one) { return kCases[static_cast<std::size_t>(one)]; }

const std::vector<Case>& AllCases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> cases;
    for (std::size_t i = 0; i < kCases.size(); ++i) cases.push_back(static_cast<Case>(i));
    return cases;
  }();
  return all;
}

}  // namespace mountguard::node

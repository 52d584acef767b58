#include "core/runtime.h"

#include <array>

namespace mountguard::core {
namespace {

constexpr std::array<std::string_view, 3> kRuntimes = {"containerd", "cri-o", "cri-dockerd"};

}  // namespace

std::string_view ToString(Runtime runtime) { return kRuntimes[static_cast<std::size_t>(runtime)]; }

std::optional<Runtime> RuntimeFromText(std::string_view text) {
  for (std::size_t i = 0; i < kRuntimes.size(); ++i) {
    if (kRuntimes[i] == text) return static_cast<Runtime>(i);
  }
  return std::nullopt;
}

}  // namespace mountguard::core

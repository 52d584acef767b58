#include "core/cri.h"

#include <array>

#include "core/go_quote.h"

namespace mountguard::core {
namespace {

constexpr std::array<std::string_view, 3> kModes = {"None", "HostToContainer", "Bidirectional"};
constexpr std::array<std::string_view, 3> kCri = {
    "PROPAGATION_PRIVATE", "PROPAGATION_HOST_TO_CONTAINER", "PROPAGATION_BIDIRECTIONAL"};
constexpr std::array<std::string_view, 3> kOci = {"rprivate", "rslave", "rshared"};
constexpr std::array<std::string_view, 3> kKernel = {"private", "slave", "shared"};

}  // namespace

std::string_view ToString(MountPropagationMode mode) {
  return kModes[static_cast<std::size_t>(mode)];
}

std::optional<MountPropagationMode> MountPropagationModeFromText(std::string_view text) {
  for (std::size_t i = 0; i < kModes.size(); ++i) {
    if (kModes[i] == text) return static_cast<MountPropagationMode>(i);
  }
  return std::nullopt;
}

std::string_view ToString(CriPropagation propagation) {
  return kCri[static_cast<std::size_t>(propagation)];
}

Result<CriPropagation> TranslateMountPropagation(std::optional<std::string_view> mode,
                                                 bool windows) {
  if (windows || !mode) return CriPropagation::kPrivate;
  const auto known = MountPropagationModeFromText(*mode);
  if (!known) return Failure("invalid MountPropagation mode: " + GoQuote(*mode));
  return static_cast<CriPropagation>(*known);  // both enumerations count up in visibility
}

std::string_view OciOption(CriPropagation propagation) {
  return kOci[static_cast<std::size_t>(propagation)];
}

std::string_view KernelPropagation(CriPropagation propagation) {
  return kKernel[static_cast<std::size_t>(propagation)];
}

}  // namespace mountguard::core

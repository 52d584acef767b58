#ifndef MOUNTGUARD_CORE_RUNTIME_H_
#define MOUNTGUARD_CORE_RUNTIME_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace mountguard::core {

/// The container runtimes whose handling of propagation is known.
enum class Runtime : std::uint8_t { kContainerd, kCrio, kCriDockerd };

/// "containerd", "cri-o", "cri-dockerd".
std::string_view ToString(Runtime runtime);
std::optional<Runtime> RuntimeFromText(std::string_view text);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_RUNTIME_H_

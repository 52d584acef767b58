#ifndef MOUNTGUARD_CORE_RUNTIME_H_
#define MOUNTGUARD_CORE_RUNTIME_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/cri.h"

namespace mountguard::core {

/// The container runtimes whose handling of propagation is known.
enum class Runtime : std::uint8_t { kContainerd, kCrio, kCriDockerd };

/// "containerd", "cri-o", "cri-dockerd".
std::string_view ToString(Runtime runtime);
std::optional<Runtime> RuntimeFromText(std::string_view text);

/// Where the runtime keeps images and containers, unless its configuration says otherwise.
/// "/var/lib/containerd", "/var/lib/containers/storage", "/var/lib/docker".
std::string_view StorageRoot(Runtime runtime);

/// True if the runtime mounts `host_path` (clean) rslave where the kubelet asks for PRIVATE,
/// because the path holds its storage root, or, with dockerd alone, lies inside it. Sources: CRI-O
/// addOCIBindMounts (since 1.28), moby validateBindDaemonRoot (since 18.03).
bool TurnsPrivateIntoSlave(Runtime runtime, std::string_view host_path);

/// What the runtime says, letter for letter, where the host's mount that holds `path` is not shared
/// (Bidirectional), or neither shared nor slave (HostToContainer). `mount_point` is where that
/// mount is mounted. `propagation` is not PRIVATE, which needs nothing of the host.
std::string NotSharedError(Runtime runtime, CriPropagation propagation, std::string_view path,
                           std::string_view mount_point);

/// What CRI-O says, letter for letter, of a recursively read-only mount that it has itself made
/// rslave (TurnsPrivateIntoSlave).
std::string RecursiveReadOnlyConflict(std::string_view path);

/// The sandbox that a RuntimeClass of that name stands for by custom: "Kata Containers", "gVisor",
/// "Sysbox"; nothing for any other name. The handler itself is not known from the pod.
std::optional<std::string_view> SandboxOfRuntimeClass(std::string_view name);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_RUNTIME_H_

#ifndef MOUNTGUARD_CORE_CRI_H_
#define MOUNTGUARD_CORE_CRI_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/result.h"

namespace mountguard::core {

/// v1.MountPropagationMode, the three that the API server takes.
enum class MountPropagationMode : std::uint8_t { kNone, kHostToContainer, kBidirectional };

/// "None", "HostToContainer", "Bidirectional".
std::string_view ToString(MountPropagationMode mode);
/// Nothing for any other text; the case matters.
std::optional<MountPropagationMode> MountPropagationModeFromText(std::string_view text);

/// runtime.v1.MountPropagation: what the kubelet asks of the container runtime.
enum class CriPropagation : std::uint8_t { kPrivate, kHostToContainer, kBidirectional };

/// "PROPAGATION_PRIVATE", "PROPAGATION_HOST_TO_CONTAINER", "PROPAGATION_BIDIRECTIONAL".
std::string_view ToString(CriPropagation propagation);

/// The kubelet's translation of a mount's `mountPropagation` (nothing: not set).
///
/// On Windows always PRIVATE, whatever the mode; unset and None are PRIVATE; a text that is no mode
/// fails with the kubelet's own error. Source: pkg/kubelet translateMountPropagation, v1.36.
Result<CriPropagation> TranslateMountPropagation(std::optional<std::string_view> mode,
                                                 bool windows);

/// What a Linux runtime makes of it, where it does not deviate (runtime.h): the OCI mount option.
/// "rprivate", "rslave", "rshared".
std::string_view OciOption(CriPropagation propagation);

/// The propagation type that the kernel gives the mount, in the words of mount_namespaces(7):
/// "private", "slave", "shared".
std::string_view KernelPropagation(CriPropagation propagation);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_CRI_H_

#ifndef MOUNTGUARD_POLICY_KUBERNETES_RULE_IDS_H_
#define MOUNTGUARD_POLICY_KUBERNETES_RULE_IDS_H_

#include <string_view>

namespace mountguard::policy {

// Ids of the rules of origin `kubernetes`: one for each thing that the API server's validation can
// say of a mount or a device. What they mean stands in all_rules.cc and docs/rules/.

inline constexpr std::string_view kBidirectionalRequiresPrivileged =
    "bidirectional-requires-privileged";
inline constexpr std::string_view kDeviceNameIsMount = "device-name-is-mount";
inline constexpr std::string_view kDeviceNameRequired = "device-name-required";
inline constexpr std::string_view kDeviceNameUnique = "device-name-unique";
inline constexpr std::string_view kDeviceNeedsClaim = "device-needs-claim";
inline constexpr std::string_view kDevicePathIsMount = "device-path-is-mount";
inline constexpr std::string_view kDevicePathNoBacksteps = "device-path-no-backsteps";
inline constexpr std::string_view kDevicePathRequired = "device-path-required";
inline constexpr std::string_view kDevicePathUnique = "device-path-unique";
inline constexpr std::string_view kDeviceVolumeNotFound = "device-volume-not-found";
inline constexpr std::string_view kEphemeralNoSubPath = "ephemeral-no-sub-path";
inline constexpr std::string_view kMountNameIsDevice = "mount-name-is-device";
inline constexpr std::string_view kMountNameRequired = "mount-name-required";
inline constexpr std::string_view kMountPathIsDevice = "mount-path-is-device";
inline constexpr std::string_view kMountPathRequired = "mount-path-required";
inline constexpr std::string_view kMountPathUnique = "mount-path-unique";
inline constexpr std::string_view kMountPropagationSupported = "mount-propagation-supported";
inline constexpr std::string_view kMountVolumeNotFound = "mount-volume-not-found";
inline constexpr std::string_view kRecursiveReadOnlyNeedsPrivate =
    "recursive-read-only-needs-private";
inline constexpr std::string_view kRecursiveReadOnlyNeedsReadOnly =
    "recursive-read-only-needs-read-only";
inline constexpr std::string_view kRecursiveReadOnlySupported = "recursive-read-only-supported";
inline constexpr std::string_view kSubPathExclusive = "sub-path-exclusive";
inline constexpr std::string_view kSubPathNoBacksteps = "sub-path-no-backsteps";
inline constexpr std::string_view kSubPathRelative = "sub-path-relative";
inline constexpr std::string_view kUndecodable = "undecodable";

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_RULE_IDS_H_

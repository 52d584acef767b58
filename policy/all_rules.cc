#include "policy/all_rules.h"

#include <algorithm>
#include <iterator>

#include "policy/advice/agent_mount_is_private.h"
#include "policy/advice/bidirectional_covers_other_mount.h"
#include "policy/advice/consumer_is_private.h"
#include "policy/advice/host_path_may_not_be_shared.h"
#include "policy/advice/producer_must_unmount.h"
#include "policy/advice/propagation_ignored_on_windows.h"
#include "policy/advice/propagation_in_sandboxed_runtime.h"
#include "policy/advice/propagation_in_user_namespace.h"
#include "policy/advice/propagation_on_projected_volume.h"
#include "policy/advice/propagation_with_sub_path.h"
#include "policy/advice/read_only_still_publishes.h"
#include "policy/advice/runtime_changes_propagation.h"
#include "policy/kubernetes/rule_ids.h"

namespace mountguard::policy {
namespace {

constexpr RuleInfo Kubernetes(std::string_view id, std::string_view summary,
                              std::string_view remedy) {
  return {id, Origin::kKubernetes, Action::kDeny, summary, remedy};
}

constexpr RuleInfo Advice(std::string_view id, Action default_action, AdviceCheck check,
                          std::string_view summary, std::string_view remedy) {
  return {id, Origin::kAdvice, default_action, summary, remedy, check};
}

constexpr RuleInfo Input(std::string_view id, std::string_view summary, std::string_view remedy) {
  return {id, Origin::kInput, Action::kWarn, summary, remedy};
}

constexpr RuleInfo kRules[] = {
    Advice(
        "agent-mount-is-private", Action::kWarn, CheckAgentMountIsPrivate,
        "An agent mounts a folder of the host in which mounts come and go, and will not see them",
        "Set mountPropagation: HostToContainer, or None if the agent shall not see later mounts."),
    Advice("bidirectional-covers-other-mount", Action::kWarn, CheckBidirectionalCoversOtherMount,
           "A Bidirectional mount has another mount inside it, which then appears on the host",
           "Publish only the folder that has to be seen, or mount the other one outside of it."),
    Kubernetes(
        kBidirectionalRequiresPrivileged,
        "A mount with mountPropagation Bidirectional is in a container that is not privileged",
        "Set securityContext.privileged: true on this container if it has to publish mounts "
        "to the host; if it only has to see the host's mounts, use HostToContainer."),
    Advice("consumer-is-private", Action::kOff, CheckConsumerIsPrivate,
           "A container mounts what another one publishes into, and may start before the mounts "
           "are there",
           "Set mountPropagation: HostToContainer, or None if the container shall not see them."),
    Kubernetes(
        kDeviceNameIsMount, "A volume is in the container's volumeDevices and in its volumeMounts",
        "Use the volume either as a block device or as a directory in this container: remove "
        "one of the two entries."),
    Kubernetes(kDeviceNameRequired, "A volume device does not name a volume",
               "Set name to the name of a volume in spec.volumes."),
    Kubernetes(kDeviceNameUnique, "A volume is used by two volume devices of one container",
               "Keep one entry of volumeDevices for this volume and remove the others."),
    Kubernetes(kDeviceNeedsClaim,
               "A volume device uses a volume that is no persistentVolumeClaim or ephemeral volume",
               "Make the volume a persistentVolumeClaim or an ephemeral volume whose claim has "
               "volumeMode: Block, or mount it with volumeMounts."),
    Kubernetes(kDevicePathIsMount,
               "A volume device has the path of one of the container's volume mounts",
               "Give the device a devicePath that no mountPath of this container has."),
    Kubernetes(kDevicePathNoBacksteps, "The devicePath of a volume device contains '..'",
               "Write devicePath without '..' elements, such as /dev/xvda."),
    Kubernetes(kDevicePathRequired, "A volume device has no devicePath",
               "Set devicePath to where the container shall find the device, such as /dev/xvda."),
    Kubernetes(kDevicePathUnique, "Two volume devices of one container have the same devicePath",
               "Give every device of this container a devicePath of its own."),
    Kubernetes(
        kDeviceVolumeNotFound,
        "A volume device names a volume that the pod does not have, or that is not valid",
        "Add the volume to spec.volumes, correct the name, or mend the volume if it is there: "
        "a volume with an invalid name or source does not count."),
    Input(kDroppedDocument, "Text after a line of three dots is dropped by kubectl without a word",
          "Begin the next document with --- instead of ending the one before with three dots."),
    Input(kDuplicateKey, "A key stands twice in one mapping, and only the last one counts",
          "Remove the entry that is not meant: kubectl takes the last one."),
    Kubernetes(kEphemeralNoSubPath, "A mount of an ephemeral container has subPath or subPathExpr",
               "Mount the whole volume in the ephemeral container and look below its mountPath."),
    Advice("host-path-may-not-be-shared", Action::kOff, CheckHostPathMayNotBeShared,
           "A mode needs a shared mount on the host, and only the node can tell whether it is one",
           "Make the mount that holds the path shared on every node, with mount --make-rshared."),
    Kubernetes(
        kMountNameIsDevice, "A volume is in the container's volumeMounts and in its volumeDevices",
        "Use the volume either as a directory or as a block device in this container: remove "
        "one of the two entries."),
    Kubernetes(kMountNameRequired, "A volume mount does not name a volume",
               "Set name to the name of a volume in spec.volumes."),
    Kubernetes(kMountPathIsDevice,
               "A volume mount has the path of one of the container's volume devices",
               "Give the mount a mountPath that no devicePath of this container has."),
    Kubernetes(kMountPathRequired, "A volume mount has no mountPath",
               "Set mountPath to the directory where the container shall see the volume."),
    Kubernetes(kMountPathUnique, "Two volume mounts of one container have the same mountPath",
               "Give every mount of this container a mountPath of its own; of two at one path only "
               "the last could be seen."),
    Kubernetes(kMountPropagationSupported,
               "The value of mountPropagation is none of None, HostToContainer and Bidirectional",
               "Write None, HostToContainer or Bidirectional exactly so, or leave the field out, "
               "which is None."),
    Kubernetes(
        kMountVolumeNotFound,
        "A volume mount names a volume that the pod does not have, or that is not valid",
        "Add the volume to spec.volumes, correct the name, or mend the volume if it is there: "
        "a volume with an invalid name or source does not count."),
    Advice("producer-must-unmount", Action::kAudit, CheckProducerMustUnmount,
           "A container publishes mounts from an emptyDir and has no preStop hook to unmount them",
           "Unmount in lifecycle.preStop what the container has mounted."),
    Advice("propagation-ignored-on-windows", Action::kWarn, CheckPropagationIgnoredOnWindows,
           "A pod for Windows nodes sets mountPropagation, which Windows does not have",
           "Remove mountPropagation from the mounts of Windows pods."),
    Advice("propagation-in-sandboxed-runtime", Action::kWarn, CheckPropagationInSandboxedRuntime,
           "A pod in a sandboxed runtime sets mountPropagation, which does not work there",
           "Run the pod without that RuntimeClass, or remove mountPropagation."),
    Advice(
        "propagation-in-user-namespace", Action::kWarn, CheckPropagationInUserNamespace,
        "A pod in a user namespace has a Bidirectional mount, which may or may not reach the host",
        "Use HostToContainer, or leave hostUsers out if the container has to publish mounts."),
    Advice("propagation-on-projected-volume", Action::kWarn, CheckPropagationOnProjectedVolume,
           "A volume of files, inside which nothing is ever mounted, is mounted with a mode",
           "Remove mountPropagation from mounts of configMap, secret, downwardAPI, projected and "
           "image volumes."),
    Advice("propagation-with-sub-path", Action::kWarn, CheckPropagationWithSubPath,
           "A mount has a mode and a subPath, and misses the mounts that are there at the start",
           "Mount the whole volume, or a volume that begins at that folder, without subPath."),
    Advice("read-only-still-publishes", Action::kAudit, CheckReadOnlyStillPublishes,
           "A Bidirectional mount is readOnly, which does not keep it from publishing mounts",
           "Use HostToContainer if the container only has to see mounts."),
    Kubernetes(kRecursiveReadOnlyNeedsPrivate,
               "A mount with recursiveReadOnly asks for mount propagation",
               "Remove mountPropagation, or set it to None; or do without recursiveReadOnly."),
    Kubernetes(kRecursiveReadOnlyNeedsReadOnly, "A mount with recursiveReadOnly is not readOnly",
               "Set readOnly: true on this mount, or remove recursiveReadOnly."),
    Kubernetes(kRecursiveReadOnlySupported,
               "The value of recursiveReadOnly is none of Disabled, IfPossible and Enabled",
               "Write Disabled, IfPossible or Enabled exactly so, or leave the field out, which is "
               "Disabled."),
    Advice(
        "runtime-changes-propagation", Action::kWarn, CheckRuntimeChangesPropagation,
        "A private mount holds the storage of CRI-O or Docker, which mounts it rslave instead",
        "Mount a folder that does not hold the storage, or set mountPropagation: HostToContainer."),
    Kubernetes(kSubPathExclusive, "A volume mount has both subPath and subPathExpr",
               "Keep subPath for a fixed path, or subPathExpr for one with $(VARIABLES)."),
    Kubernetes(kSubPathNoBacksteps, "The subPath or subPathExpr of a mount contains '..'",
               "Write the path inside the volume without '..' elements."),
    Kubernetes(kSubPathRelative, "The subPath or subPathExpr of a mount begins with a slash",
               "Remove the leading slash: the path is relative to the volume's root."),
    Kubernetes(kUndecodable, "The object is not what its kind says, so nothing can be judged",
               "Give the named field a value of the type that is asked for."),
};

constexpr bool AreSortedAndUnique() {
  for (std::size_t i = 1; i < std::size(kRules); ++i) {
    if (!(kRules[i - 1].id < kRules[i].id)) return false;
  }
  return true;
}
static_assert(AreSortedAndUnique(), "rules are found by id");

}  // namespace

const RuleInfo* AllRules::begin() { return std::begin(kRules); }

const RuleInfo* AllRules::end() { return std::end(kRules); }

const RuleInfo* AllRules::Find(std::string_view id) {
  const RuleInfo* rule = std::lower_bound(
      begin(), end(), id,
      [](const RuleInfo& known, std::string_view wanted) { return known.id < wanted; });
  return rule != end() && rule->id == id ? rule : nullptr;
}

}  // namespace mountguard::policy

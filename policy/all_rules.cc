#include "policy/all_rules.h"

#include <algorithm>
#include <iterator>

#include "policy/advice/agent_mount_is_private.h"
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
    Kubernetes(
        kBidirectionalRequiresPrivileged,
        "A mount with mountPropagation Bidirectional is in a container that is not privileged",
        "Set securityContext.privileged: true on this container if it has to publish mounts "
        "to the host; if it only has to see the host's mounts, use HostToContainer."),
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
    Kubernetes(kRecursiveReadOnlyNeedsPrivate,
               "A mount with recursiveReadOnly asks for mount propagation",
               "Remove mountPropagation, or set it to None; or do without recursiveReadOnly."),
    Kubernetes(kRecursiveReadOnlyNeedsReadOnly, "A mount with recursiveReadOnly is not readOnly",
               "Set readOnly: true on this mount, or remove recursiveReadOnly."),
    Kubernetes(kRecursiveReadOnlySupported,
               "The value of recursiveReadOnly is none of Disabled, IfPossible and Enabled",
               "Write Disabled, IfPossible or Enabled exactly so, or leave the field out, which is "
               "Disabled."),
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

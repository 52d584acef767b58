#include "policy/block.h"

#include <array>
#include <cstddef>

#include "core/pod_spec.h"

namespace mountguard::policy {
namespace {

using Field = BlockField;
using Type = ValueType;

constexpr Choice kAuthor = Choice::kAuthor;
constexpr Choice kOthers = Choice::kOthers;

constexpr std::array<BlockFieldInfo, 30> kFields = {{
    {"operations", Field::kOperations, Type::kWords, Scope::kRequest,
     "What is done; check takes CREATE unless --operation says otherwise"},
    {"users", Field::kUsers, Type::kPatterns, Scope::kRequest,
     "Who makes the request; of a workload's pods that is a controller", kOthers},
    {"groups", Field::kGroups, Type::kPatterns, Scope::kRequest,
     "Their groups: any may match a plain pattern, none a negated one", kOthers},
    {"namespaces", Field::kNamespaces, Type::kPatterns, Scope::kRequest,
     "The namespace of the object", kOthers},
    {"dryRun", Field::kDryRun, Type::kBool, Scope::kRequest, "Whether it is a dry run"},
    {"kinds", Field::kKinds, Type::kKinds, Scope::kRequest,
     "The kind of the object: DaemonSet of any group, DaemonSet.apps, Pod.core"},
    {"names", Field::kNames, Type::kPatterns, Scope::kRequest, "The name of the object", kAuthor},
    {"labels", Field::kLabels, Type::kSelector, Scope::kPod,
     "A label selector over the labels of the pod, or of the pod template", kAuthor},
    {"annotations", Field::kAnnotations, Type::kSelector, Scope::kPod,
     "A label selector over the annotations of the pod, or of the pod template", kAuthor},
    {"os", Field::kOs, Type::kWords, Scope::kPod, "The operating system of the pod"},
    {"serviceAccounts", Field::kServiceAccounts, Type::kPatterns, Scope::kPod,
     "The service account of the pod; not set is default", kAuthor},
    {"runtimeClasses", Field::kRuntimeClasses, Type::kPatterns, Scope::kPod,
     "The runtime class of the pod; not set is the empty text", kAuthor},
    {"priorityClasses", Field::kPriorityClasses, Type::kPatterns, Scope::kPod,
     "The priority class of the pod; not set is the empty text"},
    {"hostPID", Field::kHostPid, Type::kBool, Scope::kPod,
     "Whether the pod sees the host's processes"},
    {"hostNetwork", Field::kHostNetwork, Type::kBool, Scope::kPod,
     "Whether the pod is in the host's network"},
    {"hostUsers", Field::kHostUsers, Type::kBool, Scope::kPod,
     "Whether the pod has the host's users; true where it is not set"},
    {"containers", Field::kContainers, Type::kPatterns, Scope::kContainer,
     "The name of the container", kAuthor},
    {"containerTypes", Field::kContainerTypes, Type::kWords, Scope::kContainer,
     "What the container is; a sidecar is no initContainer here"},
    {"images", Field::kImages, Type::kImages, Scope::kContainer,
     "The image in full form: a pattern without registry gets docker.io, one without tag matches "
     "any",
     kOthers},
    {"privileged", Field::kPrivileged, Type::kBool, Scope::kContainer,
     "Whether the container is privileged; false where it is not set"},
    {"capabilities", Field::kCapabilities, Type::kCapabilities, Scope::kContainer,
     "Added capabilities, with or without CAP_; an added ALL is every one"},
    {"mountPropagation", Field::kMountPropagation, Type::kWords, Scope::kMount,
     "The mode of the mount; Unset where it is not set"},
    {"readOnly", Field::kReadOnly, Type::kBool, Scope::kMount,
     "Whether the mount is read-only; false where it is not set"},
    {"recursiveReadOnly", Field::kRecursiveReadOnly, Type::kWords, Scope::kMount,
     "Whether what is mounted below is read-only, too; Disabled where it is not set"},
    {"subPath", Field::kSubPath, Type::kBool, Scope::kMount,
     "Whether subPath or subPathExpr is set"},
    {"mountPath", Field::kMountPath, Type::kPath, Scope::kMount,
     "The mount's path in the container", kAuthor},
    {"volumeTypes", Field::kVolumeTypes, Type::kWords, Scope::kMount,
     "What the volume is: the field of it that is set"},
    {"volumes", Field::kVolumes, Type::kPatterns, Scope::kMount, "The name of the volume", kAuthor},
    {"hostPath", Field::kHostPath, Type::kPath, Scope::kMount,
     "The path of a hostPath volume with the mount's subPath; holds for no other volume"},
    {"csiDrivers", Field::kCsiDrivers, Type::kPatterns, Scope::kMount,
     "The driver of an inline CSI volume; holds for no other volume"},
}};

constexpr bool InOrder() {
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (kFields[i].field != static_cast<Field>(i)) return false;
  }
  return kFields.back().field == Field::kCsiDrivers;
}
static_assert(InOrder());

std::vector<std::string_view> VolumeTypeWords() {
  std::vector<std::string_view> words;
  for (int type = 0; type <= static_cast<int>(core::VolumeType::kVsphereVolume); ++type) {
    words.push_back(core::ToString(static_cast<core::VolumeType>(type)));
  }
  return words;
}
static_assert(static_cast<int>(core::VolumeType::kVsphereVolume) < 32, "WordSet has 32 bits");

}  // namespace

const BlockFieldInfo& InfoOf(BlockField field) { return kFields[static_cast<std::size_t>(field)]; }

const BlockFieldInfo* FindBlockField(std::string_view name) {
  for (const BlockFieldInfo& info : kFields) {
    if (info.name == name) return &info;
  }
  return nullptr;
}

const std::vector<std::string_view>& BlockFieldNames() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const BlockFieldInfo& info : kFields) all.push_back(info.name);
    return all;
  }();
  return names;
}

const std::vector<std::string_view>& WordsOf(BlockField field) {
  using Words = std::vector<std::string_view>;
  static const Words operations = {"CREATE", "UPDATE"};
  static const Words systems = {"linux", "windows"};
  static const Words container_types = {"container", "initContainer", "sidecar",
                                        "ephemeralContainer"};
  static const Words modes = {"None", "HostToContainer", "Bidirectional", "Unset"};
  static const Words recursive = {"Disabled", "IfPossible", "Enabled"};
  static const Words volume_types = VolumeTypeWords();
  static const Words none;
  switch (field) {
    case Field::kOperations:
      return operations;
    case Field::kOs:
      return systems;
    case Field::kContainerTypes:
      return container_types;
    case Field::kMountPropagation:
      return modes;
    case Field::kRecursiveReadOnly:
      return recursive;
    case Field::kVolumeTypes:
      return volume_types;
    default:
      return none;
  }
}

}  // namespace mountguard::policy

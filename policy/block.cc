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
    {"operations", Field::kOperations, Type::kWords, Scope::kRequest},
    {"users", Field::kUsers, Type::kPatterns, Scope::kRequest, kOthers},
    {"groups", Field::kGroups, Type::kPatterns, Scope::kRequest, kOthers},
    {"namespaces", Field::kNamespaces, Type::kPatterns, Scope::kRequest, kOthers},
    {"dryRun", Field::kDryRun, Type::kBool, Scope::kRequest},
    {"kinds", Field::kKinds, Type::kKinds, Scope::kRequest},
    {"names", Field::kNames, Type::kPatterns, Scope::kRequest, kAuthor},
    {"labels", Field::kLabels, Type::kSelector, Scope::kPod, kAuthor},
    {"annotations", Field::kAnnotations, Type::kSelector, Scope::kPod, kAuthor},
    {"os", Field::kOs, Type::kWords, Scope::kPod},
    {"serviceAccounts", Field::kServiceAccounts, Type::kPatterns, Scope::kPod, kAuthor},
    {"runtimeClasses", Field::kRuntimeClasses, Type::kPatterns, Scope::kPod, kAuthor},
    {"priorityClasses", Field::kPriorityClasses, Type::kPatterns, Scope::kPod},
    {"hostPID", Field::kHostPid, Type::kBool, Scope::kPod},
    {"hostNetwork", Field::kHostNetwork, Type::kBool, Scope::kPod},
    {"hostUsers", Field::kHostUsers, Type::kBool, Scope::kPod},
    {"containers", Field::kContainers, Type::kPatterns, Scope::kContainer, kAuthor},
    {"containerTypes", Field::kContainerTypes, Type::kWords, Scope::kContainer},
    {"images", Field::kImages, Type::kImages, Scope::kContainer, kOthers},
    {"privileged", Field::kPrivileged, Type::kBool, Scope::kContainer},
    {"capabilities", Field::kCapabilities, Type::kCapabilities, Scope::kContainer},
    {"mountPropagation", Field::kMountPropagation, Type::kWords, Scope::kMount},
    {"readOnly", Field::kReadOnly, Type::kBool, Scope::kMount},
    {"recursiveReadOnly", Field::kRecursiveReadOnly, Type::kWords, Scope::kMount},
    {"subPath", Field::kSubPath, Type::kBool, Scope::kMount},
    {"mountPath", Field::kMountPath, Type::kPath, Scope::kMount, kAuthor},
    {"volumeTypes", Field::kVolumeTypes, Type::kWords, Scope::kMount},
    {"volumes", Field::kVolumes, Type::kPatterns, Scope::kMount, kAuthor},
    {"hostPath", Field::kHostPath, Type::kPath, Scope::kMount},
    {"csiDrivers", Field::kCsiDrivers, Type::kPatterns, Scope::kMount},
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

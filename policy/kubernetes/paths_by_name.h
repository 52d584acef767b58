#ifndef MOUNTGUARD_POLICY_KUBERNETES_PATHS_BY_NAME_H_
#define MOUNTGUARD_POLICY_KUBERNETES_PATHS_BY_NAME_H_

#include <cstddef>
#include <string_view>

#include "core/pod_spec.h"
#include "core/text_map.h"

namespace mountguard::policy {

/// The paths of a container's mounts, or devices, by the name of their volume, for the question
/// whether the other list takes one of them. Of a repeated name only the last path is kept.
/// Source: core/validation GetVolumeMountMap and GetVolumeDeviceMap, v1.36.
class PathsByName {
 public:
  explicit PathsByName(core::Stretch<core::VolumeMount> mounts) {
    for (std::size_t i = mounts.size(); i-- > 0;) Add(mounts[i].name, mounts[i].mount_path);
  }
  explicit PathsByName(core::Stretch<core::VolumeDevice> devices) {
    for (std::size_t i = devices.size(); i-- > 0;) Add(devices[i].name, devices[i].device_path);
  }

  bool HasName(std::string_view name) const { return names_.Contains(name); }
  bool HasPath(std::string_view path) const { return paths_.Contains(path); }

 private:
  /// Called from the last element to the first.
  void Add(std::string_view name, std::string_view path) {
    if (names_.Insert(name)) paths_.Insert(path);
  }

  core::TextSet names_;
  core::TextSet paths_;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_PATHS_BY_NAME_H_

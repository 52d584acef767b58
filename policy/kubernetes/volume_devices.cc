#include "policy/kubernetes/volume_devices.h"

#include <cstddef>

#include "core/text_map.h"
#include "policy/kubernetes/local_path.h"
#include "policy/kubernetes/paths_by_name.h"
#include "policy/kubernetes/rule_ids.h"

namespace mountguard::policy {
namespace {

/// `names` holds those of the devices before this one.
void CheckName(const core::VolumeDevice& device, const core::TextSet& names,
               const DevicePlace& place) {
  if (device.name.empty()) place.Say(kDeviceNameRequired, "name", Required());
  if (names.Contains(device.name)) {
    place.Say(kDeviceNameUnique, "name", Invalid(device.name, "must be unique"));
  }
}

void CheckVolume(const core::VolumeDevice& device, const ValidVolumes& volumes,
                 const DevicePlace& place) {
  const core::Volume* volume = volumes.Find(device.name);
  if (volume == nullptr) {
    place.Say(kDeviceVolumeNotFound, "name", NotFound(device.name));
  } else if (volume->type != core::VolumeType::kPersistentVolumeClaim &&
             volume->type != core::VolumeType::kEphemeral) {
    place.Say(kDeviceNeedsClaim, "name",
              Invalid(device.name,
                      "can only use volume source type of PersistentVolumeClaim or "
                      "Ephemeral for block mode"));
  }
}

/// `paths` holds those of the devices before this one; one with a backstep is never added.
void CheckPath(const core::VolumeDevice& device, core::TextSet* paths, const DevicePlace& place) {
  const std::string_view path = device.device_path;
  if (path.empty()) place.Say(kDevicePathRequired, "devicePath", Required());
  if (paths->Contains(path)) {
    place.Say(kDevicePathUnique, "devicePath", Invalid(path, "must be unique"));
  }
  if (HasBackstep(path)) {
    place.Say(kDevicePathNoBacksteps, "devicePath",
              Invalid(path, "can not contain backsteps ('..')"));
  } else {
    paths->Insert(path);
  }
}

void CheckMountsApart(const core::VolumeDevice& device, const PathsByName& mounts,
                      const DevicePlace& place) {
  if (mounts.HasName(device.name)) {
    place.Say(kDeviceNameIsMount, "name",
              Invalid(device.name, "must not already exist in volumeMounts"));
  }
  if (mounts.HasPath(device.device_path)) {
    place.Say(kDevicePathIsMount, "devicePath",
              Invalid(device.device_path, "must not already exist as a path in volumeMounts"));
  }
}

}  // namespace

void CheckVolumeDevices(const ContainerScope& scope) {
  const core::Stretch<core::VolumeDevice> devices = scope.devices();
  if (devices.empty()) return;
  const PathsByName mounts(scope.mounts());
  core::TextSet names;
  core::TextSet paths;
  for (std::size_t i = 0; i < devices.size(); ++i) {
    const DevicePlace place(scope, static_cast<int>(i));
    CheckName(devices[i], names, place);
    CheckVolume(devices[i], scope.volumes, place);
    CheckPath(devices[i], &paths, place);
    CheckMountsApart(devices[i], mounts, place);
    if (!devices[i].name.empty()) names.Insert(devices[i].name);
  }
}

}  // namespace mountguard::policy

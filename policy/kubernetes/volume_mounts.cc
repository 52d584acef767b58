#include "policy/kubernetes/volume_mounts.h"

#include <cstddef>

#include "core/text_map.h"
#include "policy/kubernetes/local_path.h"
#include "policy/kubernetes/mount_propagation.h"
#include "policy/kubernetes/paths_by_name.h"
#include "policy/kubernetes/recursive_read_only.h"
#include "policy/kubernetes/rule_ids.h"

namespace mountguard::policy {
namespace {

void CheckName(const core::VolumeMount& mount, const ValidVolumes& volumes,
               const MountPlace& place) {
  if (mount.name.empty()) place.Say(kMountNameRequired, "name", Required());
  if (volumes.Find(mount.name) == nullptr) {
    place.Say(kMountVolumeNotFound, "name", NotFound(mount.name));
  }
}

/// `paths` holds those of the mounts before this one.
void CheckPath(const core::VolumeMount& mount, core::TextSet* paths, const MountPlace& place) {
  if (mount.mount_path.empty()) place.Say(kMountPathRequired, "mountPath", Required());
  if (!paths->Insert(mount.mount_path)) {
    place.Say(kMountPathUnique, "mountPath", Invalid(mount.mount_path, "must be unique"));
  }
}

void CheckDevicesApart(const core::VolumeMount& mount, const PathsByName& devices,
                       const MountPlace& place) {
  if (devices.HasName(mount.name)) {
    place.Say(kMountNameIsDevice, "name",
              Invalid(mount.name, "must not already exist in volumeDevices"));
  }
  if (devices.HasPath(mount.mount_path)) {
    place.Say(kMountPathIsDevice, "mountPath",
              Invalid(mount.mount_path, "must not already exist as a path in volumeDevices"));
  }
}

/// `field` is subPath or subPathExpr, which may hold `path`.
void CheckLocalDescending(std::string_view path, std::string_view field, const MountPlace& place) {
  if (IsAbsolute(path)) {
    place.SayWithoutIndex(kSubPathRelative, field, Invalid(path, "must be a relative path"));
  }
  if (HasBackstep(path)) {
    place.SayWithoutIndex(kSubPathNoBacksteps, field, Invalid(path, "must not contain '..'"));
  }
}

void CheckSubPath(const core::VolumeMount& mount, const MountPlace& place) {
  CheckLocalDescending(mount.sub_path, "subPath", place);
  if (!mount.sub_path.empty() && !mount.sub_path_expr.empty()) {
    place.Say(kSubPathExclusive, "subPathExpr",
              Invalid(mount.sub_path_expr, "subPathExpr and subPath are mutually exclusive"));
  }
  CheckLocalDescending(mount.sub_path_expr, "subPathExpr", place);
}

}  // namespace

void CheckVolumeMounts(const ContainerScope& scope) {
  const core::Stretch<core::VolumeMount> mounts = scope.mounts();
  const PathsByName devices(scope.devices());
  core::TextSet paths;
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const MountPlace place(scope, static_cast<int>(i));
    CheckName(mounts[i], scope.volumes, place);
    CheckPath(mounts[i], &paths, place);
    CheckDevicesApart(mounts[i], devices, place);
    CheckSubPath(mounts[i], place);
    CheckMountPropagation(mounts[i], scope.container(), place);
    CheckRecursiveReadOnly(mounts[i], place);
  }
}

void CheckEphemeralSubPaths(const ContainerScope& scope) {
  constexpr std::string_view kDetail = "cannot be set for an Ephemeral Container";
  const core::Stretch<core::VolumeMount> mounts = scope.mounts();
  for (std::size_t i = 0; i < mounts.size(); ++i) {
    const MountPlace place(scope, static_cast<int>(i));
    if (!mounts[i].sub_path.empty()) {
      place.Say(kEphemeralNoSubPath, "subPath", Forbidden(kDetail));
    }
    if (!mounts[i].sub_path_expr.empty()) {
      place.Say(kEphemeralNoSubPath, "subPathExpr", Forbidden(kDetail));
    }
  }
}

}  // namespace mountguard::policy

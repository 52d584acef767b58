#ifndef MOUNTGUARD_POLICY_KUBERNETES_CONTAINER_SCOPE_H_
#define MOUNTGUARD_POLICY_KUBERNETES_CONTAINER_SCOPE_H_

#include <string_view>
#include <vector>

#include "core/pod_spec.h"
#include "policy/finding.h"
#include "policy/kubernetes/field_error.h"
#include "policy/kubernetes/valid_volumes.h"
#include "policy/subject.h"

namespace mountguard::policy {

/// One container under validation: what its checks look at, and where they say what they find.
/// Borrows all that it refers to.
struct ContainerScope {
  const JudgedTemplate& pod_template;
  const ValidVolumes& volumes;
  int template_index;
  int container_index;  // into pod_template.pod.containers()
  ActionSet actions;
  std::vector<Finding>* findings;

  const core::ContainerView& container() const {
    return pod_template.pod.containers()[static_cast<std::size_t>(container_index)];
  }
  core::Stretch<core::VolumeMount> mounts() const { return pod_template.pod.Mounts(container()); }
  core::Stretch<core::VolumeDevice> devices() const {
    return pod_template.pod.Devices(container());
  }
};

/// One mount of a container, to be spoken of. Cheap: texts are made only when something is said.
class MountPlace {
 public:
  MountPlace(const ContainerScope& scope, int mount) : scope_(scope), mount_(mount) {}

  /// Adds a finding on `field` of the mount.
  void Say(std::string_view rule, std::string_view field, FieldError error) const;
  /// The same where upstream forgets which mount it speaks of: `error` then tells the path without
  /// the mount's index, `field` with it.
  void SayWithoutIndex(std::string_view rule, std::string_view field, FieldError error) const;

 private:
  const ContainerScope& scope_;
  int mount_;
};

/// One device of a container, to be spoken of.
class DevicePlace {
 public:
  DevicePlace(const ContainerScope& scope, int device) : scope_(scope), device_(device) {}

  /// Adds a finding on `field` of the device.
  void Say(std::string_view rule, std::string_view field, FieldError error) const;

 private:
  const ContainerScope& scope_;
  int device_;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_CONTAINER_SCOPE_H_

#ifndef MOUNTGUARD_CORE_POD_SPEC_H_
#define MOUNTGUARD_CORE_POD_SPEC_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_reader.h"

namespace mountguard::core {

/// In the order in which the API server validates them.
enum class ContainerType : std::uint8_t { kContainer, kInitContainer, kEphemeralContainer };

/// "container", "initContainer", "ephemeralContainer": as reports name them.
std::string_view ToString(ContainerType type);
/// "containers", "initContainers", "ephemeralContainers": the field of the PodSpec.
std::string_view FieldOf(ContainerType type);

/// v1.VolumeMount, after the API's defaulting.
struct VolumeMount {
  std::string_view name;
  std::string_view mount_path;
  std::string_view sub_path;
  std::string_view sub_path_expr;
  std::optional<std::string_view> mount_propagation;  // unset is not ""
  std::optional<std::string_view> recursive_read_only;
  bool read_only = false;

  /// The kubelet binds a subPath into a directory of its own, and that is what the runtime gets.
  bool has_sub_path() const { return !sub_path.empty() || !sub_path_expr.empty(); }
};

/// v1.VolumeDevice.
struct VolumeDevice {
  std::string_view name;
  std::string_view device_path;
};

/// The one source of a v1.Volume, named as its field is; unset is emptyDir by the API's defaulting.
enum class VolumeType : std::uint8_t {
  kAwsElasticBlockStore,
  kAzureDisk,
  kAzureFile,
  kCephfs,
  kCinder,
  kConfigMap,
  kCsi,
  kDownwardApi,
  kEmptyDir,
  kEphemeral,
  kFc,
  kFlexVolume,
  kFlocker,
  kGcePersistentDisk,
  kGitRepo,
  kGlusterfs,
  kHostPath,
  kImage,
  kIscsi,
  kNfs,
  kPersistentVolumeClaim,
  kPhotonPersistentDisk,
  kPortworxVolume,
  kProjected,
  kQuobyte,
  kRbd,
  kScaleIo,
  kSecret,
  kStorageOs,
  kVsphereVolume,
};

/// "hostPath", "emptyDir", ...: the field of the v1.Volume.
std::string_view ToString(VolumeType type);
std::optional<VolumeType> VolumeTypeFromField(std::string_view field);

/// v1.Volume. A volume with several sources is invalid; `type` is then the first in the text.
struct Volume {
  std::string_view name;
  VolumeType type = VolumeType::kEmptyDir;
  JsonValue source;  // the value under the source's field; absent where defaulting made it
  JsonValue json;    // the whole volume; null elements of the list are absent
  std::string_view host_path;  // hostPath.path, else ""
};

/// v1.Container or v1.EphemeralContainer. Its mounts and devices lie in the pod's flat lists.
struct ContainerView {
  ContainerType type = ContainerType::kContainer;
  int index = 0;  // in its own list
  std::string_view name;
  std::string_view image;
  bool privileged = false;  // securityContext.privileged; there is no such thing for a pod
  bool sidecar = false;     // an init container with restartPolicy Always
  bool has_pre_stop = false;
  bool judged = true;            // false: an ephemeral container that was there before this request
  JsonValue added_capabilities;  // securityContext.capabilities.add
  /// After the API's defaulting: "/dev/termination-log" where the container does not say.
  std::string_view termination_message_path;
  JsonValue json;
  std::size_t first_mount = 0, mount_count = 0;
  std::size_t first_device = 0, device_count = 0;

  /// Runs beside the app for as long as the pod does: no plain init container, no debug container.
  bool long_running() const { return type == ContainerType::kContainer || sidecar; }
};

/// A read-only stretch of one of the pod's flat lists. Invalidated by PodSpecView::Read.
template <class T>
class Stretch {
 public:
  Stretch(const T* first, std::size_t count) : first_(first), count_(count) {}
  const T* begin() const { return first_; }
  const T* end() const { return first_ + count_; }
  std::size_t size() const { return count_; }
  bool empty() const { return count_ == 0; }
  const T& operator[](std::size_t i) const { return first_[i]; }

 private:
  const T* first_;
  std::size_t count_;
};

/// What mountguard needs of a v1.PodSpec, decoded once, so that rules are total functions over it.
///
/// Borrowed: every text and JsonValue belongs to the parser that read the object. Meant to be kept
/// and read into again and again: its lists keep their capacity, so a warm one allocates nothing.
/// Copyable; not thread-safe while being read into.
class PodSpecView {
 public:
  /// Reads `spec`, which CheckDecodes (api_schema.h) has accepted; absent or null is the empty
  /// spec. Null elements of lists are zero values, as Go decodes them.
  void Read(JsonValue spec);

  /// Adds a volume, replacing one of the same name, as the StatefulSet controller does with a
  /// volumeClaimTemplate. Source: apps/validation volumesToAddForTemplates, v1.36.
  void OverrideWithClaim(std::string_view name);

  Stretch<VolumeMount> Mounts(const ContainerView& container) const {
    return {mounts_.data() + container.first_mount, container.mount_count};
  }
  Stretch<VolumeDevice> Devices(const ContainerView& container) const {
    return {devices_.data() + container.first_device, container.device_count};
  }
  /// All containers in the API server's order: containers, initContainers, ephemeralContainers.
  /// This is the one list: whoever walks it cannot forget a kind.
  const std::vector<ContainerView>& containers() const { return containers_; }
  std::vector<ContainerView>& mutable_containers() { return containers_; }
  const std::vector<Volume>& volumes() const { return volumes_; }
  /// The first volume of that name, or null.
  const Volume* FindVolume(std::string_view name) const;

  std::string_view os_name() const { return os_name_; }
  std::string_view service_account_name() const { return service_account_name_; }
  std::string_view runtime_class_name() const { return runtime_class_name_; }
  std::string_view priority_class_name() const { return priority_class_name_; }
  std::string_view restart_policy() const { return restart_policy_; }
  bool host_pid() const { return host_pid_; }
  bool host_network() const { return host_network_; }
  /// Unset is true by the API's meaning.
  bool host_users() const { return host_users_; }
  std::optional<bool> automount_service_account_token() const { return automount_token_; }
  /// True if the pod can only run on Windows: spec.os.name says so, or, where that is unset, the
  /// node selector or every term of the required node affinity asks for kubernetes.io/os windows.
  bool windows() const { return windows_; }

 private:
  void ReadVolumes(JsonValue volumes);
  void ReadContainers(JsonValue containers, ContainerType type);

  std::vector<Volume> volumes_;
  std::vector<ContainerView> containers_;
  std::vector<VolumeMount> mounts_;
  std::vector<VolumeDevice> devices_;
  std::string_view os_name_;
  std::string_view service_account_name_;
  std::string_view runtime_class_name_;
  std::string_view priority_class_name_;
  std::string_view restart_policy_;
  bool host_pid_ = false;
  bool host_network_ = false;
  bool host_users_ = true;
  bool windows_ = false;
  std::optional<bool> automount_token_;
};

/// "spec.containers[0]" for a container of the pod spec at `spec_path`.
std::string PathOf(std::string_view spec_path, const ContainerView& container);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_POD_SPEC_H_

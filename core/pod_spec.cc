#include "core/pod_spec.h"

#include <algorithm>
#include <array>

#include "core/field_path.h"

namespace mountguard::core {
namespace {

constexpr std::string_view kOsLabel = "kubernetes.io/os";
constexpr std::string_view kTerminationMessagePath = "/dev/termination-log";

/// In the order of VolumeType.
constexpr std::array<std::string_view, 30> kVolumeFields = {
    "awsElasticBlockStore",
    "azureDisk",
    "azureFile",
    "cephfs",
    "cinder",
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "fc",
    "flexVolume",
    "flocker",
    "gcePersistentDisk",
    "gitRepo",
    "glusterfs",
    "hostPath",
    "image",
    "iscsi",
    "nfs",
    "persistentVolumeClaim",
    "photonPersistentDisk",
    "portworxVolume",
    "projected",
    "quobyte",
    "rbd",
    "scaleIO",
    "secret",
    "storageos",
    "vsphereVolume",
};
static_assert(std::is_sorted(kVolumeFields.begin(), kVolumeFields.end()));
static_assert(kVolumeFields.size() == static_cast<std::size_t>(VolumeType::kVsphereVolume) + 1);

VolumeMount ReadMount(JsonValue json) {
  VolumeMount mount;
  for (const auto& [key, value] : json.Members()) {
    if (key == "name") {
      mount.name = value.AsString();
    } else if (key == "mountPath") {
      mount.mount_path = value.AsString();
    } else if (key == "readOnly") {
      mount.read_only = value.IsTrue();
    } else if (key == "mountPropagation") {
      mount.mount_propagation = value.AsOptionalString();
    } else if (key == "subPath") {
      mount.sub_path = value.AsString();
    } else if (key == "subPathExpr") {
      mount.sub_path_expr = value.AsString();
    } else if (key == "recursiveReadOnly") {
      mount.recursive_read_only = value.AsOptionalString();
    }
  }
  return mount;
}

VolumeDevice ReadDevice(JsonValue json) {
  return {json.Get("name").AsString(), json.Get("devicePath").AsString()};
}

Volume ReadVolume(JsonValue json) {
  Volume volume;
  volume.json = json;
  for (const auto& [key, value] : json.Members()) {
    if (key == "name") {
      volume.name = value.AsString();
    } else if (!volume.source.exists() && !value.IsAbsentOrNull()) {
      if (const auto type = VolumeTypeFromField(key)) {
        volume.type = *type;
        volume.source = value;
      }
    }
  }
  if (volume.type == VolumeType::kHostPath) volume.host_path = volume.source.Get("path").AsString();
  return volume;
}

/// True if the term can be met by Windows nodes alone.
bool TermDemandsWindows(JsonValue term) {
  for (JsonValue expression : term.Get("matchExpressions").Elements()) {
    if (expression.Get("key").AsString() != kOsLabel) continue;
    if (expression.Get("operator").AsString() != "In") continue;
    const JsonValue values = expression.Get("values");
    bool only_windows = values.Size() > 0;
    for (JsonValue value : values.Elements()) only_windows &= value.AsString() == "windows";
    if (only_windows) return true;
  }
  return false;
}

bool DemandsWindows(JsonValue node_selector, JsonValue affinity) {
  if (node_selector.Get(kOsLabel).AsString() == "windows") return true;
  const JsonValue terms = affinity.Get("nodeAffinity")
                              .Get("requiredDuringSchedulingIgnoredDuringExecution")
                              .Get("nodeSelectorTerms");
  bool all = terms.Size() > 0;  // terms are alternatives
  for (JsonValue term : terms.Elements()) all &= TermDemandsWindows(term);
  return all;
}

}  // namespace

std::string_view ToString(ContainerType type) {
  constexpr std::array<std::string_view, 3> kNames = {"container", "initContainer",
                                                      "ephemeralContainer"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view FieldOf(ContainerType type) {
  constexpr std::array<std::string_view, 3> kFields = {"containers", "initContainers",
                                                       "ephemeralContainers"};
  return kFields[static_cast<std::size_t>(type)];
}

std::string_view ToString(VolumeType type) { return kVolumeFields[static_cast<std::size_t>(type)]; }

std::optional<VolumeType> VolumeTypeFromField(std::string_view field) {
  const auto* found = std::lower_bound(kVolumeFields.begin(), kVolumeFields.end(), field);
  if (found == kVolumeFields.end() || *found != field) return std::nullopt;
  return static_cast<VolumeType>(found - kVolumeFields.begin());
}

std::string PathOf(std::string_view spec_path, const ContainerView& container) {
  const FieldPath spec(spec_path);
  const FieldPath list = spec.Child(FieldOf(container.type));
  return list.Index(container.index).ToString();
}

void PodSpecView::Read(JsonValue spec) {
  volumes_.clear();
  containers_.clear();
  mounts_.clear();
  devices_.clear();
  JsonValue containers, init_containers, ephemeral_containers, volumes;
  JsonValue os, node_selector, affinity;
  JsonValue service_account_name, deprecated_service_account;
  JsonValue runtime_class_name, priority_class_name, restart_policy;
  JsonValue host_pid, host_network, host_users, automount_token;
  for (const auto& [key, value] : spec.Members()) {
    if (key == "containers") {
      containers = value;
    } else if (key == "volumes") {
      volumes = value;
    } else if (key == "initContainers") {
      init_containers = value;
    } else if (key == "ephemeralContainers") {
      ephemeral_containers = value;
    } else if (key == "os") {
      os = value;
    } else if (key == "nodeSelector") {
      node_selector = value;
    } else if (key == "affinity") {
      affinity = value;
    } else if (key == "serviceAccountName") {
      service_account_name = value;
    } else if (key == "serviceAccount") {
      deprecated_service_account = value;
    } else if (key == "runtimeClassName") {
      runtime_class_name = value;
    } else if (key == "priorityClassName") {
      priority_class_name = value;
    } else if (key == "restartPolicy") {
      restart_policy = value;
    } else if (key == "hostPID") {
      host_pid = value;
    } else if (key == "hostNetwork") {
      host_network = value;
    } else if (key == "hostUsers") {
      host_users = value;
    } else if (key == "automountServiceAccountToken") {
      automount_token = value;
    }
  }
  ReadVolumes(volumes);
  ReadContainers(containers, ContainerType::kContainer);
  ReadContainers(init_containers, ContainerType::kInitContainer);
  ReadContainers(ephemeral_containers, ContainerType::kEphemeralContainer);
  os_name_ = os.Get("name").AsString();
  // Conversion to the internal type falls back to the deprecated field (core/v1/conversion.go).
  service_account_name_ = service_account_name.AsString();
  if (service_account_name_.empty()) {
    service_account_name_ = deprecated_service_account.AsString();
  }
  runtime_class_name_ = runtime_class_name.AsString();
  priority_class_name_ = priority_class_name.AsString();
  restart_policy_ = restart_policy.AsString();
  host_pid_ = host_pid.IsTrue();
  host_network_ = host_network.IsTrue();
  host_users_ = host_users.AsBool().value_or(true);
  automount_token_ = automount_token.AsBool();
  windows_ = os_name_.empty() ? DemandsWindows(node_selector, affinity) : os_name_ == "windows";
}

void PodSpecView::ReadVolumes(JsonValue volumes) {
  for (JsonValue json : volumes.Elements()) volumes_.push_back(ReadVolume(json));
}

void PodSpecView::ReadContainers(JsonValue containers, ContainerType type) {
  int index = 0;
  for (JsonValue json : containers.Elements()) {
    ContainerView container;
    container.type = type;
    container.index = index++;
    container.json = json;
    container.first_mount = mounts_.size();
    container.first_device = devices_.size();
    JsonValue mounts, devices, security_context, lifecycle, restart_policy;
    for (const auto& [key, value] : json.Members()) {
      if (key == "name") {
        container.name = value.AsString();
      } else if (key == "image") {
        container.image = value.AsString();
      } else if (key == "volumeMounts") {
        mounts = value;
      } else if (key == "volumeDevices") {
        devices = value;
      } else if (key == "securityContext") {
        security_context = value;
      } else if (key == "lifecycle") {
        lifecycle = value;
      } else if (key == "restartPolicy") {
        restart_policy = value;
      } else if (key == "terminationMessagePath") {
        container.termination_message_path = value.AsString();
      }
    }
    if (container.termination_message_path.empty()) {
      container.termination_message_path = kTerminationMessagePath;
    }
    for (JsonValue mount : mounts.Elements()) mounts_.push_back(ReadMount(mount));
    for (JsonValue device : devices.Elements()) devices_.push_back(ReadDevice(device));
    container.mount_count = mounts_.size() - container.first_mount;
    container.device_count = devices_.size() - container.first_device;
    container.privileged = security_context.Get("privileged").IsTrue();
    container.added_capabilities = security_context.Get("capabilities").Get("add");
    container.has_pre_stop = lifecycle.Get("preStop").IsObject();
    container.sidecar =
        type == ContainerType::kInitContainer && restart_policy.AsString() == "Always";
    containers_.push_back(container);
  }
}

void PodSpecView::OverrideWithClaim(std::string_view name) {
  const auto same_name = [name](const Volume& volume) { return volume.name == name; };
  volumes_.erase(std::remove_if(volumes_.begin(), volumes_.end(), same_name), volumes_.end());
  Volume claim;
  claim.name = name;
  claim.type = VolumeType::kPersistentVolumeClaim;
  volumes_.push_back(claim);
}

const Volume* PodSpecView::FindVolume(std::string_view name) const {
  for (const Volume& volume : volumes_) {
    if (volume.name == name) return &volume;
  }
  return nullptr;
}

}  // namespace mountguard::core

#ifndef MOUNTGUARD_NODE_CONTAINER_ID_H_
#define MOUNTGUARD_NODE_CONTAINER_ID_H_

#include <optional>
#include <string>
#include <string_view>

namespace mountguard::node {

/// Which container a process belongs to, as its cgroup says.
struct ContainerId {
  std::string id;       // 64 hexadecimal digits
  std::string pod_uid;  // of the pod, "" outside of pods; of static pods a hash without dashes
  std::string runtime;  // "containerd", "cri-o", "docker", "podman"; "" where only the id is told
};

/// True for 64 lowercase hexadecimal digits, as all runtimes number containers.
bool IsContainerId(std::string_view text);

/// Reads the lines of /proc/PID/cgroup, of cgroup v1, v2 or both. Nothing for a process in no
/// container, and for conmon, which looks after one from outside.
///
/// Known are the paths of the kubelet (pkg/kubelet/cm, v1.36) with the drivers systemd and
/// cgroupfs, and of containerd, CRI-O, dockerd and podman in them, nested or not:
///   /kubepods/burstable/podUID/ID
///   /kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/cri-containerd-ID.scope
///   /system.slice/containerd.service/kubepods-burstable-podUID.slice:cri-containerd:ID
/// Of containers in containers the innermost is told.
std::optional<ContainerId> ContainerOfCgroups(std::string_view cgroups);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_CONTAINER_ID_H_

#include "node/container_names.h"

#include <algorithm>
#include <utility>

namespace mountguard::node {
namespace {

constexpr std::string_view kPodLogs = "/var/log/pods";
constexpr std::string_view kContainerLogs = "/var/log/containers";

/// Where containerd keeps the bundles of running containers: the state directory of the
/// distribution, then the shim's own, then Kubernetes' namespace.
constexpr std::string_view kContainerdStates[] = {"/run/containerd", "/run/k3s/containerd",
                                                  "/run/k0s/containerd",
                                                  "/var/snap/microk8s/common/run/containerd"};
constexpr std::string_view kContainerdBundles = "/io.containerd.runtime.v2.task/k8s.io";

/// CRI-O's, by way of containers/storage; the configuration is in userdata/ there.
constexpr std::string_view kStorageContainers[] = {
    "/run/containers/storage/overlay-containers", "/var/lib/containers/storage/overlay-containers"};

/// dockerd's, for cri-dockerd.
constexpr std::string_view kDockerContainers = "/var/lib/docker/containers";

/// The names under which a runtime writes a container's names.
struct Keys {
  std::string_view container;
  std::string_view pod;
  std::string_view pod_namespace;
  std::string_view pod_uid;
  std::string_view type;
  std::string_view sandbox;  // the value of `type`
};

/// containerd pkg/cri/annotations, CRI-O pkg/annotations, cri-dockerd libdocker labels.
constexpr Keys kKeys[] = {
    {"io.kubernetes.cri.container-name", "io.kubernetes.cri.sandbox-name",
     "io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri.sandbox-uid",
     "io.kubernetes.cri.container-type", "sandbox"},
    {"io.kubernetes.container.name", "io.kubernetes.pod.name", "io.kubernetes.pod.namespace",
     "io.kubernetes.pod.uid", "io.kubernetes.cri-o.ContainerType", "sandbox"},
    {"io.kubernetes.container.name", "io.kubernetes.pod.name", "io.kubernetes.pod.namespace",
     "io.kubernetes.pod.uid", "io.kubernetes.docker.type", "podsandbox"},
};

/// Takes what the annotations or labels say; false if they name no pod.
bool TakeNames(core::JsonValue said, ContainerNames* names) {
  for (const Keys& keys : kKeys) {
    const std::string_view pod = said.Get(keys.pod).AsString();
    if (pod.empty()) continue;
    names->pod = pod;
    names->container = said.Get(keys.container).AsString();
    names->pod_namespace = said.Get(keys.pod_namespace).AsString();
    if (const auto uid = said.Get(keys.pod_uid).AsString(); !uid.empty()) names->pod_uid = uid;
    names->sandbox = names->sandbox || said.Get(keys.type).AsString() == keys.sandbox;
  }
  return !names->pod.empty();
}

}  // namespace

ContainerNamer::ContainerNamer(const ProcessReader& reader, const MountTable& host)
    : reader_(reader) {
  for (const std::string_view state : kContainerdStates) {
    bundles_.push_back(std::string(state).append(kContainerdBundles));
  }
  // A container's root is mounted at BUNDLES/ID/rootfs.
  constexpr std::string_view kRootfs = "/rootfs";
  for (const Mount& mount : host.mounts()) {
    std::string_view path = mount.mount_point;
    if (!path.ends_with(kRootfs)) continue;
    path.remove_suffix(kRootfs.size());
    const std::size_t slash = path.rfind('/');
    if (slash == std::string_view::npos || !IsContainerId(path.substr(slash + 1))) continue;
    std::string bundles(path.substr(0, slash));
    if (std::find(bundles_.begin(), bundles_.end(), bundles) == bundles_.end()) {
      bundles_.push_back(std::move(bundles));
    }
  }
}

std::optional<std::string> ContainerNamer::ConfigOf(std::string_view id) const {
  const std::string container(id);
  std::vector<std::string> candidates;
  for (const std::string& bundles : bundles_) {
    candidates.push_back(bundles + "/" + container + "/config.json");
  }
  for (const std::string_view storage : kStorageContainers) {
    candidates.push_back(std::string(storage) + "/" + container + "/userdata/config.json");
  }
  for (const std::string& candidate : candidates) {
    std::string path = reader_.PathOf(candidate);
    if (reader_.files().Open(path)) return path;
  }
  return std::nullopt;
}

ContainerNames ContainerNamer::NamesOf(const ContainerId& container) {
  ContainerNames names;
  names.pod_uid = container.pod_uid;
  const auto config = ConfigOf(container.id);
  if (config && ReadConfig(*config, &names)) return names;
  const std::string docker = reader_.PathOf(kDockerContainers) + "/" + container.id;
  if (ReadConfig(docker + "/config.v2.json", &names)) return names;
  if (ReadLogName(container.id, &names)) return names;
  if (!container.pod_uid.empty()) ReadPodFolder(container.pod_uid, &names);
  return names;
}

bool ContainerNamer::ReadConfig(const std::string& path, ContainerNames* names) {
  auto text = reader_.files().Read(path);
  if (!text) return false;
  const auto config = parser_.Parse(*text);
  if (!config) return false;
  const bool found = TakeNames(config->Get("annotations"), names) ||
                     TakeNames(config->Get("Config").Get("Labels"), names);
  if (found) names->source = path;
  return found;
}

/// The kubelet links POD_NAMESPACE_CONTAINER-ID.log for every container (pkg/kubelet/kuberuntime
/// legacyLogSymlink, v1.36).
bool ContainerNamer::ReadLogName(std::string_view id, ContainerNames* names) {
  const std::string folder = reader_.PathOf(kContainerLogs);
  if (!logs_) {
    auto listed = reader_.files().List(folder);
    logs_ = listed ? *std::move(listed) : std::vector<std::string>();
  }
  const std::string end = "-" + std::string(id) + ".log";
  for (const std::string& log : *logs_) {
    if (!log.ends_with(end)) continue;
    const std::string_view name = std::string_view(log).substr(0, log.size() - end.size());
    const std::size_t first = name.find('_');
    const std::size_t second = first == std::string_view::npos ? first : name.find('_', first + 1);
    if (second == std::string_view::npos) continue;
    names->pod = name.substr(0, first);
    names->pod_namespace = name.substr(first + 1, second - first - 1);
    names->container = name.substr(second + 1);
    names->source = folder + "/" + log;
    return true;
  }
  return false;
}

/// The kubelet's folder of a pod's logs is NAMESPACE_POD_UID.
bool ContainerNamer::ReadPodFolder(std::string_view pod_uid, ContainerNames* names) {
  const std::string folder = reader_.PathOf(kPodLogs);
  if (!pod_folders_) {
    auto listed = reader_.files().List(folder);
    pod_folders_ = listed ? *std::move(listed) : std::vector<std::string>();
  }
  const std::string end = "_" + std::string(pod_uid);
  for (const std::string& pod : *pod_folders_) {
    if (!pod.ends_with(end)) continue;
    const std::string_view name = std::string_view(pod).substr(0, pod.size() - end.size());
    const std::size_t underscore = name.find('_');
    if (underscore == std::string_view::npos) continue;
    names->pod_namespace = name.substr(0, underscore);
    names->pod = name.substr(underscore + 1);
    names->source = folder + "/" + pod;
    return true;
  }
  return false;
}

}  // namespace mountguard::node

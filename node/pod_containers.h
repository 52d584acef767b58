#ifndef MOUNTGUARD_NODE_POD_CONTAINERS_H_
#define MOUNTGUARD_NODE_POD_CONTAINERS_H_

#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "node/container_id.h"
#include "node/mountinfo.h"
#include "node/process.h"

namespace mountguard::node {

/// A container, and the process whose mounts are its own.
struct RunningContainer {
  std::string name;                   // in the pod; "" where nothing on the node tells it
  int pid = 0;                        // the lowest in it
  std::string id;                     // "" for a process in no container
  std::optional<std::string> config;  // the path, from here, of its OCI configuration
};

/// Which pod is meant.
struct WantedPod {
  std::string pod_namespace;
  std::string name;
  std::string uid;  // "" where it is not known: names alone count
};

/// The running containers of a pod, its sandbox apart, by their names. `host` is process 1's table.
core::Result<std::vector<RunningContainer>> FindContainers(const ProcessReader& reader,
                                                           const MountTable& host,
                                                           const WantedPod& pod);

/// The container that a process is in, as far as the node tells.
RunningContainer ContainerOfProcess(const ProcessReader& reader, const MountTable& host, int pid);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_POD_CONTAINERS_H_

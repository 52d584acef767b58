#ifndef MOUNTGUARD_NODE_CONTAINER_NAMES_H_
#define MOUNTGUARD_NODE_CONTAINER_NAMES_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_reader.h"
#include "node/container_id.h"
#include "node/mountinfo.h"
#include "node/process.h"

namespace mountguard::node {

/// What a container is called; "" for what is not known.
struct ContainerNames {
  std::string container;
  std::string pod;
  std::string pod_namespace;
  std::string pod_uid;
  bool sandbox = false;  // the pod's own container ("pause"), which the manifest does not name
  std::string source;    // the file that says so
};

/// Finds the names of containers in what runtimes and the kubelet leave on the node: the OCI
/// configuration beside the running container, which takes root to read, and else the names of the
/// log files, which everyone may list. No runtime is asked.
///
/// `reader` must outlive it. Not thread-safe: it keeps a parser.
class ContainerNamer {
 public:
  /// `host` is the host's own table: it shows where containerd keeps its containers, if elsewhere
  /// than usual. It is not kept.
  ContainerNamer(const ProcessReader& reader, const MountTable& host);

  ContainerNames NamesOf(const ContainerId& container);

  /// The path, from here, of the OCI configuration (config.json) of a running container; nothing if
  /// there is none in any of the runtimes' places, or none that may be read.
  std::optional<std::string> ConfigOf(std::string_view id) const;

 private:
  bool ReadConfig(const std::string& path, ContainerNames* names);
  bool ReadLogName(std::string_view id, ContainerNames* names);
  bool ReadPodFolder(std::string_view pod_uid, ContainerNames* names);

  const ProcessReader& reader_;
  std::vector<std::string> bundles_;  // directories with a directory for each container
  core::JsonParser parser_;
  std::optional<std::vector<std::string>> logs_;         // of /var/log/containers, when first asked
  std::optional<std::vector<std::string>> pod_folders_;  // of /var/log/pods
};

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_CONTAINER_NAMES_H_

#ifndef MOUNTGUARD_NODE_NODE_VIEW_H_
#define MOUNTGUARD_NODE_NODE_VIEW_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/runtime.h"
#include "node/process.h"
#include "node/service_unit.h"

namespace mountguard::node {

/// "6.1.0-44-amd64", "v2.0.1", "1.6.20~ds1" as far as it counts.
struct Version {
  int major = 0;
  int minor = 0;
  int patch = 0;

  bool AtLeast(int wanted_major, int wanted_minor, int wanted_patch = 0) const;
};
/// "1.6.20".
std::string ToString(const Version& version);
/// The first number with a dot in it, and what is joined to it by further dots.
std::optional<Version> VersionIn(std::string_view text);

/// A process of the node, and the mounts that it sees.
struct NodeProcess {
  int pid = 0;
  std::string program;  // "containerd", as the kernel names it: at most 15 bytes
  MountTable mounts;
  std::string service;                     // the systemd service that it runs in, or ""
  std::vector<NamespaceSetting> settings;  // of that service
  std::optional<Version> version;
};

/// Who does what with mounts on a node.
struct NodeView {
  std::optional<Version> kernel;
  NodeProcess host;                    // process 1
  std::optional<NodeProcess> runtime;  // whose mount table is asked when a container is made
  std::optional<NodeProcess> kubelet;  // mounts volumes
  core::Runtime kind = core::Runtime::kContainerd;
  std::string oci_runtime;  // "runc", "crun"; "" if none was found
  std::optional<Version> oci_version;
  bool user_namespace = false;      // process 1 is root only in a user namespace
  std::string container;            // what process 1 runs in: "a container of docker", or ""
  std::string distribution;         // "kind", "k3s", "microk8s", where mending differs; or ""
  std::vector<std::string> unseen;  // sentences: what could not be read, and what that leaves open

  /// The mount table that the runtime goes by: its own, or process 1's where none runs.
  const NodeProcess& maker() const { return runtime ? *runtime : host; }
};

/// What `PROGRAM --version` prints, asked of a program at a path of the node; nothing if it does
/// not run (program_version.h).
using VersionProbe = std::function<std::optional<std::string>(const std::string& program)>;

/// Which runtime is meant, where it is not the one that runs.
struct WantedRuntime {
  std::optional<core::Runtime> kind;
  int pid = 0;  // 0: found by its name
};

/// Looks at the node's processes. Without a wish the runtime that runs is taken, containerd where
/// none does. Fails where not even process 1's mounts can be read, or those of a process that was
/// wished for.
core::Result<NodeView> LookAtNode(const ProcessReader& reader, const WantedRuntime& wanted,
                                  const VersionProbe& probe);

/// True if both processes see one and the same tree of mounts. A mount has its id to itself and
/// belongs to one mount namespace, so tables that share an id are of one.
bool InSameNamespace(const MountTable& a, const MountTable& b);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_NODE_VIEW_H_

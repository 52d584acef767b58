#ifndef MOUNTGUARD_NODE_SERVICE_UNIT_H_
#define MOUNTGUARD_NODE_SERVICE_UNIT_H_

#include <string>
#include <string_view>
#include <vector>

#include "node/process.h"

namespace mountguard::node {

/// A setting that puts a service into a mount namespace of its own, whose mounts the host does not
/// see (systemd.exec(5), "mount namespace").
struct NamespaceSetting {
  std::string name;   // "PrivateTmp"
  std::string value;  // "yes"
  std::string file;   // of the node, in which it stands
  int line = 0;       // from 1
  std::string off;    // the value that takes it back: "no", or "" for a list
};

/// The systemd service of a process, as the lines of its /proc/PID/cgroup tell it
/// ("containerd.service"), or "".
std::string ServiceOfCgroups(std::string_view cgroups);

/// The settings in force of `service`, in the order in which systemd reads them: its unit file,
/// then the drop-ins of all directories by name. Files that cannot be read are passed over: without
/// root there are few.
std::vector<NamespaceSetting> NamespaceSettings(const ProcessReader& reader,
                                                const std::string& service);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_SERVICE_UNIT_H_

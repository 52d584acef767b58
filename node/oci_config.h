#ifndef MOUNTGUARD_NODE_OCI_CONFIG_H_
#define MOUNTGUARD_NODE_OCI_CONFIG_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_reader.h"
#include "core/result.h"
#include "core/runtime.h"

namespace mountguard::node {

/// A mount as the runtime wrote it down for runc or crun.
struct RecordedMount {
  std::string destination;
  std::string type;
  std::string source;
  std::vector<std::string> options;
  /// What the kubelet asked the runtime for, where it says so (CRI-O alone does).
  std::optional<core::CriPropagation> asked;

  /// "rshared", "slave", ...: the last that there is, as runc takes it; "" if there is none.
  std::string_view Propagation() const;
  bool Has(std::string_view option) const;
};

/// The OCI configuration of a running container.
struct RecordedContainer {
  std::string file;
  core::Runtime runtime = core::Runtime::kContainerd;
  std::string rootfs_propagation;  // linux.rootfsPropagation, or ""
  std::vector<RecordedMount> mounts;

  /// The last mount at `path`; null if there is none.
  const RecordedMount* At(std::string_view path) const;
};

/// Reads the config.json at `file`. Which runtime wrote it, its annotations tell: containerd's are
/// io.kubernetes.cri.*, CRI-O's io.kubernetes.cri-o.*; dockerd writes none.
core::Result<RecordedContainer> ReadOciConfig(const core::FileReader& files,
                                              const std::string& file);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_OCI_CONFIG_H_

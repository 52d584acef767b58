#ifndef MOUNTGUARD_NODE_SURVEY_H_
#define MOUNTGUARD_NODE_SURVEY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "node/container_id.h"
#include "node/container_names.h"
#include "node/mount_tree.h"
#include "node/mountinfo.h"
#include "node/oci_config.h"
#include "node/peer_groups.h"
#include "node/process.h"

namespace mountguard::node {

/// Which processes to look at.
struct Selection {
  std::vector<int> pids;
  std::vector<std::string> containers;  // ids, or beginnings of ids
  std::vector<std::string> pods;        // "NAMESPACE/NAME"
  bool all = false;                     // every mount namespace of the node
};

/// A mount namespace, as the process with the lowest id in it sees it.
struct MountNamespace {
  int pid = 0;
  std::string command;
  std::optional<std::uint64_t> number;  // nothing where it may not be read
  std::size_t processes = 0;            // in it, of those that were looked at
  bool host = false;                    // that of process 1
  std::optional<ContainerId> container;
  ContainerNames names;
  /// What the runtime made of the container, as root may read it: where a file system in memory
  /// stands right on the container's root, nothing else tells whose it is.
  std::optional<RecordedContainer> recorded;
  std::unique_ptr<const MountTable> table;
  std::unique_ptr<const MountTree> tree;  // of `table`
};

/// Something that could not be read, and why.
struct Unseen {
  std::string what;
  std::string why;
};

/// What was read of a node at one moment, or nearly: mounts may come and go between two tables.
struct Survey {
  std::vector<MountNamespace> namespaces;  // the host's first, if it could be read
  std::size_t asked_from = 0;  // the first that was asked for: 1 if the host is for comparison
  PeerGroups groups;           // of all namespaces, and of others where they tell more
  std::vector<Unseen> unseen;

  const MountNamespace* host() const {
    return !namespaces.empty() && namespaces.front().host ? &namespaces.front() : nullptr;
  }
};

/// Reads the selected processes' namespaces, each once, and the host's. Nothing selected is the
/// host alone. Of other namespaces nothing is kept but how their peer groups hang together, and
/// they are read only if that is not clear without them.
///
/// Fails if something that was asked for is not there or none of it can be read; what else cannot
/// be read is in `unseen`. Never changes anything.
core::Result<Survey> SurveyNode(const ProcessReader& reader, const Selection& selection);

/// "container agent of pod monitoring/agent-x1", "process 4242 (crond)", "the host": what a person
/// calls the namespace.
std::string TitleOf(const MountNamespace& one);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_SURVEY_H_

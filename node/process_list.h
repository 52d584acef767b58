#ifndef MOUNTGUARD_NODE_PROCESS_LIST_H_
#define MOUNTGUARD_NODE_PROCESS_LIST_H_

#include <optional>
#include <vector>

#include "core/result.h"
#include "node/container_id.h"
#include "node/process.h"

namespace mountguard::node {

/// A process, and the container that it is in.
struct FoundProcess {
  int pid = 0;
  std::optional<ContainerId> container;  // nothing outside of containers, or if it has ended
};

FoundProcess LookUpProcess(const ProcessReader& reader, int pid);

/// The processes of the node in ascending order: one pass over /proc. Fails as Pids() does; a
/// process that ends meanwhile is in the list, in no container.
core::Result<std::vector<FoundProcess>> ListProcesses(const ProcessReader& reader);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_PROCESS_LIST_H_

#ifndef MOUNTGUARD_NODE_RECURSIVE_READ_ONLY_H_
#define MOUNTGUARD_NODE_RECURSIVE_READ_ONLY_H_

#include "node/doctor.h"
#include "node/node_view.h"

namespace mountguard::node {

/// Whether the node can mount `finding->followed.path` recursively read-only. That asks nothing of
/// the mount, only of the programs: Linux 5.12 (mount_setattr), containerd 2.0 or CRI-O 1.30, and
/// runc 1.1 or crun 1.8.6 (KEP-3857). Cases and cures go into `finding`.
NeedFinding DiagnoseRecursiveReadOnly(const NodeView& view, PathFinding* finding);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_RECURSIVE_READ_ONLY_H_

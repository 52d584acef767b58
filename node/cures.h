#ifndef MOUNTGUARD_NODE_CURES_H_
#define MOUNTGUARD_NODE_CURES_H_

#include <string>
#include <string_view>
#include <vector>

#include "node/doctor.h"
#include "node/node_view.h"

namespace mountguard::node {

/// Makes the mount at `mount_point` shared: now, and where it is known how, for good.
std::vector<Cure> CuresForPrivateMount(const NodeView& view, std::string_view mount_point);

/// Leaves one mount at `mount_point`, where there are `height` on top of each other that show the
/// same directory or not, and makes it shared.
Cure CureForStack(std::string_view mount_point, int height, bool alike);

/// Brings `process` into the mount namespace of process 1.
Cure CureForNamespace(const NodeProcess& process);

/// `text` as one word of a shell.
std::string ShellWord(std::string_view text);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_CURES_H_

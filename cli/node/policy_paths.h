#ifndef MOUNTGUARD_CLI_NODE_POLICY_PATHS_H_
#define MOUNTGUARD_CLI_NODE_POLICY_PATHS_H_

#include <string>
#include <vector>

#include "node/doctor.h"
#include "policy/policy_set.h"

namespace mountguard::cli {

/// A host path, what is wanted of it, and by whom.
struct WantedPath {
  std::string path;
  std::vector<node::Need> needs;      // in their order, each once
  std::vector<std::string> asked_by;  // "rule \"x\" (file.yaml)"; none: the command line
};

/// The host paths that rules and exceptions name, with the modes that the same block names; a block
/// that names none speaks of all modes. What only speaks of None needs nothing of the node and is
/// left out. In the order of paths, each once.
std::vector<WantedPath> HostPathsOf(const policy::PolicySet& policies);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_POLICY_PATHS_H_

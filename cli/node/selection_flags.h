#ifndef MOUNTGUARD_CLI_NODE_SELECTION_FLAGS_H_
#define MOUNTGUARD_CLI_NODE_SELECTION_FLAGS_H_

#include <string>
#include <vector>

#include "cli/flags.h"
#include "core/result.h"
#include "node/survey.h"

namespace mountguard::cli {

/// Which processes of which node a command looks at: the flags that `node` commands share. The
/// flags point into it, so it stays where it is.
struct SelectionFlags {
  std::vector<std::string> pids;
  std::vector<std::string> containers;
  std::vector<std::string> pods;
  bool all = false;
  std::string root = "/";

  SelectionFlags() = default;
  SelectionFlags(const SelectionFlags&) = delete;
  SelectionFlags& operator=(const SelectionFlags&) = delete;

  FlagGroup Group();
  /// What was given; fails with what is wrong with a value.
  core::Result<node::Selection> Selection() const;
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_SELECTION_FLAGS_H_

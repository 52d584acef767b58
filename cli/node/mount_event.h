#ifndef MOUNTGUARD_CLI_NODE_MOUNT_EVENT_H_
#define MOUNTGUARD_CLI_NODE_MOUNT_EVENT_H_

#include <string>
#include <vector>

#include "core/clock.h"
#include "node/audience.h"
#include "node/mount_changes.h"
#include "node/survey.h"

namespace mountguard::cli {

/// One change in a namespace that is watched. Borrows all of it.
struct MountEvent {
  core::WallTime time;
  const node::MountNamespace* where = nullptr;
  node::MountChange change;
  /// Of what appeared: who sees it, or only the directory that it is on. Of what is gone: who still
  /// has it mounted. Indices are into `survey`.
  std::vector<node::Spectator> audience;
  const node::Survey* survey = nullptr;
};

/// "2026-05-01T00:00:00Z the host: appeared /mnt/x (tmpfs); seen by container a of pod b/c at /m;
/// not by container d of pod e/f (its /m is private)", without a line end.
std::string EventLine(const MountEvent& event);

/// The same as one line of JSON.
std::string EventJson(const MountEvent& event);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_MOUNT_EVENT_H_

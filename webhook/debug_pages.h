#ifndef MOUNTGUARD_WEBHOOK_DEBUG_PAGES_H_
#define MOUNTGUARD_WEBHOOK_DEBUG_PAGES_H_

#include <string>
#include <vector>

#include "core/clock.h"
#include "webhook/config.h"
#include "webhook/connection_table.h"
#include "webhook/policy_store.h"

namespace mountguard::webhook {

/// What a running server says of itself at /debug/ (--profiling), as JSON and never with a secret.
/// Pure but for DebugThreads, which reads /proc/self.

/// Every connection of the secure port: from where, doing what, for how long, with how many
/// requests; first those that would be closed first to make room.
std::string DebugConnections(const std::vector<ConnectionInfo>& connections);
/// The policy set in force: digest, files, profiles, policies with their rules and exceptions.
std::string DebugPolicy(const PolicyGeneration& generation, core::WallTime now);
/// The flags in force, those that were not given, too: {"secure-port":"8443",...}.
std::string DebugFlags(const std::vector<EffectiveFlag>& flags);
/// Each thread of the process with its name, state and CPU time in milliseconds.
std::string DebugThreads();

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_DEBUG_PAGES_H_

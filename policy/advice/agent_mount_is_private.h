#ifndef MOUNTGUARD_POLICY_ADVICE_AGENT_MOUNT_IS_PRIVATE_H_
#define MOUNTGUARD_POLICY_ADVICE_AGENT_MOUNT_IS_PRIVATE_H_

#include <vector>

#include "policy/advice/advice.h"

namespace mountguard::policy {

/// agent-mount-is-private (docs/rules/agent-mount-is-private.md): a long-running container looks,
/// read only and without a mode, at a folder of the host in which mounts come and go. It sees those
/// of the moment it started; each later one stays an empty folder to it.
void CheckAgentMountIsPrivate(const AdviceContext& context, std::vector<AdviceFinding>* findings);

/// True if that rule speaks of the mount.
bool IsPrivateAgentMount(const AdviceContext& context, const MountSite& site);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_AGENT_MOUNT_IS_PRIVATE_H_

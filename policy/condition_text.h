#ifndef MOUNTGUARD_POLICY_CONDITION_TEXT_H_
#define MOUNTGUARD_POLICY_CONDITION_TEXT_H_

#include <string>

#include "policy/block.h"
#include "policy/mount_facts.h"

namespace mountguard::policy {

/// What a condition asks for, in the words of a policy: "Bidirectional, HostToContainer",
/// "under /var/lib/kubelet", "app in (a, b)". Names and patterns are as their authors wrote them.
std::string WantedText(const Condition& condition);

/// What is there of what the condition asks for: "None", "/srv/data", "app=x"; "unknown" where the
/// facts are silent, "none" where there is nothing of the kind.
std::string FoundText(const Condition& condition, const MountFacts& facts);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_CONDITION_TEXT_H_

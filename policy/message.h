#ifndef MOUNTGUARD_POLICY_MESSAGE_H_
#define MOUNTGUARD_POLICY_MESSAGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "policy/matcher.h"
#include "policy/policy_set.h"

namespace mountguard::policy {

/// The placeholders that a rule's message may hold, without braces, as the loader checks them.
const std::vector<std::string_view>& MessagePlaceholders();

/// The words in braces in a text: "{namespace}" is "namespace". Other braces are just text.
std::vector<std::string_view> PlaceholdersIn(std::string_view text);

/// What a rule says of the mount: its message with the placeholders filled, or a sentence made of
/// its name and description where it has none. What is not known or not there is said in brackets.
std::string RuleMessage(const PolicyRule& rule, const MountFacts& facts);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_MESSAGE_H_

#ifndef MOUNTGUARD_POLICY_SOURCE_TEXT_H_
#define MOUNTGUARD_POLICY_SOURCE_TEXT_H_

#include <optional>
#include <string_view>

#include "policy/policy_yaml.h"

namespace mountguard::policy {

/// The apiVersion of everything that people write for mountguard.
inline constexpr std::string_view kApiVersion = "mountguard.io/v1";

std::string_view WithoutByteOrderMark(std::string_view text);

/// What makes a text unfit to be parsed: too many bytes, bytes that are no UTF-8, control
/// characters (yaml-cpp takes some of them for the end of the text). `what` is what it ought to be:
/// "a policy".
std::optional<YamlTree::Problem> FindUnreadable(std::string_view text, std::string_view what);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_SOURCE_TEXT_H_

#ifndef MOUNTGUARD_POLICY_CEL_TEXT_H_
#define MOUNTGUARD_POLICY_CEL_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

namespace mountguard::policy {

/// Pieces of CEL, Kubernetes' expression language, as text. Every function that gives a boolean
/// expression gives one that can stand beside && without parentheses of its own.

inline constexpr std::string_view kCelTrue = "true";
inline constexpr std::string_view kCelFalse = "false";

/// `text` as a string literal, quotes included.
std::string CelString(std::string_view text);
/// `['a', 'b']`.
std::string CelStrings(const std::vector<std::string>& texts);

/// The conjunction of `terms`; "true" if there is none. Constants among them are folded away.
std::string CelAll(const std::vector<std::string>& terms);
/// The disjunction of `terms` in parentheses; "false" if there is none.
std::string CelAny(const std::vector<std::string>& terms);
std::string CelNot(std::string_view term);

/// Names of strings that stand for the placeholders of patterns and paths.
struct CelPlaceholders {
  std::string_view namespace_name;
  std::string_view service_account;
};

/// Whether the string `value` matches one pattern of a policy (policy/glob.h), placeholders filled.
std::string CelMatches(std::string_view value, std::string_view pattern,
                       const CelPlaceholders& placeholders);
/// The same where "{namespace}" is just text.
std::string CelMatches(std::string_view value, std::string_view pattern);

/// `text` with its placeholders filled, as an expression of a string.
std::string CelFilled(std::string_view text, const CelPlaceholders& placeholders);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_CEL_TEXT_H_

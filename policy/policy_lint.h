#ifndef MOUNTGUARD_POLICY_POLICY_LINT_H_
#define MOUNTGUARD_POLICY_POLICY_LINT_H_

#include <span>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "policy/policy_loader.h"
#include "policy/policy_set.h"

namespace mountguard::policy {

/// One kind of warning about a policy that is right as far as the loader goes.
struct LintInfo {
  std::string_view id;
  std::string_view summary;  // one line: what it warns of, without a full stop
  std::string_view remedy;   // one sentence: what to do about it
};

/// All kinds of warnings, sorted by id.
std::span<const LintInfo> AllLints();

/// What is doubtful in policies that were loaded without errors: a pure function of both arguments.
/// Warnings only, in the order of files and positions; each is given only where it is certain.
/// `now` is what exceptions' expiry is held against.
std::vector<PolicyProblem> LintPolicies(const PolicySet& policies, core::WallTime now);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_POLICY_LINT_H_

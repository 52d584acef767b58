#ifndef MOUNTGUARD_POLICY_POLICY_LINT_H_
#define MOUNTGUARD_POLICY_POLICY_LINT_H_

#include <vector>

#include "core/clock.h"
#include "policy/policy_loader.h"
#include "policy/policy_set.h"

namespace mountguard::policy {

/// What is doubtful in policies that were loaded without errors: a pure function of both arguments.
/// Warnings only (lint_table.h), in the order of files and positions; each is given only where it
/// is certain. `now` is what exceptions' expiry is held against.
std::vector<PolicyProblem> LintPolicies(const PolicySet& policies, core::WallTime now);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_POLICY_LINT_H_

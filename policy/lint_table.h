#ifndef MOUNTGUARD_POLICY_LINT_TABLE_H_
#define MOUNTGUARD_POLICY_LINT_TABLE_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace mountguard::policy {

/// What a policy that loads can be warned of, in the order of the ids. The ids are an interface:
/// users look them up in docs/policy-reference.md.
enum Lint : std::size_t {
  kBlockWithoutEffect,
  kExceptionForSilentRule,
  kExceptionMissesRule,
  kExceptionOnAuthorControlledFacts,
  kExcludeCoversMatch,
  kExpiredException,
  kKindWithoutPods,
  kMatchesNothing,
  kRepeatsKubernetesRule,
  kRequireCoversMatch,
  kUsersOnControllerPods,
};

/// One kind of warning about a policy that is right as far as the loader goes.
struct LintInfo {
  std::string_view id;
  std::string_view summary;  // one line: what it warns of, without a full stop
  std::string_view remedy;   // one sentence: what to do about it
};

/// All kinds of warnings, sorted by id: that of a `Lint` stands at its place.
std::span<const LintInfo> AllLints();

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_LINT_TABLE_H_

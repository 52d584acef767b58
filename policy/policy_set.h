#ifndef MOUNTGUARD_POLICY_POLICY_SET_H_
#define MOUNTGUARD_POLICY_POLICY_SET_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/clock.h"
#include "core/source_pos.h"
#include "policy/block.h"
#include "policy/finding.h"

namespace mountguard::policy {

/// The model of docs/policy-reference.md, as the loader checked it.

struct PolicyRule {
  std::string name;
  std::string description;
  std::vector<Block> match;    // any of them
  std::vector<Block> exclude;  // and none of these
  std::vector<Block> require;  // a finding unless one of these holds, or always if there is none
  ActionSet actions = Action::kDeny;
  std::string message;  // with placeholders; "" for one that is made of the rule's name
  core::SourcePos position;
};

struct PolicyException {
  std::string name;
  std::vector<std::string> rules;  // names of rules and built-in ids, sorted
  std::vector<Block> match;
  std::string reason;
  std::optional<core::WallTime> expires;  // the first moment at which it spares nothing
  core::SourcePos position;
  core::SourcePos expires_position;
  std::vector<core::SourcePos> rule_positions;  // of `rules`, in their order

  bool ExpiredAt(core::WallTime now) const { return expires && now >= *expires; }
};

/// A custom kind with pod templates.
struct CustomKind {
  std::string group;
  std::string kind;
  std::vector<std::string> paths;
};

/// One MountPolicy.
struct MountPolicy {
  std::string name;
  std::string file;                   // what messages call the file that it stands in
  std::vector<std::string> profiles;  // sorted; none: in every profile
  std::optional<Action> kubernetes_rules;
  std::vector<std::pair<std::string, Action>> advice;  // by id, sorted
  std::vector<CustomKind> pod_templates;
  std::vector<PolicyRule> rules;
  std::vector<PolicyException> exceptions;

  bool IsIn(std::string_view profile) const;
};

/// All policies that are loaded together. Immutable and thread-safe.
class PolicySet {
 public:
  explicit PolicySet(std::vector<MountPolicy> policies);

  const std::vector<MountPolicy>& policies() const { return policies_; }
  /// The names of all profiles, sorted.
  const std::vector<std::string>& profiles() const { return profiles_; }
  /// True for "" and for every name of profiles().
  bool HasProfile(std::string_view profile) const;
  /// "sha256:..." over what decides: file names, positions, comments, descriptions, reasons and the
  /// order within lists do not change it.
  const std::string& digest() const { return digest_; }
  /// How many rules policy authors wrote.
  std::size_t rule_count() const { return rule_count_; }

 private:
  std::vector<MountPolicy> policies_;
  std::vector<std::string> profiles_;
  std::string digest_;
  std::size_t rule_count_ = 0;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_POLICY_SET_H_

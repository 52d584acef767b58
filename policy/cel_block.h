#ifndef MOUNTGUARD_POLICY_CEL_BLOCK_H_
#define MOUNTGUARD_POLICY_CEL_BLOCK_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/block.h"
#include "policy/matcher.h"
#include "policy/policy_set.h"

namespace mountguard::policy {

/// What the expressions of blocks and messages stand on: the variables of an exported policy
/// (cel_export.cc), and the two that a comprehension over them binds.
namespace cel {
inline constexpr std::string_view kTemplate = "variables.template";
inline constexpr std::string_view kSpec = "variables.spec";
inline constexpr std::string_view kWindows = "variables.windows";
inline constexpr std::string_view kServiceAccount = "variables.serviceAccount";
inline constexpr std::string_view kNamespace = "request.namespace";
/// `c` is an element of variables.containers: {type, container, image, mounts}; `m` one of its
/// mounts: {mount, volume, hostPath, mountPath, openEnd, anywhere}.
inline constexpr std::string_view kContainer = "c.container";
inline constexpr std::string_view kMount = "m.mount";
inline constexpr std::string_view kVolume = "m.volume";
}  // namespace cel

/// Facts of containers and mounts that are derived, and only for policies that ask for them.
struct CelNeeds {
  bool image = false;       // c.image: {repository, tag, digest}
  bool volume = false;      // m.volume
  bool mount_path = false;  // m.mountPath, clean
  bool host_path = false;   // m.hostPath, clean; m.openEnd and m.anywhere
  bool windows = false;
  bool service_account = false;

  void Add(const std::vector<Block>& blocks);
  /// Of a message: the text after the loader's checks.
  void AddMessage(std::string_view message);
};

/// Whether any of `blocks` holds for the mount `m` of the container `c`: exactly when AnyHolds
/// (matcher.h) is true of it, on an API server, where nothing is unknown.
std::string CelAnyHolds(const std::vector<Block>& blocks, Polarity polarity);

/// Why CEL cannot say what one of `blocks` says; nothing if it can.
std::optional<std::string> WhyInexpressible(const std::vector<Block>& blocks);

/// RuleMessage (message.h) as an expression of a string, over `c` and `m`.
std::string CelRuleMessage(const PolicyRule& rule);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_CEL_BLOCK_H_

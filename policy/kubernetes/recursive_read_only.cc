#include "policy/kubernetes/recursive_read_only.h"

#include <string_view>

#include "policy/kubernetes/field_check.h"
#include "policy/kubernetes/rule_ids.h"

namespace mountguard::policy {

void CheckRecursiveReadOnly(const core::VolumeMount& mount, const MountPlace& place) {
  constexpr std::string_view kField = "recursiveReadOnly";
  if (!mount.recursive_read_only || *mount.recursive_read_only == "Disabled") return;
  if (!IsOneOf(*mount.recursive_read_only, {"Enabled", "IfPossible"})) {
    place.SayWithoutIndex(
        kRecursiveReadOnlySupported, kField,
        NotSupported(*mount.recursive_read_only, {"Disabled", "Enabled", "IfPossible"}));
    return;
  }
  if (!mount.read_only) {
    place.SayWithoutIndex(kRecursiveReadOnlyNeedsReadOnly, kField,
                          Forbidden("may only be specified when readOnly is true"));
  }
  if (mount.mount_propagation.value_or("None") != "None") {
    place.SayWithoutIndex(
        kRecursiveReadOnlyNeedsPrivate, kField,
        Forbidden("may only be specified when mountPropagation is None or not specified"));
  }
}

}  // namespace mountguard::policy

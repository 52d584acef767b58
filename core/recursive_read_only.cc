#include "core/recursive_read_only.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "core/cri.h"
#include "core/go_quote.h"

namespace mountguard::core {
namespace {

auto RefusedBecause(const VolumeMount& mount, std::string_view why) {
  return Failure(fmt::format("volume {} requested recursive read-only mode, but it is {}",
                             GoQuote(mount.name), why));
}

}  // namespace

Result<bool> ResolveRecursiveReadOnly(const VolumeMount& mount, bool supported) {
  const std::string_view mode = mount.recursive_read_only.value_or("Disabled");
  if (mode == "Disabled") return false;
  if (!mount.read_only) return RefusedBecause(mount, "not read-only");
  const std::string_view propagation = mount.mount_propagation.value_or("None");
  if (propagation != ToString(MountPropagationMode::kNone)) {
    return RefusedBecause(mount,
                          fmt::format("not compatible with propagation {}", GoQuote(propagation)));
  }
  if (mode == "IfPossible") return supported;
  if (mode != "Enabled") {
    return Failure(fmt::format("unknown recursive read-only mode {}", GoQuote(mode)));
  }
  if (!supported) return RefusedBecause(mount, "not supported by the runtime");
  return true;
}

}  // namespace mountguard::core

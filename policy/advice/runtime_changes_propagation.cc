#include "policy/advice/runtime_changes_propagation.h"

#include <fmt/format.h>

#include <string>

#include "core/path.h"
#include "policy/verdict.h"

namespace mountguard::policy {
namespace {

/// A recursively read-only mount has to be private, and CRI-O holds its own change against it.
std::string RecursiveReadOnlyFailure(const AdviceContext& context, const MountSite& site,
                                     std::string_view host_path) {
  const bool recursive =
      site.mount.recursive_read_only && (*site.mount.recursive_read_only == "Enabled" ||
                                         *site.mount.recursive_read_only == "IfPossible");
  if (!recursive || context.runtime != core::Runtime::kCrio) return "";
  return fmt::format(" (with recursiveReadOnly it does not start at all: {})",
                     core::RecursiveReadOnlyConflict(host_path));
}

std::string Sentence(const AdviceContext& context, const MountSite& site,
                     std::string_view host_path) {
  return fmt::format(
      "{}: \"{}\" holds the storage of {} ({}), which therefore mounts it rslave instead of "
      "rprivate: the container sees what the host mounts later, and does not start where the "
      "host's "
      "mount is neither shared nor slave{}; mount a folder that does not hold it, or set "
      "HostToContainer to say that this is meant",
      DescribeMount(site.container, site.mount), host_path, ToString(context.runtime),
      core::StorageRoot(context.runtime), RecursiveReadOnlyFailure(context, site, host_path));
}

}  // namespace

void CheckRuntimeChangesPropagation(const AdviceContext& context,
                                    std::vector<AdviceFinding>* findings) {
  if (context.runtime == core::Runtime::kContainerd || context.pod.windows()) return;
  ForEachMount(context, [&](const MountSite& site) {
    if (AsksForPropagation(site.mount)) return;
    if (context.graph.PropagationOf(site.mount) != core::CriPropagation::kHostToContainer) return;
    const VolumePlace place = context.graph.PlaceOf(site.mount);
    // A folder inside Docker's own is changed as well, and nobody there minds.
    if (!core::IsAtOrUnder(core::StorageRoot(context.runtime), place.path)) return;
    if (!ModeMatters(context, place.volume)) return;
    findings->push_back(site.Says(Sentence(context, site, place.path)));
  });
}

}  // namespace mountguard::policy

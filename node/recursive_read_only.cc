#include "node/recursive_read_only.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "core/recursive_read_only.h"
#include "core/runtime.h"

namespace mountguard::node {
namespace {

using core::Runtime;

NeedFinding Refused(std::string_view by, std::string error, std::string why) {
  return {Need::kRecursiveReadOnly, Answer::kRefused, std::move(error), std::string(by),
          std::move(why)};
}

NeedFinding Unknown(std::string_view what) {
  return {Need::kRecursiveReadOnly, Answer::kUnknown, "", "",
          fmt::format("{} decides it, and is not known", what)};
}

NeedFinding TooOld(Case id, std::string_view program, const Version& version,
                   std::string_view wanted, PathFinding* finding) {
  const std::string why =
      fmt::format("{} is {}, and it takes {}", program, ToString(version), wanted);
  finding->cases.push_back({id, why});
  Cure cure;
  cure.changes = fmt::format(
      "A newer {} ({} or later) mends it. Until then a pod with recursiveReadOnly: Enabled does "
      "not "
      "start, and one with IfPossible gets a mount whose submounts can be written to, without a "
      "word.",
      program, wanted);
  finding->cures.push_back(std::move(cure));
  core::VolumeMount mount;
  mount.name = "...";  // which volume, the pod says
  mount.read_only = true;
  mount.recursive_read_only = "Enabled";
  return Refused("the kubelet", core::ResolveRecursiveReadOnly(mount, false).error().message, why);
}

}  // namespace

NeedFinding DiagnoseRecursiveReadOnly(const NodeView& view, PathFinding* finding) {
  const std::string& path = finding->followed.path;
  if (view.kind == Runtime::kCrio && core::TurnsPrivateIntoSlave(view.kind, path)) {
    return Refused(ToString(view.kind), core::RecursiveReadOnlyConflict(path),
                   "the path holds CRI-O's own storage");
  }
  if (!view.kernel) return Unknown("the kernel's version");
  if (!view.kernel->AtLeast(5, 12)) {
    return TooOld(Case::kKernelTooOld, "the kernel", *view.kernel, "5.12", finding);
  }
  // What it tells the kubelet of itself was not found out.
  if (view.kind == Runtime::kCriDockerd) return Unknown("what cri-dockerd can do");
  if (!view.runtime || !view.runtime->version) {
    return Unknown(fmt::format("the version of {}", ToString(view.kind)));
  }
  const Version& runtime = *view.runtime->version;
  const bool containerd = view.kind == Runtime::kContainerd;
  if (containerd ? !runtime.AtLeast(2, 0) : !runtime.AtLeast(1, 30)) {
    return TooOld(Case::kRuntimeTooOld, ToString(view.kind), runtime, containerd ? "2.0" : "1.30",
                  finding);
  }
  if (!view.oci_version) return Unknown("the version of runc or crun");
  const bool runc = view.oci_runtime == "runc";
  if (runc ? !view.oci_version->AtLeast(1, 1) : !view.oci_version->AtLeast(1, 8, 6)) {
    return TooOld(Case::kRuntimeTooOld, view.oci_runtime, *view.oci_version, runc ? "1.1" : "1.8.6",
                  finding);
  }
  NeedFinding served;
  served.need = Need::kRecursiveReadOnly;
  return served;
}

}  // namespace mountguard::node

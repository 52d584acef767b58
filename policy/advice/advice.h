#ifndef MOUNTGUARD_POLICY_ADVICE_ADVICE_H_
#define MOUNTGUARD_POLICY_ADVICE_ADVICE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/cri.h"
#include "core/pod_spec.h"
#include "core/runtime.h"
#include "policy/propagation_graph.h"
#include "policy/subject.h"

namespace mountguard::policy {

/// What a piece of advice may look at. All borrowed.
struct AdviceContext {
  const Subject& subject;
  const JudgedTemplate& pod_template;
  const core::PodSpecView& pod;
  core::Runtime runtime;
  PropagationGraph& graph;  // of `pod`; shared by all advice on it
};

/// Where a piece of advice found something, and what it says of it in one plain line.
struct AdviceFinding {
  int container;  // into pod.containers()
  int mount;      // into the container's mounts
  std::string message;
};

/// A total function that appends what it finds; containers with `judged` false are not spoken of.
using AdviceCheck = void (*)(const AdviceContext& context, std::vector<AdviceFinding>* findings);

/// One mount of a container that is judged.
struct MountSite {
  MountRef ref;
  const core::ContainerView& container;
  const core::VolumeMount& mount;

  AdviceFinding Says(std::string message) const {
    return {ref.container, ref.mount, std::move(message)};
  }
};

/// Calls `visit` with the MountSite of every mount that is judged.
template <class Visit>
void ForEachMount(const AdviceContext& context, const Visit& visit) {
  MountRef ref;
  for (const core::ContainerView& container : context.pod.containers()) {
    if (container.judged) {
      ref.mount = 0;
      for (const core::VolumeMount& mount : context.pod.Mounts(container)) {
        visit(MountSite{ref, container, mount});
        ++ref.mount;
      }
    }
    ++ref.container;
  }
}

inline bool IsBidirectional(const core::VolumeMount& mount) {
  return mount.mount_propagation == "Bidirectional";
}

/// True if what the container mounts there can appear on the host. Bidirectional in a container
/// that is not privileged is refused by Kubernetes, and that is all there is to say of it.
inline bool Publishes(const MountSite& site) {
  return site.container.privileged && IsBidirectional(site.mount);
}

/// True if the mount asks for propagation: a mode that Kubernetes knows, and not None.
inline bool AsksForPropagation(const core::VolumeMount& mount) {
  return IsBidirectional(mount) || mount.mount_propagation == "HostToContainer";
}

/// True for the volumes that the kubelet or the runtime fills with files: configMap, secret,
/// downwardAPI, projected, image. Nothing is ever mounted inside them.
bool IsFilledWithFiles(core::VolumeType type);

/// True if a mode on a mount of `volume` (which may be null) could do what it says. Where it could
/// not (Windows, sandboxes, volumes of files) one rule says so, and the others have nothing to add.
bool ModeMatters(const AdviceContext& context, const core::Volume* volume);

/// `below "/srv/x" on the host`, or `in the directory of volume "v" on the host`: where a mount
/// made in this one appears to the host.
std::string WhereHostSeesIt(const VolumePlace& place);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_ADVICE_ADVICE_H_

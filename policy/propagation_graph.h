#ifndef MOUNTGUARD_POLICY_PROPAGATION_GRAPH_H_
#define MOUNTGUARD_POLICY_PROPAGATION_GRAPH_H_

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cri.h"
#include "core/pod_spec.h"
#include "core/runtime.h"
#include "core/text_map.h"
#include "core/workload.h"

namespace mountguard::policy {

/// Where containers find their service-account token; clean, so /var/run is /run.
inline constexpr std::string_view kServiceAccountTokenPath =
    "/run/secrets/kubernetes.io/serviceaccount";

/// Who puts a mount into a container: the pod spec, or one of those who add to it on the way.
enum class MountSource : std::uint8_t { kPodSpec, kAdmission, kKubelet, kRuntime };
/// "the pod spec", "the API server", "the kubelet", "the container runtime".
std::string_view ToString(MountSource source);

/// A mount as the container will have it.
struct EffectiveMount {
  static constexpr int kNone = -1;

  int container = kNone;  // into pod.containers()
  int mount = kNone;      // into the container's mounts; kNone where somebody else adds it
  MountSource source = MountSource::kPodSpec;
  std::string_view path;   // in the container, absolute and clean
  std::string_view shown;  // the same, as its author writes it
};

/// A volume mount of the pod spec.
struct MountRef {
  int container = 0;  // into pod.containers()
  int mount = 0;      // into the container's mounts

  friend bool operator==(const MountRef& a, const MountRef& b) {
    return a.container == b.container && a.mount == b.mount;
  }
};

/// Where the files behind a mount lie, as far as the pod tells.
struct VolumePlace {
  /// Null: the pod has no such volume, and nothing is known.
  const core::Volume* volume = nullptr;
  /// With the mount's subPath, clean: on the host for a hostPath volume, in the volume for others,
  /// whose root is "/".
  std::string_view path;
  /// The mount's subPathExpr: the node fills it, and the place is somewhere below `path`.
  std::string_view expression;

  bool on_host() const { return volume != nullptr && !volume->host_path.empty(); }
};

/// How `a` lies to `b`: a mount made in the one can be seen in the other unless they are apart.
enum class Overlap : std::uint8_t { kApart, kSame, kHolds, kIsInside };
Overlap Compare(const VolumePlace& a, const VolumePlace& b);

/// Somebody who mounts, or to whom mounts can appear.
struct Party {
  enum class Kind : std::uint8_t { kHost, kOtherPods, kMount };

  Kind kind = Kind::kHost;
  MountRef mount;  // kMount only
};

/// Which of the publisher's mounts the subscriber sees.
enum class Sight : std::uint8_t {
  kLive,       // each, as soon as it is made
  kFromStart,  // those made at start: the publisher is through with it before the subscriber starts
  kAtStart,    // those that happen to be there when the subscriber starts, and no later one
};

/// Why an edge is there.
enum class EdgeReason : std::uint8_t {
  kBidirectional,    // a container's mount is shared with the host
  kHostToContainer,  // a container's mount follows the host's
  kPrivate,          // a container has a copy of the host's mounts
  kSameVolume,       // two containers mount one volume of the pod
  kHostPaths,        // two mounts lie on host paths of which one holds the other
};

/// `subscriber` sees mounts of `publisher`.
struct PropagationEdge {
  Party publisher;
  Party subscriber;
  Sight sight = Sight::kLive;
  EdgeReason reason = EdgeReason::kBidirectional;
};

/// Who sees whose mounts, between the host, the containers of a pod and other pods; and what each
/// container has mounted, those mounts included that no manifest names.
///
/// Making one costs nothing: everything is worked out when first asked for. Borrows the pod, which
/// must neither change nor go. Not thread-safe. A Windows pod propagates nothing: it has no edges.
/// What sandboxes and user namespaces take away is not known here.
class PropagationGraph {
 public:
  /// `source` is where `pod` was read from.
  PropagationGraph(const core::PodTemplate& source, const core::PodSpecView& pod,
                   core::Runtime runtime)
      : source_(source), pod_(pod), runtime_(runtime) {}
  PropagationGraph(const PropagationGraph&) = delete;
  PropagationGraph& operator=(const PropagationGraph&) = delete;

  const core::PodSpecView& pod() const { return pod_; }

  /// The mount's volume, or null. In the time of a look-up however many there are.
  const core::Volume* VolumeOf(const core::VolumeMount& mount);
  VolumePlace PlaceOf(const core::VolumeMount& mount);
  /// Where the container finds it: absolute and clean, "" if the mount does not say. Lives as long
  /// as the graph.
  std::string_view PathOf(const core::VolumeMount& mount);
  /// What the runtime will make of the mount's mode; nothing where the kubelet refuses it.
  std::optional<core::CriPropagation> PropagationOf(const core::VolumeMount& mount);

  /// All that `container` (into pod.containers()) will have mounted: its volume mounts, the
  /// service-account token if admission is still to add it, /etc/hosts and the termination log of
  /// the kubelet, /dev/shm, /etc/resolv.conf and the file systems of the runtime. Of a Windows
  /// pod the volume mounts are all that is known.
  std::vector<EffectiveMount> MountsOf(int container);
  /// Those of them that are mounted inside the volume mount `outer`: below its path, or at the same
  /// path after it. The runtime's file systems are not, for they are mounted before any volume.
  /// In the time of a look-up however many mounts the container has.
  std::vector<EffectiveMount> MountsInside(const MountRef& outer);

  /// The containers in the order in which the kubelet starts them: init containers and sidecars as
  /// they stand, containers as they stand, ephemeral containers.
  std::vector<int> StartOrder() const;
  /// True if what `publisher` mounts when it starts is there before `subscriber` starts: it comes
  /// before in start order, and either ends first (an init container), or the kubelet waits for
  /// its startupProbe (sidecars) or postStart hook.
  bool MountsBefore(int publisher, int subscriber) const;

  /// A mount at the very place of `subscriber` into which another container publishes, and perhaps
  /// only after the subscriber's container has started.
  std::optional<MountRef> LatePublisherInto(const MountRef& subscriber);

  /// Every edge of the pod, publishers in start order. As many as there are pairs, so meant for
  /// looking at a pod, not for judging one.
  std::vector<PropagationEdge> Edges();

 private:
  struct PlacedMount {
    MountRef ref;
    VolumePlace place;
  };

  const core::ContainerView& container(int index) const {
    return pod_.containers()[static_cast<std::size_t>(index)];
  }
  const core::VolumeMount& mount(const MountRef& ref) const {
    return pod_.Mounts(container(ref.container))[static_cast<std::size_t>(ref.mount)];
  }
  /// `path` as CleanPath has it; lives as long as the graph.
  std::string_view Clean(std::string_view path);
  bool AdmissionAddsToken(const core::ContainerView& container) const;
  /// What the container mounts at or below `path`, but for `outer`.
  void AddMountsOfSpec(const MountRef& outer, std::string_view path,
                       std::vector<EffectiveMount>* inside);
  /// What others mount there; a volume mount, which is in `inside` or at `path`, goes before them.
  void AddMountsOfOthers(int container, std::string_view path, std::vector<EffectiveMount>* inside);
  /// The volume mounts of a container that has many, by path. Made for one container at a time.
  const std::vector<EffectiveMount>& SortedMountsOf(int container);
  void FindPublishers();
  Sight SightOf(const MountRef& publisher, const MountRef& subscriber);
  void AddHostEdges(const MountRef& ref, const VolumePlace& place,
                    std::vector<PropagationEdge>* edges);

  const core::PodTemplate& source_;
  const core::PodSpecView& pod_;
  const core::Runtime runtime_;
  std::forward_list<std::string> texts_;  // paths that were not clean
  std::vector<EffectiveMount> sorted_mounts_;
  int sorted_for_ = EffectiveMount::kNone;
  std::optional<core::TextMap<const core::Volume*>> volumes_;
  std::optional<std::vector<PlacedMount>> publishers_;  // by place, then in start order
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_PROPAGATION_GRAPH_H_

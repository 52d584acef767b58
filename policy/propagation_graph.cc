#include "policy/propagation_graph.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "core/path.h"

namespace mountguard::policy {
namespace {

using core::ContainerType;
using core::ContainerView;
using core::CriPropagation;
using core::VolumeMount;

constexpr std::array<std::string_view, 4> kSources = {"the pod spec", "the API server",
                                                      "the kubelet", "the container runtime"};

/// Of more mounts than this a container's are sorted before they are searched.
constexpr std::size_t kFewMounts = 64;
/// Beyond so many volumes a look-up by name gets a table.
constexpr std::size_t kFewVolumes = 16;

constexpr std::string_view kTokenPathAsWritten = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What others mount in a Linux container unless the pod spec mounts something at that path.
struct AddedMount {
  std::string_view path;
  MountSource source;
};

/// Mounted in one list with the volume mounts, parents first. Sources: kubelet makeMounts (v1.36),
/// containerd internal/cri containerMounts and WithMounts, moby oci_linux.go.
constexpr std::array<AddedMount, 4> kAmongVolumes = {{
    {"/etc/hosts", MountSource::kKubelet},
    {"/dev/shm", MountSource::kRuntime},
    {"/etc/hostname", MountSource::kRuntime},
    {"/etc/resolv.conf", MountSource::kRuntime},
}};

/// The file systems of the OCI spec: mounted before all volume mounts, so that a volume mount over
/// them hides them and has them not inside. Source: containerd oci defaultMounts and WithMounts,
/// CRI-O addOCIBindMounts, moby oci_linux.go.
constexpr std::array<std::string_view, 6> kBeforeVolumes = {
    "/proc", "/dev", "/dev/pts", "/dev/mqueue", "/sys", "/sys/fs/cgroup"};

bool HasMountAt(const std::vector<EffectiveMount>& mounts, std::string_view path) {
  return std::any_of(mounts.begin(), mounts.end(),
                     [path](const EffectiveMount& mount) { return mount.path == path; });
}

/// Orders places, and holds those together that are one. Two volumes of one claim are one.
using PlaceKey = std::tuple<int, std::string_view, std::string_view, std::string_view>;
PlaceKey KeyOf(const VolumePlace& place) {
  enum { kOnHost, kOfClaim, kOfVolume };
  if (place.on_host()) return {kOnHost, {}, place.path, place.expression};
  if (place.volume->type == core::VolumeType::kPersistentVolumeClaim) {
    const std::string_view claim = place.volume->source.Get("claimName").AsString();
    if (!claim.empty()) return {kOfClaim, claim, place.path, place.expression};
  }
  return {kOfVolume, place.volume->name, place.path, place.expression};
}

/// Init containers and sidecars come first, ephemeral containers last.
int StartPhase(ContainerType type) {
  switch (type) {
    case ContainerType::kInitContainer:
      return 0;
    case ContainerType::kContainer:
      return 1;
    case ContainerType::kEphemeralContainer:
      return 2;
  }
  return 2;
}

bool StartsBefore(const ContainerView& a, const ContainerView& b) {
  return std::make_pair(StartPhase(a.type), a.index) < std::make_pair(StartPhase(b.type), b.index);
}

/// True if `a` has ended when `b` starts: it is an init container and no sidecar.
bool EndsBefore(const ContainerView& a, const ContainerView& b) {
  return a.type == ContainerType::kInitContainer && !a.sidecar && StartsBefore(a, b);
}

bool HasPostStart(const ContainerView& container) {
  return container.json.Get("lifecycle").Get("postStart").IsObject();
}

Party Host() { return {Party::Kind::kHost, {}}; }

Party OtherPods() { return {Party::Kind::kOtherPods, {}}; }

Party At(const MountRef& ref) { return {Party::Kind::kMount, ref}; }

}  // namespace

std::string_view ToString(MountSource source) { return kSources[static_cast<std::size_t>(source)]; }

Overlap Compare(const VolumePlace& a, const VolumePlace& b) {
  if (a.volume == nullptr || b.volume == nullptr) return Overlap::kApart;
  const auto [kind_a, owner_a, path_a, expression_a] = KeyOf(a);
  const auto [kind_b, owner_b, path_b, expression_b] = KeyOf(b);
  if (kind_a != kind_b || owner_a != owner_b) return Overlap::kApart;
  if (path_a == path_b) {
    if (expression_a == expression_b) return Overlap::kSame;
    if (expression_a.empty()) return Overlap::kHolds;
    return expression_b.empty() ? Overlap::kIsInside : Overlap::kApart;
  }
  if (core::IsAtOrUnder(path_b, path_a)) return Overlap::kHolds;
  return core::IsAtOrUnder(path_a, path_b) ? Overlap::kIsInside : Overlap::kApart;
}

std::string_view PropagationGraph::Clean(std::string_view path) {
  std::string storage;
  const std::string_view clean = core::CleanPath(path, &storage);
  if (storage.empty()) return clean;
  return texts_.emplace_front(std::move(storage));
}

const core::Volume* PropagationGraph::VolumeOf(const VolumeMount& mount) {
  if (pod_.volumes().size() <= kFewVolumes) return pod_.FindVolume(mount.name);
  if (!volumes_) {
    volumes_.emplace();
    for (const core::Volume& volume : pod_.volumes()) volumes_->Insert(volume.name, &volume);
  }
  const core::Volume* const* found = volumes_->Find(mount.name);
  return found == nullptr ? nullptr : *found;
}

VolumePlace PropagationGraph::PlaceOf(const VolumeMount& mount) {
  VolumePlace place;
  place.volume = VolumeOf(mount);
  if (place.volume == nullptr) return place;
  place.expression = mount.sub_path_expr;
  const std::string_view root = place.on_host() ? place.volume->host_path : "/";
  if (mount.sub_path.empty()) {
    place.path = place.on_host() ? Clean(root) : root;
  } else {
    std::string& joined = texts_.emplace_front(root);
    joined.append("/").append(mount.sub_path);
    place.path = Clean(joined);
  }
  return place;
}

std::string_view PropagationGraph::PathOf(const VolumeMount& mount) {
  if (mount.mount_path.empty() || mount.mount_path.front() == '/') return Clean(mount.mount_path);
  std::string& absolute = texts_.emplace_front("/");  // as the kubelet makes it
  absolute.append(mount.mount_path);
  return Clean(absolute);
}

std::optional<CriPropagation> PropagationGraph::PropagationOf(const VolumeMount& mount) {
  const auto asked = core::TranslateMountPropagation(mount.mount_propagation, pod_.windows());
  if (!asked) return std::nullopt;
  if (*asked != CriPropagation::kPrivate || pod_.windows()) return *asked;
  if (runtime_ == core::Runtime::kContainerd) return *asked;
  const VolumePlace place = PlaceOf(mount);
  const bool changed =
      place.on_host() && !mount.has_sub_path() && core::TurnsPrivateIntoSlave(runtime_, place.path);
  return changed ? CriPropagation::kHostToContainer : *asked;
}

bool PropagationGraph::AdmissionAddsToken(const ContainerView& container) const {
  if (container.type == ContainerType::kEphemeralContainer) return false;
  if (!pod_.automount_service_account_token().value_or(true)) return false;
  // A pod with a uid has been through admission: what is not there now will not be.
  return !source_.path.empty() || !source_.metadata.Get("uid").exists();
}

std::vector<EffectiveMount> PropagationGraph::MountsOf(int index) {
  std::vector<EffectiveMount> mounts;
  AddMountsOfSpec({index, EffectiveMount::kNone}, "/", &mounts);
  if (pod_.windows()) return mounts;
  // The runtimes leave out what is below /dev where the pod spec mounts that, CRI-O also below
  // /sys.
  const bool dev_is_mounted = HasMountAt(mounts, "/dev");
  const bool sys_is_mounted = runtime_ == core::Runtime::kCrio && HasMountAt(mounts, "/sys");
  for (const std::string_view path : kBeforeVolumes) {
    if (dev_is_mounted && core::IsAtOrUnder(path, "/dev")) continue;
    if (sys_is_mounted && core::IsAtOrUnder(path, "/sys")) continue;
    if (HasMountAt(mounts, path)) continue;
    mounts.push_back({index, EffectiveMount::kNone, MountSource::kRuntime, path, path});
  }
  AddMountsOfOthers(index, "", &mounts);
  return mounts;
}

std::vector<EffectiveMount> PropagationGraph::MountsInside(const MountRef& outer) {
  std::vector<EffectiveMount> inside;
  const std::string_view path = PathOf(mount(outer));
  if (path.empty()) return inside;
  AddMountsOfSpec(outer, path, &inside);
  if (!pod_.windows()) AddMountsOfOthers(outer.container, path, &inside);
  return inside;
}

void PropagationGraph::AddMountsOfSpec(const MountRef& outer, std::string_view path,
                                       std::vector<EffectiveMount>* inside) {
  const auto add = [&](const EffectiveMount& inner) {
    const bool mounted_before = inner.path == path && inner.mount <= outer.mount;
    if (core::IsAtOrUnder(inner.path, path) && !mounted_before) inside->push_back(inner);
  };
  if (container(outer.container).mount_count > kFewMounts) {
    const std::vector<EffectiveMount>& sorted = SortedMountsOf(outer.container);
    auto at = std::lower_bound(
        sorted.begin(), sorted.end(), path,
        [](const EffectiveMount& known, std::string_view wanted) { return known.path < wanted; });
    for (; at != sorted.end() && at->path.substr(0, path.size()) == path; ++at) add(*at);
    return;
  }
  int number = -1;
  for (const VolumeMount& one : pod_.Mounts(container(outer.container))) {
    ++number;
    // Cleaning makes no path longer, but for the slash before a relative one.
    if (number == outer.mount || one.mount_path.size() + 1 < path.size()) continue;
    add({outer.container, number, MountSource::kPodSpec, PathOf(one), one.mount_path});
  }
}

const std::vector<EffectiveMount>& PropagationGraph::SortedMountsOf(int index) {
  if (sorted_for_ == index) return sorted_mounts_;
  sorted_for_ = index;
  sorted_mounts_.clear();
  int number = 0;
  for (const VolumeMount& one : pod_.Mounts(container(index))) {
    sorted_mounts_.push_back({index, number++, MountSource::kPodSpec, PathOf(one), one.mount_path});
  }
  std::stable_sort(
      sorted_mounts_.begin(), sorted_mounts_.end(),
      [](const EffectiveMount& a, const EffectiveMount& b) { return a.path < b.path; });
  return sorted_mounts_;
}

void PropagationGraph::AddMountsOfOthers(int index, std::string_view path,
                                         std::vector<EffectiveMount>* inside) {
  const auto is_spec_at = [&](std::string_view at) {
    return at == path || HasMountAt(*inside, at);
  };
  const auto is_inside = [&](std::string_view at) {
    return path.empty() || core::IsAtOrUnder(at, path);
  };
  const auto add = [&](MountSource source, std::string_view at, std::string_view shown) {
    if (!is_inside(at) || is_spec_at(at)) return;
    inside->push_back({index, EffectiveMount::kNone, source, at, shown});
  };
  for (const AddedMount& added : kAmongVolumes) add(added.source, added.path, added.path);
  const ContainerView& view = container(index);
  add(MountSource::kKubelet, Clean(view.termination_message_path), view.termination_message_path);
  if (is_inside(kServiceAccountTokenPath) && AdmissionAddsToken(view)) {
    add(MountSource::kAdmission, kServiceAccountTokenPath, kTokenPathAsWritten);
  }
}

std::vector<int> PropagationGraph::StartOrder() const {
  std::vector<int> order(pod_.containers().size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int>(i);
  std::sort(order.begin(), order.end(),
            [this](int a, int b) { return StartsBefore(container(a), container(b)); });
  return order;
}

bool PropagationGraph::MountsBefore(int publisher, int subscriber) const {
  const ContainerView& first = container(publisher);
  const ContainerView& second = container(subscriber);
  if (!StartsBefore(first, second)) return false;
  // Somebody who comes to a running pod finds what its containers have mounted.
  if (second.type == ContainerType::kEphemeralContainer) return first.type != second.type;
  if (EndsBefore(first, second)) return true;
  return HasPostStart(first) || (first.sidecar && first.json.Get("startupProbe").IsObject());
}

void PropagationGraph::FindPublishers() {
  publishers_.emplace();
  if (pod_.windows()) return;
  for (const int index : StartOrder()) {
    int number = 0;
    for (const VolumeMount& one : pod_.Mounts(container(index))) {
      const MountRef ref = {index, number++};
      if (PropagationOf(one) != CriPropagation::kBidirectional) continue;
      const VolumePlace place = PlaceOf(one);
      if (place.volume != nullptr) publishers_->push_back({ref, place});
    }
  }
  std::stable_sort(
      publishers_->begin(), publishers_->end(),
      [](const PlacedMount& a, const PlacedMount& b) { return KeyOf(a.place) < KeyOf(b.place); });
}

std::optional<MountRef> PropagationGraph::LatePublisherInto(const MountRef& subscriber) {
  if (!publishers_) FindPublishers();
  if (publishers_->empty()) return std::nullopt;
  const VolumePlace place = PlaceOf(mount(subscriber));
  if (place.volume == nullptr) return std::nullopt;
  const PlaceKey key = KeyOf(place);
  auto at = std::lower_bound(
      publishers_->begin(), publishers_->end(), key,
      [](const PlacedMount& known, const PlaceKey& wanted) { return KeyOf(known.place) < wanted; });
  for (; at != publishers_->end() && KeyOf(at->place) == key; ++at) {
    if (at->ref.container == subscriber.container) continue;
    if (!MountsBefore(at->ref.container, subscriber.container)) return at->ref;
  }
  return std::nullopt;
}

Sight PropagationGraph::SightOf(const MountRef& publisher, const MountRef& subscriber) {
  if (PropagationOf(mount(subscriber)) != CriPropagation::kPrivate) return Sight::kLive;
  return MountsBefore(publisher.container, subscriber.container) ? Sight::kFromStart
                                                                 : Sight::kAtStart;
}

void PropagationGraph::AddHostEdges(const MountRef& ref, const VolumePlace& place,
                                    std::vector<PropagationEdge>* edges) {
  switch (*PropagationOf(mount(ref))) {
    case CriPropagation::kPrivate:
      if (!place.on_host()) return;           // nobody mounts in a volume of the pod from outside
      if (mount(ref).has_sub_path()) return;  // the kubelet binds it without what is mounted below
      edges->push_back({Host(), At(ref), Sight::kAtStart, EdgeReason::kPrivate});
      return;
    case CriPropagation::kHostToContainer:
      edges->push_back({Host(), At(ref), Sight::kLive, EdgeReason::kHostToContainer});
      return;
    case CriPropagation::kBidirectional:
      edges->push_back({Host(), At(ref), Sight::kLive, EdgeReason::kBidirectional});
      edges->push_back({At(ref), Host(), Sight::kLive, EdgeReason::kBidirectional});
      if (place.on_host()) {
        edges->push_back({At(ref), OtherPods(), Sight::kLive, EdgeReason::kHostPaths});
      }
      return;
  }
}

std::vector<PropagationEdge> PropagationGraph::Edges() {
  std::vector<PropagationEdge> edges;
  if (pod_.windows()) return edges;
  std::vector<PlacedMount> mounts;  // every mount of the pod that has a place, in start order
  for (const int index : StartOrder()) {
    int number = 0;
    for (const VolumeMount& one : pod_.Mounts(container(index))) {
      const MountRef ref = {index, number++};
      const VolumePlace place = PlaceOf(one);
      if (place.volume == nullptr || !PropagationOf(one)) continue;
      mounts.push_back({ref, place});
      AddHostEdges(ref, place, &edges);
    }
  }
  for (const PlacedMount& from : mounts) {
    if (PropagationOf(mount(from.ref)) != CriPropagation::kBidirectional) continue;
    for (const PlacedMount& to : mounts) {
      if (to.ref == from.ref || Compare(from.place, to.place) == Overlap::kApart) continue;
      if (EndsBefore(container(to.ref.container), container(from.ref.container))) continue;
      const bool same_volume = !from.place.on_host() || from.place.volume == to.place.volume;
      edges.push_back({At(from.ref), At(to.ref), SightOf(from.ref, to.ref),
                       same_volume ? EdgeReason::kSameVolume : EdgeReason::kHostPaths});
    }
  }
  return edges;
}

}  // namespace mountguard::policy

#include "node/host_view.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "core/path.h"
#include "node/mount_path.h"

namespace mountguard::node {
namespace {

/// Of so many mounts of the host at most the whole relation to one mount is worked out: where
/// mounts have multiplied in both, it would take longer than anybody waits.
constexpr std::size_t kMostTried = 256;

std::uint64_t NumberOf(const Device& device) {
  return (std::uint64_t{device.major} << 32U) | device.minor;
}

auto RootKey(const Mount& mount) { return std::tuple(NumberOf(mount.device), mount.root); }

struct ByRoot {
  using Key = std::tuple<std::uint64_t, std::string_view>;
  bool operator()(const Mount* a, const Mount* b) const { return RootKey(*a) < RootKey(*b); }
  bool operator()(const Mount* a, const Key& b) const { return RootKey(*a) < b; }
  bool operator()(const Key& a, const Mount* b) const { return a < RootKey(*b); }
};

struct ByPath {
  bool operator()(const Mount* a, const Mount* b) const { return a->mount_point < b->mount_point; }
  bool operator()(const Mount* a, std::string_view b) const { return a->mount_point < b; }
};

/// The part of a path below which everything is: "/a/" for "/a".
std::string Below(std::string_view path) { return path == "/" ? "/" : std::string(path) + "/"; }

void SortUnique(std::vector<int>* numbers) {
  std::sort(numbers->begin(), numbers->end());
  numbers->erase(std::unique(numbers->begin(), numbers->end()), numbers->end());
}

}  // namespace

HostView::HostView(const MountTree& host, const PeerGroups& groups) : host_(host), groups_(groups) {
  for (const Mount& mount : host.mounts()) {
    devices_.push_back(NumberOf(mount.device));
    if (mount.shared != 0) peers_.push_back(mount.shared);
    groups.AnySourceOf(mount, [this](int group) {
      heard_.push_back(group);
      return false;  // all of them
    });
    if (!host.IsVisible(mount)) continue;
    by_root_.push_back(&mount);
    by_path_.push_back(&mount);
  }
  std::sort(by_root_.begin(), by_root_.end(), ByRoot());
  std::sort(by_path_.begin(), by_path_.end(), ByPath());
  std::sort(devices_.begin(), devices_.end());
  SortUnique(&heard_);
  SortUnique(&peers_);
}

bool HostView::Holds(const Device& device) const {
  return std::binary_search(devices_.begin(), devices_.end(), NumberOf(device));
}

bool HostView::Feeds(const Mount& mount) const {
  return groups_.AnySourceOf(
      mount, [this](int group) { return std::binary_search(peers_.begin(), peers_.end(), group); });
}

bool HostView::HearsFrom(const Mount& mount) const {
  return mount.shared != 0 && std::binary_search(heard_.begin(), heard_.end(), mount.shared);
}

/// Adds the link between two mounts of one file system, if both show a common directory to which
/// paths lead.
void HostView::Collect(const MountTree& own, const Mount& mount, const Mount& host,
                       std::vector<HostLink>* links) const {
  if (mount.root_deleted != host.root_deleted) return;
  HostLink link;
  link.host = &host;
  link.host_path = PathThrough(host, mount.root);
  link.own_path = mount.mount_point;
  if (link.host_path.empty()) {  // the host's shows a part of what the other one does
    link.host_path = host.mount_point;
    link.own_path = PathThrough(mount, host.root);
  }
  // Both mounts are visible, so paths lead to their own places.
  const auto leads_to = [](const MountTree& tree, const Mount& to, const std::string& path) {
    return path == to.mount_point || tree.MountAt(path) == &to;
  };
  if (link.own_path.empty() || !leads_to(host_, host, link.host_path) ||
      !leads_to(own, mount, link.own_path)) {
    return;
  }
  link.sees = groups_.Reaches(host.shared, mount);
  link.shows = groups_.Reaches(mount.shared, host);
  links->push_back(std::move(link));
}

HostLinks HostView::LinksOf(const MountTree& own, const Mount& mount, std::size_t limit) const {
  HostLinks result;
  if (!own.IsVisible(mount)) return result;
  const std::uint64_t device = NumberOf(mount.device);
  std::size_t candidates = 0;
  std::vector<HostLink>& links = result.links;
  const auto collect = [&](auto begin, auto end) {
    for (; begin != end && candidates < kMostTried; ++begin, ++candidates) {
      Collect(own, mount, **begin, &links);
    }
    candidates += static_cast<std::size_t>(end - begin);
  };
  // The nearest directories first: the root itself, then what stands above it, then what is below.
  std::string_view root = mount.root;
  while (true) {
    const auto [begin, end] =
        std::equal_range(by_root_.begin(), by_root_.end(), std::tuple(device, root), ByRoot());
    collect(begin, end);
    const std::size_t slash = root.rfind('/');
    if (root.size() < 2 || slash == std::string_view::npos || root[0] != '/') break;
    root = slash == 0 ? root.substr(0, 1) : root.substr(0, slash);
  }
  const std::string below = Below(mount.root);
  std::string behind = below;  // the first text that no longer begins with `below`
  ++behind.back();
  auto begin = std::upper_bound(by_root_.begin(), by_root_.end(),
                                std::tuple(device, std::string_view(below)), ByRoot());
  const auto end = std::lower_bound(begin, by_root_.end(),
                                    std::tuple(device, std::string_view(behind)), ByRoot());
  collect(begin, end);

  std::stable_sort(links.begin(), links.end(), [](const HostLink& a, const HostLink& b) {
    return static_cast<int>(a.sees) + static_cast<int>(a.shows) >
           static_cast<int>(b.sees) + static_cast<int>(b.shows);
  });
  result.untried = candidates > kMostTried ? candidates - kMostTried : 0;
  if (links.size() > limit) {
    result.more = links.size() - limit;
    links.resize(limit);
  }
  return result;
}

std::vector<std::string_view> HostView::MissingIn(const MountTree& own, const Mount& mount,
                                                  const HostLink& link, std::size_t limit,
                                                  std::size_t* count) const {
  std::vector<std::string_view> missing;
  *count = 0;
  const std::string below = Below(link.host_path);
  for (auto at =
           std::upper_bound(by_path_.begin(), by_path_.end(), below,
                            [](std::string_view a, const Mount*b) { return a < b->mount_point; });
       at != by_path_.end() && (*at)->mount_point.substr(0, below.size()) == below; ++at) {
    const std::string_view rest = (*at)->mount_point.substr(below.size());
    // Where another mount of the namespace holds the place, it is that one's to tell.
    if (own.MountAt(Below(link.own_path).append(rest)) != &mount) continue;
    ++*count;
    if (missing.size() < limit) missing.push_back((*at)->mount_point);
  }
  return missing;
}

core::MountPropagationMode ModeOf(PropagationType type, bool to_host) {
  using Mode = core::MountPropagationMode;
  switch (type) {
    case PropagationType::kShared:
      return to_host ? Mode::kBidirectional : Mode::kNone;
    case PropagationType::kSlaveAndShared:
      return to_host ? Mode::kBidirectional : Mode::kHostToContainer;
    case PropagationType::kSlave:
      return Mode::kHostToContainer;
    case PropagationType::kPrivate:
    case PropagationType::kUnbindable:
      break;
  }
  return Mode::kNone;
}

std::string_view OciOptionOf(PropagationType type, bool to_host) {
  constexpr std::array<std::string_view, 5> kOptions = {"rprivate", "rshared", "rslave",
                                                        "rslave,rshared", "runbindable"};
  if (type == PropagationType::kSlaveAndShared && to_host) type = PropagationType::kShared;
  return kOptions[static_cast<std::size_t>(type)];
}

}  // namespace mountguard::node

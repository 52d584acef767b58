#include "node/propagation.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "core/path.h"

namespace mountguard::node {
namespace {

/// `below` as seen from `base`: "" for the same, else with a slash in front. It must be below it.
std::string_view Rest(std::string_view below, std::string_view base) {
  return base == "/" ? (below == "/" ? "" : below) : below.substr(base.size());
}

std::string Joined(std::string_view base, std::string_view rest) {
  if (rest.empty()) return std::string(base);
  return base == "/" ? std::string(rest) : std::string(base).append(rest);
}

}  // namespace

std::string PathInFileSystem(const Mount& mount, std::string_view path) {
  return Joined(mount.root, Rest(path, mount.mount_point));
}

std::string PathThrough(const Mount& mount, std::string_view inside) {
  if (inside == mount.root) return std::string(mount.mount_point);
  // What was removed may have been made again under the same name: it is another directory.
  if (mount.root_deleted || !core::IsAtOrUnder(inside, mount.root)) return "";
  return Joined(mount.mount_point, Rest(inside, mount.root));
}

std::size_t Propagation::Add(const MountTable& table, const MountTree& tree) {
  const std::size_t number = trees_.size();
  trees_.push_back(&tree);
  groups_.Add(table);
  for (const Mount& mount : table.mounts()) {
    if (mount.shared != 0) members_[mount.shared].push_back({number, &mount});
    if (mount.master != 0) members_[mount.master].push_back({number, &mount});
  }
  return number;
}

std::vector<Arrival> Propagation::ArrivalsOf(std::size_t table, std::string_view path) const {
  const Mount* const origin = trees_[table]->MountAt(path);
  if (origin == nullptr) return {};
  const std::string inside = PathInFileSystem(*origin, path);
  std::vector<Arrival> arrivals = {{table, origin, std::string(path), true}};
  std::unordered_set<const Mount*> taken = {origin};
  for (const int group : groups_.ReachedFrom(origin->shared)) {
    const auto members = members_.find(group);
    if (members == members_.end()) continue;
    for (const Member& member : members->second) {
      if (!(member.mount->device == origin->device) || !taken.insert(member.mount).second) continue;
      std::string place = PathThrough(*member.mount, inside);
      if (place.empty()) continue;
      const bool visible = trees_[member.table]->MountAt(place) == member.mount;
      arrivals.push_back({member.table, member.mount, std::move(place), visible});
    }
  }
  // What arrives on the way to another arrival hides it.
  for (Arrival& one : arrivals) {
    one.visible = one.visible && std::none_of(arrivals.begin(), arrivals.end(), [&](const auto& o) {
                    return &o != &one && o.table == one.table && o.visible && o.path != one.path &&
                           core::IsAtOrUnder(one.path, o.path);
                  });
  }
  return arrivals;
}

}  // namespace mountguard::node

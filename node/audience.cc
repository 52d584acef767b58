#include "node/audience.h"

#include <utility>

#include "node/mount_path.h"

namespace mountguard::node {
namespace {

bool SameSpace(const MountNamespace& a, const MountNamespace& b) {
  return a.number && b.number ? *a.number == *b.number : a.pid == b.pid;
}

bool SameDirectory(const Mount& a, const Mount& b) {
  return a.device == b.device && a.root == b.root;
}

/// The mount of `what` on `on`, or null.
const Mount* CopyOn(const MountTree& tree, const Mount& on, const std::string& path,
                    const Mount& what) {
  for (const Mount& mount : tree.mounts()) {
    if (mount.mount_point == path && tree.Parent(mount) == &on && SameDirectory(mount, what)) {
      return &mount;
    }
  }
  return nullptr;
}

}  // namespace

std::vector<Spectator> SpectatorsOf(const Mount& mount, const Mount& parent,
                                    const MountNamespace& where, const Survey& survey) {
  std::vector<Spectator> spectators;
  const std::string inside = PathInFileSystem(parent, mount.mount_point);
  for (std::size_t i = 0; i < survey.namespaces.size(); ++i) {
    const MountNamespace& space = survey.namespaces[i];
    if (SameSpace(space, where)) continue;
    const MountTree& tree = *space.tree;
    Spectator best;
    bool found = false;
    for (const Mount& on : tree.mounts()) {
      if (!(on.device == parent.device)) continue;
      std::string path = PathThrough(on, inside);
      if (path.empty()) continue;
      const Mount* const copy = CopyOn(tree, on, path, mount);
      // Without a copy only a place that a path leads to is worth telling of.
      if (copy == nullptr && tree.MountAt(path) != &on) continue;
      const Spectator one = {i, std::move(path), copy != nullptr,
                             copy != nullptr && !tree.IsVisible(*copy), on.Propagation()};
      const auto rank = [](const Spectator& s) { return s.sees ? (s.hidden ? 1 : 2) : 0; };
      if (!found || rank(one) > rank(best)) best = one;
      found = true;
    }
    if (found) spectators.push_back(std::move(best));
  }
  return spectators;
}

std::vector<Spectator> KeepersOf(const Mount& mount, const MountNamespace& where,
                                 const Survey& survey) {
  std::vector<Spectator> keepers;
  for (std::size_t i = 0; i < survey.namespaces.size(); ++i) {
    const MountNamespace& space = survey.namespaces[i];
    if (SameSpace(space, where)) continue;
    for (const Mount& one : space.table->mounts()) {
      if (!SameDirectory(one, mount)) continue;
      keepers.push_back(
          {i, std::string(one.mount_point), true, !space.tree->IsVisible(one), one.Propagation()});
      break;
    }
  }
  return keepers;
}

}  // namespace mountguard::node

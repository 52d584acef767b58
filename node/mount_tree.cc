#include "node/mount_tree.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <tuple>
#include <utility>

#include "core/path.h"
#include "core/text_hash.h"

namespace mountguard::node {
namespace {

/// A path's hash goes on from that of the path above it, by the next component with its slash. It
/// is keyed: containers choose the paths that they mount on, and must not be able to choose which
/// of them meet in one slot.
std::uint64_t HashOn(std::uint64_t hash, std::string_view component) {
  constexpr std::uint64_t kFactor = 0x9E3779B97F4A7C15ULL;
  return (std::rotl(hash, 31) ^ core::TextHash()(component)) * kFactor;
}

std::size_t Slot(std::uint64_t path_hash, std::uint32_t parent, std::size_t slots) {
  std::uint64_t mixed = (path_hash ^ parent) * 0x9E3779B97F4A7C15ULL;
  mixed ^= mixed >> 32;
  return static_cast<std::size_t>(mixed) & (slots - 1);
}

/// Calls visit(prefix, its hash) for "/", "/a", "/a/b" and so on up to the path itself, until it
/// returns false.
template <class Visit>
void ForEachPrefix(std::string_view path, const Visit& visit) {
  if (!visit(path.substr(0, 1), HashOn(0, "/"))) return;
  if (path.size() < 2) return;
  std::uint64_t hash = 0;
  for (std::size_t begin = 0; begin < path.size();) {
    std::size_t end = path.find('/', begin + 1);
    if (end == std::string_view::npos) end = path.size();
    hash = HashOn(hash, path.substr(begin, end - begin));
    if (!visit(path.substr(0, end), hash)) return;
    begin = end;
  }
}

std::uint64_t HashOf(std::string_view path) {
  std::uint64_t last = 0;
  ForEachPrefix(path, [&last](std::string_view, std::uint64_t hash) {
    last = hash;
    return true;
  });
  return last;
}

std::size_t SlotsFor(std::size_t entries) {
  std::size_t slots = 16;
  while (slots < 2 * entries) slots *= 2;
  return slots;
}

}  // namespace

MountTree::MountTree(const MountTable& table) : mounts_(table.mounts()) {
  FindParents();
  IndexChildren();
  FindVisible();
}

void MountTree::FindParents() {
  // Ids come from a small pool, the lowest free one first, so they are dense enough for a table of
  // pairs that is mostly sorted already.
  std::vector<std::pair<int, std::uint32_t>> by_id;
  by_id.reserve(mounts_.size());
  for (std::uint32_t i = 0; i < mounts_.size(); ++i) by_id.emplace_back(mounts_[i].id, i);
  if (!std::is_sorted(by_id.begin(), by_id.end())) std::sort(by_id.begin(), by_id.end());
  parents_.assign(mounts_.size(), kNone);
  for (std::uint32_t i = 0; i < mounts_.size(); ++i) {
    const int parent = mounts_[i].parent;
    if (parent == mounts_[i].id) continue;  // the first mount of all
    const auto found = std::lower_bound(by_id.begin(), by_id.end(), std::pair(parent, 0U));
    if (found != by_id.end() && found->first == parent) parents_[i] = found->second;
  }
}

void MountTree::IndexChildren() {
  children_.assign(SlotsFor(mounts_.size()), kNone);
  covers_.assign(mounts_.size(), kNone);
  hashes_.reserve(mounts_.size());
  replaced_.assign(mounts_.size(), false);
  for (std::uint32_t i = 0; i < mounts_.size(); ++i) {
    const std::uint32_t parent = parents_[i];
    const std::string_view path = mounts_[i].mount_point;
    if (parent != kNone && mounts_[parent].mount_point == path) covers_[parent] = i;
    const std::uint64_t hash = hashes_.emplace_back(HashOf(path));
    std::size_t slot = Slot(hash, parent, children_.size());
    while (children_[slot] != kNone && !IsChild(children_[slot], parent, path, hash)) {
      slot = (slot + 1) & (children_.size() - 1);
    }
    // Old kernels let two mounts stand side by side; the younger one is found.
    if (children_[slot] != kNone) replaced_[children_[slot]] = true;
    children_[slot] = i;
  }
}

/// True if that mount is mounted on `parent` at `path`. Most that are not differ in their hash.
bool MountTree::IsChild(std::uint32_t index, std::uint32_t parent, std::string_view path,
                        std::uint64_t hash) const {
  return hashes_[index] == hash && parents_[index] == parent && mounts_[index].mount_point == path;
}

std::uint32_t MountTree::ChildAt(std::uint32_t parent, std::string_view path,
                                 std::uint64_t hash) const {
  for (std::size_t slot = Slot(hash, parent, children_.size()); children_[slot] != kNone;
       slot = (slot + 1) & (children_.size() - 1)) {
    if (IsChild(children_[slot], parent, path, hash)) return children_[slot];
  }
  return kNone;
}

/// True if something else is mounted on the mount's parent, above the mount's own place, or if that
/// place is not in the parent at all.
bool MountTree::IsHiddenOnTheWay(std::uint32_t index) const {
  const std::uint32_t parent = parents_[index];
  const std::string_view own = mounts_[index].mount_point;
  const std::string_view base = parent == kNone ? "/" : mounts_[parent].mount_point;
  if (!core::IsAtOrUnder(own, base) || replaced_[index]) return true;
  bool hidden = false;
  ForEachPrefix(own.substr(0, std::max<std::size_t>(own.rfind('/'), 1)),
                [&](std::string_view prefix, std::uint64_t hash) {
                  if (prefix.size() < base.size()) return true;
                  hidden = prefix.size() < own.size() && ChildAt(parent, prefix, hash) != kNone;
                  return !hidden;
                });
  return hidden;
}

void MountTree::FindVisible() {
  enum : std::uint8_t { kUnknown, kReached, kHidden };
  // Reached: a path leads through the mount, though perhaps into one that covers it.
  std::vector<std::uint8_t> state(mounts_.size(), kUnknown);
  std::vector<std::uint32_t> chain;
  for (std::uint32_t i = 0; i < mounts_.size(); ++i) {
    std::uint32_t at = i;
    for (; at != kNone && state[at] == kUnknown; at = parents_[at]) {
      // A circle leads back to a mount that is on the chain already: nothing reaches it.
      state[at] = kHidden;
      chain.push_back(at);
    }
    bool reached = at == kNone || state[at] == kReached;
    for (; !chain.empty(); chain.pop_back()) {
      reached = reached && !IsHiddenOnTheWay(chain.back());
      state[chain.back()] = reached ? kReached : kHidden;
    }
  }
  visible_.resize(mounts_.size());
  for (std::uint32_t i = 0; i < mounts_.size(); ++i) {
    visible_[i] = state[i] == kReached && covers_[i] == kNone;
  }
}

const Mount* MountTree::Parent(const Mount& mount) const {
  const std::uint32_t parent = parents_[IndexOf(mount)];
  return parent == kNone ? nullptr : &mounts_[parent];
}

const Mount* MountTree::CoveredBy(const Mount& mount) const {
  const std::uint32_t cover = covers_[IndexOf(mount)];
  return cover == kNone ? nullptr : &mounts_[cover];
}

const Mount* MountTree::MountAt(std::string_view path) const {
  std::uint32_t at = kNone;
  if (path.empty() || path[0] != '/') return nullptr;
  ForEachPrefix(path, [&](std::string_view prefix, std::uint64_t hash) {
    // A stack is climbed; its steps are bounded in case a wrong table has a circle in it.
    for (std::size_t steps = 0; steps <= mounts_.size(); ++steps) {
      const std::uint32_t child = ChildAt(at, prefix, hash);
      if (child == kNone) break;
      at = child;
    }
    return true;
  });
  return at == kNone ? nullptr : &mounts_[at];
}

std::vector<PathCount> MountTree::StackedPaths() const {
  // Numbers instead of mounts are sorted, and only of paths that are there twice.
  const auto same_path = [this](std::uint32_t a, std::uint32_t b) {
    return hashes_[a] == hashes_[b] && mounts_[a].mount_point == mounts_[b].mount_point;
  };
  std::vector<std::uint32_t> slots(SlotsFor(mounts_.size()), kNone);  // the first mount of a path
  std::vector<std::uint32_t> stacked;
  std::vector<bool> counted(mounts_.size());
  for (std::uint32_t i = 0; i < mounts_.size(); ++i) {
    std::size_t slot = Slot(hashes_[i], 0, slots.size());
    while (slots[slot] != kNone && !same_path(slots[slot], i)) {
      slot = (slot + 1) & (slots.size() - 1);
    }
    if (slots[slot] == kNone) {
      slots[slot] = i;
      continue;
    }
    if (!counted[slots[slot]]) stacked.push_back(slots[slot]);
    counted[slots[slot]] = true;
    stacked.push_back(i);
  }
  const auto key = [this](std::uint32_t i) {
    const Mount& mount = mounts_[i];
    return std::tuple(mount.mount_point, mount.device.major, mount.device.minor, mount.root);
  };
  std::sort(stacked.begin(), stacked.end(),
            [&key](std::uint32_t a, std::uint32_t b) { return key(a) < key(b); });
  std::vector<PathCount> counts;
  std::uint32_t alike = 0;
  for (std::size_t i = 0; i < stacked.size(); ++i) {
    const bool first = i == 0 || !same_path(stacked[i - 1], stacked[i]);
    if (first) counts.push_back({mounts_[stacked[i]].mount_point, 0, 0});
    alike = !first && key(stacked[i - 1]) == key(stacked[i]) ? alike + 1 : 1;
    ++counts.back().mounts;
    counts.back().alike = std::max(counts.back().alike, alike);
  }
  std::stable_sort(counts.begin(), counts.end(),
                   [](const PathCount& a, const PathCount& b) { return a.mounts > b.mounts; });
  return counts;
}

}  // namespace mountguard::node

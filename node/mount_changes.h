#ifndef MOUNTGUARD_NODE_MOUNT_CHANGES_H_
#define MOUNTGUARD_NODE_MOUNT_CHANGES_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "node/mountinfo.h"

namespace mountguard::node {

/// What has become of one mount between two tables of the same process.
struct MountChange {
  enum class Kind : std::uint8_t { kGone, kAppeared, kChanged };

  Kind kind = Kind::kChanged;
  const Mount* before = nullptr;  // null for what appeared
  const Mount* after = nullptr;   // null for what is gone

  const Mount& mount() const { return after != nullptr ? *after : *before; }
};

/// "gone", "appeared", "changed".
std::string_view ToString(MountChange::Kind kind);

/// What differs: first what is gone, from the top of each stack down, then what appeared and what
/// changed, in the kernel's order. Mounts are told apart by their ids; an id that names another
/// directory than before was given anew. Borrows the tables.
std::vector<MountChange> ChangesBetween(const MountTable& before, const MountTable& after);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_MOUNT_CHANGES_H_

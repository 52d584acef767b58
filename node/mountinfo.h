#ifndef MOUNTGUARD_NODE_MOUNTINFO_H_
#define MOUNTGUARD_NODE_MOUNTINFO_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace mountguard::node {

/// The propagation type of a mount, in the words of mount_namespaces(7).
enum class PropagationType : std::uint8_t {
  kPrivate,
  kShared,
  kSlave,
  kSlaveAndShared,  // gets what its master gets, and passes it on to its own peers
  kUnbindable
};

/// "private", "shared", "slave", "slave+shared", "unbindable".
std::string_view ToString(PropagationType type);

/// A device's number. File systems without a device have one of their own, with major 0.
struct Device {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;

  bool operator==(const Device& other) const {
    return major == other.major && minor == other.minor;
  }
};

/// One line of /proc/PID/mountinfo, field by field as proc(5) has them; `id` and the peer groups
/// are numbers of the whole kernel, so they may be compared between processes. Texts are borrowed
/// from the MountTable. Octal escapes are decoded, but in the two lists of options, whose commas
/// would no longer be what they are.
struct Mount {
  int id = 0;
  int parent = 0;                  // an id that need not be in the table, or the mount's own
  int shared = 0;                  // its peer group, 0 for none
  int master = 0;                  // the peer group that it is a slave of, 0 for none
  int propagate_from = 0;          // the nearest group above `master` below the process's root
  bool unbindable = false;         //
  bool root_deleted = false;       // `root` was removed since ("//deleted" behind it)
  Device device;                   //
  std::string_view root;           // of the file system what is mounted; "net:[...]" of nsfs
  std::string_view mount_point;    // as the process sees it; begins with /
  std::string_view options;        // of the mount: "rw,nosuid"
  std::string_view other_fields;   // optional fields that this program knows nothing of, as written
  std::string_view type;           // "ext4", "fuse.sshfs"
  std::string_view source;         // may be ""
  std::string_view super_options;  // of the file system

  PropagationType Propagation() const;
};

/// The mounts that a process sees, in the kernel's order. Move-only; views stay good when moved.
class MountTable {
 public:
  MountTable() = default;

  const std::vector<Mount>& mounts() const& { return mounts_; }
  const std::vector<Mount>& mounts() && = delete;

 private:
  friend core::Result<MountTable> ParseMountInfo(std::string text);

  std::unique_ptr<std::string> text_;  // decoded in place: it is never copied
  std::vector<Mount> mounts_;
};

/// Reads the text of a /proc/PID/mountinfo. It may be empty: a process that has ended has no
/// mounts. The first line that is none of proc(5) is an error: which line, which field, what was
/// expected.
core::Result<MountTable> ParseMountInfo(std::string text);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_MOUNTINFO_H_

#ifndef MOUNTGUARD_NODE_MOUNT_CHECK_H_
#define MOUNTGUARD_NODE_MOUNT_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cri.h"
#include "node/doctor.h"
#include "node/mountinfo.h"
#include "node/oci_config.h"
#include "node/peer_groups.h"

namespace mountguard::node {

/// A mount as the pod spec asks for it.
struct AskedMount {
  std::string path;        // in the container, as the spec has it
  std::string found_path;  // the same without symbolic links of the container's image
  core::CriPropagation cri = core::CriPropagation::kPrivate;
  bool read_only = false;
  std::optional<std::string> recursive_read_only;
  std::string host_path;  // of a hostPath volume, with its subPath; or ""
};

/// What does not agree.
enum class DifferenceId : std::uint8_t {
  kNotRecorded,     // the runtime knows of no mount there
  kRuntimeChanged,  // it made another one than it was asked for
  kNotMounted,      // the kernel shows none there
  kCovered,         // something else is mounted on top of it
  kKernelDiffers,   // the propagation type is another
  kNotPublished,    // mounts of the container do not reach the host
  kNotSubscribed,   // mounts of the host do not reach the container
  kWritable,        // read-only was asked for
  kWritableBelow,   // recursively read-only was asked for
};
/// "not-recorded", "runtime-changed", ...
std::string_view ToString(DifferenceId id);

struct Difference {
  DifferenceId id = DifferenceId::kNotRecorded;
  std::string sentence;
};

/// A mount on all three levels.
struct MountCheck {
  AskedMount asked;
  std::optional<RecordedMount> recorded;
  std::optional<MountFact> kernel;
  std::string kernel_options;  // "rw,relatime"
  std::vector<Difference> differences;
  std::vector<std::string> notes;  // what is as asked for, and may surprise
};

/// Holds mounts of one container against what was recorded (null: not known) and what the kernel
/// has. `host` is the table of process 1, null if it could not be read: what reaches the host is
/// then not judged.
std::vector<MountCheck> CheckMounts(const std::vector<AskedMount>& asked,
                                    const RecordedContainer* recorded, const MountTable& container,
                                    const MountTable* host);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_MOUNT_CHECK_H_

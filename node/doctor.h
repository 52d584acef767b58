#ifndef MOUNTGUARD_NODE_DOCTOR_H_
#define MOUNTGUARD_NODE_DOCTOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/runtime.h"
#include "node/followed_path.h"
#include "node/mountinfo.h"
#include "node/node_view.h"

namespace mountguard::node {

/// What a container may want of a host path.
enum class Need : std::uint8_t { kBidirectional, kHostToContainer, kRecursiveReadOnly };
/// "Bidirectional", "HostToContainer", "RecursiveReadOnly".
std::string_view ToString(Need need);
std::optional<Need> NeedFromText(std::string_view text);

enum class Answer : std::uint8_t {
  kServed,
  kRefused,        // the container does not start
  kWithoutEffect,  // it starts, and mounts do not come through
  kUnknown         // what decides it could not be read
};
/// "served", "refused", "without-effect", "unknown".
std::string_view ToString(Answer answer);

/// What is known to be in the way; each has a section in docs/node.md, whose name is its id.
enum class Case : std::uint8_t {
  kNotSharedRoot,
  kSeparateMount,
  kStackedMounts,
  kSlaveOnly,
  kUnbindable,
  kRuntimeNamespace,
  kKubeletNamespace,
  kUserNamespace,
  kContainerInContainer,
  kSymlink,
  kPathMissing,
  kPrivateBelow,
  kStorageRoot,
  kKernelTooOld,
  kRuntimeTooOld,
};
/// "not-shared-root", "separate-mount", ...
std::string_view ToString(Case one);
const std::vector<Case>& AllCases();

/// A case that was found, in a sentence about this node.
struct FoundCase {
  Case id = Case::kNotSharedRoot;
  std::string sentence;
};

/// What mends it: commands, or a file and the commands behind it. None is ever run here.
struct Cure {
  std::string file;                   // to be written, or ""
  std::string content;                // of the file
  std::vector<std::string> commands;  // to be run as root on the node, in this order
  std::string changes;                // what it changes, and for how long; sentences
};

/// A need of one path.
struct NeedFinding {
  Need need = Need::kBidirectional;
  Answer answer = Answer::kServed;
  std::string error;    // letter for letter, where a container does not start; or ""
  std::string said_by;  // "containerd", "the kubelet"
  std::string why;      // a sentence, where it is not served
};

/// A mount as far as it is told of.
struct MountFact {
  int id = 0;
  std::string mount_point;
  std::string type;
  std::string source;
  PropagationType propagation = PropagationType::kPrivate;
  int shared = 0;
  int master = 0;
};
MountFact FactOf(const Mount& mount);

struct PathFinding {
  std::string path;  // as it was asked for
  FollowedPath followed;
  std::optional<MountFact> mount;    // that holds the path, as the kernel walks
  std::optional<MountFact> checked;  // that the runtime looks at, where it is another one
  std::vector<NeedFinding> needs;
  std::vector<FoundCase> cases;
  std::vector<Cure> cures;
};

/// The mount by whose propagation type the runtime decides whether it makes a container that mounts
/// `path`: the first in the table of those with the longest mount point. Where mounts are stacked
/// that is the lowest, which is not the one that the kernel mounts. CRI-O compares texts without
/// regard to where a component ends. Null if there is none.
/// Sources: containerd core/mount Lookup (1.6 to 2.x), CRI-O getSourceMount, moby getSourceMount.
const Mount* MountThatRuntimeChecks(const MountTable& table, core::Runtime runtime,
                                    std::string_view path);

/// Whether the path can serve the needs, on this node and with its runtime. `followed` is where the
/// runtime finds `path`. Pure: everything it goes by is in `view`.
PathFinding Diagnose(const NodeView& view, std::string_view path, FollowedPath followed,
                     const std::vector<Need>& needs);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_DOCTOR_H_

#ifndef MOUNTGUARD_NODE_HOST_VIEW_H_
#define MOUNTGUARD_NODE_HOST_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cri.h"
#include "node/mount_tree.h"
#include "node/mountinfo.h"
#include "node/peer_groups.h"

namespace mountguard::node {

/// A directory that one of the host's mounts shows and a mount of another namespace, too.
struct HostLink {
  const Mount* host = nullptr;
  std::string host_path;  // of the directory on the host
  std::string own_path;   // of the directory in the namespace
  bool sees = false;      // what is mounted below `host_path` on the host appears below `own_path`
  bool shows = false;     // and the other way round
};

/// The links of one mount: those that carry mount events first, then the nearest directories.
struct HostLinks {
  std::vector<HostLink> links;  // no more than were asked for
  std::size_t more = 0;         // how many links there are besides
  std::size_t untried = 0;      // mounts of the host that may be linked with it; too many to try
};

/// The host's side of a namespace's mounts: where on the host the same directories are, and in
/// which direction mounts cross. Only mounts that a path leads to count, for nothing else can be
/// mounted on.
///
/// Borrows all it is given. Const methods are thread-safe.
class HostView {
 public:
  HostView(const MountTree& host, const PeerGroups& groups);

  HostLinks LinksOf(const MountTree& own, const Mount& mount, std::size_t limit) const;

  /// Mounts of the host below a link's host_path that `own` has not below its own_path: paths on
  /// the host, at most `limit`; `count` is how many there are.
  std::vector<std::string_view> MissingIn(const MountTree& own, const Mount& mount,
                                          const HostLink& link, std::size_t limit,
                                          std::size_t* count) const;

  /// True if a mount of the host, covered or not, is of that file system.
  bool Holds(const Device& device) const;

  /// True if mount events of the host reach `mount`, whatever directory they are of.
  bool Feeds(const Mount& mount) const;
  /// True if mount events of `mount` reach the host.
  bool HearsFrom(const Mount& mount) const;

 private:
  void Collect(const MountTree& own, const Mount& mount, const Mount& host,
               std::vector<HostLink>* links) const;

  const MountTree& host_;
  const PeerGroups& groups_;
  std::vector<const Mount*> by_root_;   // visible ones, by device and root
  std::vector<const Mount*> by_path_;   // visible ones, by mount point
  std::vector<std::uint64_t> devices_;  // sorted
  std::vector<int> heard_;              // groups whose events reach the host, sorted
  std::vector<int> peers_;              // groups that the host has mounts in, sorted
};

/// The mode that a mount has in Kubernetes' words. `to_host`: its mount events reach the host, or
/// may. What is shared, but with no one of the host, is as good as private to it, and a slave if it
/// has a master; a peer of a mount of the host that is itself a slave is Bidirectional.
core::MountPropagationMode ModeOf(PropagationType type, bool to_host);

/// The option of an OCI runtime that gives a mount and those below it this type: "rprivate",
/// "rslave", "rshared", "runbindable". What is slave and shared was made so in two steps,
/// "rslave,rshared", or, where it is a peer of the host's (`to_host`), had only to be "rshared".
std::string_view OciOptionOf(PropagationType type, bool to_host);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_HOST_VIEW_H_

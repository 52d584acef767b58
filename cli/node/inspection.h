#ifndef MOUNTGUARD_CLI_NODE_INSPECTION_H_
#define MOUNTGUARD_CLI_NODE_INSPECTION_H_

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "core/cri.h"
#include "node/host_view.h"
#include "node/mount_tree.h"
#include "node/pinned.h"
#include "node/survey.h"

namespace mountguard::cli {

/// What `node inspect` tells of one mount.
struct InspectedMount {
  const node::Mount* mount = nullptr;
  bool visible = false;                  // a path leads to it
  const node::Mount* covered = nullptr;  // the mount right on top of it, or null
  std::size_t at_path = 1;               // how many mounts are at its path
  std::string_view oci;                  // never ""
  /// Nothing for mounts of the host, which have no mode but serve some.
  std::optional<core::MountPropagationMode> mode;
  node::HostLinks host;    // where on the host the same directories are
  bool from_host = false;  // mounts of the host may appear in it
  bool to_host = false;    // its mounts may appear on the host
};

/// What `node inspect` knows: what was read, and what follows from it. Mounts are told one by one,
/// as a node may have 100,000 of them.
class Inspection {
 public:
  /// A namespace that was asked for.
  struct Space {
    const node::MountNamespace* about;
    std::vector<node::PathCount> stacked;
  };

  explicit Inspection(node::Survey survey);
  Inspection(const Inspection&) = delete;
  Inspection& operator=(const Inspection&) = delete;

  const node::Survey& survey() const { return survey_; }
  const std::vector<Space>& spaces() const { return spaces_; }
  const std::vector<node::PinnedFileSystem>& pinned() const { return pinned_; }
  /// Null if the host could not be read.
  const node::HostView* host() const { return host_ ? &*host_ : nullptr; }

  /// Calls `take` with every mount, in the kernel's order.
  void ForEachMount(const Space& space,
                    const std::function<void(const InspectedMount&)>& take) const;

 private:
  void Relate(const node::MountNamespace& space, InspectedMount* one) const;

  node::Survey survey_;
  std::optional<node::HostView> host_;
  std::vector<Space> spaces_;
  std::vector<node::PinnedFileSystem> pinned_;
};

/// The modes that a hostPath on a mount of the host can have: the runtime refuses the others. The
/// first `count` of None, HostToContainer, Bidirectional.
std::size_t ServedModes(node::PropagationType type);

/// One way to print an inspection.
struct InspectFormat {
  std::string_view name;     // as `-o` takes it
  std::string_view summary;  // one line for the help
  void (*write)(const Inspection& inspection, const Terminal& terminal, std::ostream& out);
};
const std::vector<InspectFormat>& InspectFormats();

void WriteTextInspection(const Inspection& inspection, const Terminal& terminal, std::ostream& out);
void WriteJsonInspection(const Inspection& inspection, const Terminal& terminal, std::ostream& out);
void WriteHtmlInspection(const Inspection& inspection, const Terminal& terminal, std::ostream& out);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_INSPECTION_H_

#ifndef MOUNTGUARD_CLI_NODE_WORDING_H_
#define MOUNTGUARD_CLI_NODE_WORDING_H_

#include <string>
#include <string_view>
#include <vector>

#include "cli/node/inspection.h"

namespace mountguard::cli {

// What `node` commands say in words, the same in every format that is read by people. Pure
// functions; their texts are of the node and may hold anything that a file's name may.

/// "container agent of pod monitoring/agent-x1, process 4242 (agent), mount namespace 4026532500".
std::string HeadingOf(const node::MountNamespace& space);

/// The optional fields, as the kernel writes them: "shared:12 master:1"; else "private".
std::string KernelText(const node::Mount& mount);
/// "ext4 /dev/sda1[/srv/agent]": type, source, and what of it is mounted if not all.
std::string FileSystemText(const node::Mount& mount);
/// "Bidirectional", or of a mount of the host which modes it serves.
std::string_view ModeText(const InspectedMount& one);
/// "PROPAGATION_BIDIRECTIONAL", "" for mounts of the host.
std::string_view CriText(const InspectedMount& one);
/// "both ways", "host to here", "here to host", "nothing"; "" for mounts of the host.
std::string_view CrossesText(const InspectedMount& one);

/// What of the host's mounts is seen through a mount that a link leads to, with up to three that
/// are missing; "" where there is nothing worth a sentence.
std::string HostSentence(const Inspection& inspection, const Inspection::Space& space,
                         const InspectedMount& one);

/// "/srv/ex has 7 mounts on it, 7 of them of the same directory: ...".
std::string StackedSentence(const node::PathCount& stacked);

/// "ext4 /dev/sdb (8:16): the host has no mount of it; container a of pod b/c has, at /data".
std::string PinnedSentence(const node::PinnedFileSystem& pinned, const node::Survey& survey);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_WORDING_H_

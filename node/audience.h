#ifndef MOUNTGUARD_NODE_AUDIENCE_H_
#define MOUNTGUARD_NODE_AUDIENCE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "node/mountinfo.h"
#include "node/survey.h"

namespace mountguard::node {

/// A namespace in which the directory that something was mounted on can be seen.
struct Spectator {
  std::size_t space = 0;                             // into Survey::namespaces
  std::string path;                                  // where the directory is there
  bool sees = false;                                 // the mount is there, too
  bool hidden = false;                               // it is, below another one
  PropagationType type = PropagationType::kPrivate;  // of the mount that shows the directory
};

/// Who sees `mount`, which was mounted on `parent` in the namespace of process `pid`, and who sees
/// only the directory below it. Each namespace once, the namespace of `pid` not at all. `survey` is
/// of the time after the mount was made.
std::vector<Spectator> SpectatorsOf(const Mount& mount, const Mount& parent,
                                    const MountNamespace& where, const Survey& survey);

/// The namespaces, but `where`, that have a mount of the same directory of the same file system: of
/// a mount that is gone they keep a copy.
std::vector<Spectator> KeepersOf(const Mount& mount, const MountNamespace& where,
                                 const Survey& survey);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_AUDIENCE_H_

#ifndef MOUNTGUARD_NODE_PROGRAM_VERSION_H_
#define MOUNTGUARD_NODE_PROGRAM_VERSION_H_

#include <optional>
#include <string>

namespace mountguard::node {

/// What `PROGRAM --version` prints, of a program at an absolute path of the node whose root
/// directory is at `root` ("" or "/" for one's own; entering another one takes root). Nothing if it
/// is not there, does not run, or does not end within two seconds.
///
/// It is run only if nobody but root and the user can have put it there: it belongs to one of them,
/// and no one else may write to it.
std::optional<std::string> ProgramVersion(const std::string& root, const std::string& program);

}  // namespace mountguard::node

#endif  // MOUNTGUARD_NODE_PROGRAM_VERSION_H_

#ifndef MOUNTGUARD_CORE_FILE_WRITER_H_
#define MOUNTGUARD_CORE_FILE_WRITER_H_

#include <sys/types.h>

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "core/result.h"

namespace mountguard::core {

/// Puts `content` at `path` as a whole or not at all: it is written to a new file beside it, synced
/// to the disk and renamed, so that no reader and no crash ever meets half of it. What was there is
/// replaced, its mode too: the new file has `mode` less the umask. Thread-safe.
/// Errors name the path and the system's reason.
Result<void> WriteFileAtomically(const std::string& path, std::string_view content, mode_t mode);

/// The same of what `write` writes, which need not be in memory as a whole.
Result<void> WriteFileAtomically(const std::string& path,
                                 const std::function<void(std::ostream& out)>& write, mode_t mode);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_FILE_WRITER_H_

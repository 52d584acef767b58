#ifndef MOUNTGUARD_CORE_PATH_H_
#define MOUNTGUARD_CORE_PATH_H_

#include <string>
#include <string_view>

namespace mountguard::core {

/// `path` in the one form in which paths are compared: no empty, "." or ".." components (".." is
/// taken by text, and goes no higher than "/"), no slash at the end, and /var/run as /run, of which
/// it is a symlink on every node of today. A relative path stays relative; "" stays "".
///
/// Returns a view of `path` where it holds that form already, else of `storage`.
std::string_view CleanPath(std::string_view path, std::string* storage);
std::string CleanPath(std::string_view path);

/// True if `path` is `ancestor` or lies below it, on the borders of components: /var/lib/kubelet2
/// is not under /var/lib/kubelet. Both must be clean.
bool IsAtOrUnder(std::string_view path, std::string_view ancestor);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_PATH_H_

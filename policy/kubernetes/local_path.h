#ifndef MOUNTGUARD_POLICY_KUBERNETES_LOCAL_PATH_H_
#define MOUNTGUARD_POLICY_KUBERNETES_LOCAL_PATH_H_

#include <cstddef>
#include <string_view>

namespace mountguard::policy {

/// Whether a path begins at the root. Source: Go's path.IsAbs.
inline bool IsAbsolute(std::string_view path) { return !path.empty() && path.front() == '/'; }

/// Whether an element of the path is "..". Source: core/validation validatePathNoBacksteps, v1.36.
inline bool HasBackstep(std::string_view path) {
  for (std::size_t at = path.find(".."); at != std::string_view::npos;
       at = path.find("..", at + 1)) {
    const bool begins_element = at == 0 || path[at - 1] == '/';
    const bool ends_element = at + 2 == path.size() || path[at + 2] == '/';
    if (begins_element && ends_element) return true;
  }
  return false;
}

/// Relative and without backsteps. Source: core/validation validateLocalDescendingPath, v1.36.
inline bool IsLocalDescending(std::string_view path) {
  return !IsAbsolute(path) && !HasBackstep(path);
}

/// The same, and no name that the kubelet's atomic writer keeps for itself: nothing that begins
/// with "..". Source: core/validation ValidateLocalNonReservedPath, v1.36.
inline bool IsLocalNonReserved(std::string_view path) {
  return IsLocalDescending(path) && path.substr(0, 2) != "..";
}

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_KUBERNETES_LOCAL_PATH_H_

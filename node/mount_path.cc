#include "node/mount_path.h"

#include "core/path.h"

namespace mountguard::node {
namespace {

/// `below` as seen from `base`: "" for the same, else with a slash in front. It must be below it.
std::string_view Rest(std::string_view below, std::string_view base) {
  return base == "/" ? (below == "/" ? "" : below) : below.substr(base.size());
}

std::string Joined(std::string_view base, std::string_view rest) {
  if (rest.empty()) return std::string(base);
  return base == "/" ? std::string(rest) : std::string(base).append(rest);
}

}  // namespace

std::string PathInFileSystem(const Mount& mount, std::string_view path) {
  return Joined(mount.root, Rest(path, mount.mount_point));
}

std::string PathThrough(const Mount& mount, std::string_view inside) {
  if (inside == mount.root) return std::string(mount.mount_point);
  // What was removed may have been made again under the same name: it is another directory.
  if (mount.root_deleted || !core::IsAtOrUnder(inside, mount.root)) return "";
  return Joined(mount.mount_point, Rest(inside, mount.root));
}

}  // namespace mountguard::node

#include "node/followed_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace mountguard::node {
namespace {

/// As many as the kernel follows (MAXSYMLINKS).
constexpr std::size_t kMostLinks = 40;

/// Puts the components of `path` on the stack, the first on top.
void Push(std::string_view path, std::vector<std::string>* rest) {
  while (!path.empty()) {
    const std::size_t slash = path.rfind('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    if (!name.empty()) rest->emplace_back(name);
    path = slash == std::string_view::npos ? "" : path.substr(0, slash);
  }
}

void GoUp(std::string* path) { path->resize(path->empty() ? 0 : path->rfind('/')); }

std::string OrRoot(std::string path) { return path.empty() ? "/" : path; }

}  // namespace

FollowedPath FollowPath(const core::FileReader& files, const std::string& root,
                        std::string_view path) {
  FollowedPath followed;
  std::vector<std::string> rest;
  Push(path, &rest);
  std::string at;  // "" is the root
  bool there = true;
  while (!rest.empty()) {
    const std::string name = std::move(rest.back());
    rest.pop_back();
    if (name == ".") continue;
    if (name == "..") {
      GoUp(&at);
      continue;
    }
    const std::string above = at;
    at += '/';
    at += name;
    if (!there) continue;
    const std::string here = root + at;
    if (files.IsSymlink(here) && followed.links.size() < kMostLinks) {
      auto target = files.ReadLink(here);
      if (target) {
        at = !target->empty() && target->front() == '/' ? "" : above;
        Push(*target, &rest);
        followed.links.push_back({above + "/" + name, *std::move(target)});
        continue;
      }
      followed.unread = target.error().message;
    } else if (followed.links.size() == kMostLinks) {
      followed.unread = fmt::format("{}: more than {} symbolic links", path, kMostLinks);
    } else if (files.IsDirectory(here)) {
      continue;
    } else if (const auto names = files.List(root + OrRoot(above)); !names) {
      followed.unread = names.error().message;
    } else if (std::binary_search(names->begin(), names->end(), name)) {
      continue;  // a file, a socket, a device
    }
    there = false;
    followed.existing = OrRoot(above);
  }
  followed.path = OrRoot(std::move(at));
  if (there) followed.existing = followed.path;
  return followed;
}

}  // namespace mountguard::node

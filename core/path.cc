#include "core/path.h"

namespace mountguard::core {
namespace {

constexpr std::string_view kVarRun = "/var/run";
constexpr std::string_view kRun = "/run";

/// Takes the first component of `*path` off, and the slash behind it.
std::string_view NextComponent(std::string_view* path) {
  const std::size_t slash = path->find('/');
  const std::string_view component = path->substr(0, slash);
  path->remove_prefix(slash == std::string_view::npos ? path->size() : slash + 1);
  return component;
}

/// True if the component of one or two dots, or of nothing, begins at `at`.
bool IsNoName(std::string_view path, std::size_t at) {
  std::string_view rest = path.substr(at);
  const std::string_view component = NextComponent(&rest);
  return component.empty() || component == "." || component == "..";
}

/// True if cleaning by components changes nothing. It seldom does, so this looks at each byte once
/// and at little else.
bool HasCleanComponents(std::string_view path) {
  if (path == "/" || path.empty()) return true;
  if (path.front() != '/' && IsNoName(path, 0)) return false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '/') continue;
    if (i + 1 == path.size() || path[i + 1] == '/') return false;
    if (path[i + 1] == '.' && IsNoName(path, i + 1)) return false;
  }
  return true;
}

void DropLastComponent(std::string* path) {
  const std::size_t slash = path->rfind('/');
  path->resize(slash == std::string::npos ? 0 : slash);
}

}  // namespace

std::string_view CleanPath(std::string_view path, std::string* storage) {
  if (HasCleanComponents(path)) {
    // What is left without "/var" begins with "/run".
    if (IsAtOrUnder(path, kVarRun)) path.remove_prefix(kVarRun.size() - kRun.size());
    return path;
  }
  const bool absolute = path.front() == '/';
  std::string clean;
  while (!path.empty()) {
    const std::string_view component = NextComponent(&path);
    if (component.empty() || component == ".") continue;
    if (component == "..") {
      DropLastComponent(&clean);
      continue;
    }
    if (absolute || !clean.empty()) clean.push_back('/');
    clean.append(component);
  }
  if (IsAtOrUnder(clean, kVarRun)) clean.replace(0, kVarRun.size(), kRun);
  if (clean.empty() && absolute) clean = "/";
  *storage = std::move(clean);
  return *storage;
}

std::string CleanPath(std::string_view path) {
  std::string storage;
  return std::string(CleanPath(path, &storage));
}

bool IsAtOrUnder(std::string_view path, std::string_view ancestor) {
  if (ancestor == "/") return !path.empty() && path.front() == '/';
  if (ancestor.empty() || path.substr(0, ancestor.size()) != ancestor) return false;
  return path.size() == ancestor.size() || path[ancestor.size()] == '/';
}

}  // namespace mountguard::core

#include "cli/input_paths.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace mountguard::cli {
namespace {

constexpr std::string_view kAnyFolders = "**";

bool IsManifestName(std::string_view name) {
  constexpr std::array<std::string_view, 3> kEndings{".yaml", ".yml", ".json"};
  return name.front() != '.' && std::any_of(kEndings.begin(), kEndings.end(),
                                            [name](auto end) { return name.ends_with(end); });
}

bool HasWildcard(std::string_view text) {
  return text.find_first_of("*?[") != std::string_view::npos;
}

/// `name` in `directory`, where "" is the working directory.
std::string Join(const std::string& directory, std::string_view name) {
  std::string path = directory;
  if (!path.empty() && path.back() != '/') path.push_back('/');
  path.append(name);
  return path;
}

/// Finds files one path after the other and keeps each once. Links to directories are not followed
/// below what was named: kubectl does not, and they may lead in circles.
class InputFinder {
  using Kind = core::DirectoryEntry::Kind;

 public:
  using Found = std::function<void(std::string file)>;

  InputFinder(const core::FileReader& files, const InputSink& sink, const Found& found)
      : files_(files), sink_(sink), found_(found) {}

  void Find(const std::string& path) {
    if (path != "-" && files_.IsDirectory(path)) {
      Walk(path);
    } else if (path != "-" && HasWildcard(path) && !IsListed(path)) {
      Expand(path);
    } else {
      Add(path);
    }
  }

 private:
  void Add(const std::string& path) {
    if (seen_.insert(path).second) found_(path);
  }

  /// Adds what was not named, so that nobody said it may be waited for.
  void AddFound(const std::string& path, bool special) {
    if (!special) return Add(path);
    TellUnreadable(path, "a pipe, socket or device: name it if it is to be read", sink_);
  }

  /// True if there is something of exactly that name.
  bool IsListed(const std::string& path) const {
    const std::size_t slash = path.rfind('/');
    const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    const auto names = files_.List(parent);
    return names && std::find(names->begin(), names->end(), path.substr(slash + 1)) != names->end();
  }

  /// What is in a directory; one that cannot be listed is told, and has nothing.
  std::vector<core::DirectoryEntry> List(const std::string& directory) {
    auto entries = files_.ListEntries(directory.empty() ? "." : directory);
    if (entries) return *std::move(entries);
    readable_ = false;
    TellUnreadable(directory, entries.error().message, sink_);
    return {};
  }

  /// All manifests below a directory, in the order of their paths.
  void Walk(const std::string& root) {
    bool empty = true;
    readable_ = true;
    std::vector<core::DirectoryEntry> pending{{root, Kind::kDirectory}};  // their names are paths
    while (!pending.empty()) {
      const core::DirectoryEntry entry = std::move(pending.back());
      pending.pop_back();
      if (entry.kind != Kind::kDirectory) {
        empty = false;
        AddFound(entry.name, entry.kind == Kind::kSpecial);
        continue;
      }
      std::vector<core::DirectoryEntry> below = List(entry.name);
      for (auto inner = below.rbegin(); inner != below.rend(); ++inner) {
        if (inner->name.front() == '.') continue;
        if (inner->kind != Kind::kDirectory && !IsManifestName(inner->name)) continue;
        std::string path = Join(entry.name, inner->name);
        Kind kind = inner->kind;
        if (kind == Kind::kSymlink) {
          if (files_.IsDirectory(path)) continue;
          kind = files_.IsSpecial(path) ? Kind::kSpecial : Kind::kFile;
        }
        pending.push_back({std::move(path), kind});
      }
    }
    if (readable_ && empty) {
      TellUnreadable(root, "the directory holds no *.yaml, *.yml or *.json file", sink_);
    }
  }

  /// All that matches a pattern.
  void Expand(const std::string& pattern) {
    std::vector<std::string> matches{pattern.front() == '/' ? "/" : ""};
    readable_ = true;
    std::string_view rest = pattern;
    while (!rest.empty() && !matches.empty()) {
      const std::size_t end = std::min(rest.find('/'), rest.size());
      const std::string part(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (!part.empty()) matches = Descend(matches, part, rest.empty());
    }
    if (matches.empty() && readable_) {
      TellUnreadable(pattern, "no file matches this pattern", sink_);
    }
    for (const std::string& match : matches) {
      if (match.empty() || files_.IsDirectory(match)) {
        Walk(match);
      } else {
        AddFound(match, files_.IsSpecial(match));
      }
    }
  }

  /// What in or below `directories` matches one part of a pattern.
  std::vector<std::string> Descend(const std::vector<std::string>& directories,
                                   const std::string& part, bool last) {
    std::vector<std::string> matches;
    for (const std::string& directory : directories) {
      if (part == kAnyFolders) {
        AddFolders(directory, &matches);
        continue;
      }
      if (!HasWildcard(part)) {
        std::string path = Join(directory, part);
        if (last ? IsListed(path) : files_.IsDirectory(path)) matches.push_back(std::move(path));
        continue;
      }
      for (const core::DirectoryEntry& entry : List(directory)) {
        if (fnmatch(part.c_str(), entry.name.c_str(), FNM_PERIOD) != 0) continue;
        std::string path = Join(directory, entry.name);
        if (last || files_.IsDirectory(path)) matches.push_back(std::move(path));
      }
    }
    std::sort(matches.begin(), matches.end());
    matches.erase(std::unique(matches.begin(), matches.end()), matches.end());
    return matches;
  }

  /// The directory and all that are below it.
  void AddFolders(const std::string& directory, std::vector<std::string>* folders) {
    std::vector<std::string> pending{directory};
    while (!pending.empty()) {
      const std::string path = std::move(pending.back());
      pending.pop_back();
      for (const core::DirectoryEntry& entry : List(path)) {
        if (entry.name.front() == '.' || entry.kind != Kind::kDirectory) continue;
        pending.push_back(Join(path, entry.name));
      }
      folders->push_back(path);
    }
  }

  const core::FileReader& files_;
  const InputSink& sink_;
  const Found& found_;
  std::unordered_set<std::string> seen_;
  bool readable_ = true;  // all directories of the path at hand could be listed
};

}  // namespace

void FindInputFiles(const std::vector<std::string>& paths, const core::FileReader& files,
                    const InputSink& sink, const std::function<void(std::string file)>& found) {
  InputFinder finder(files, sink, found);
  for (const std::string& path : paths) finder.Find(path);
}

std::vector<std::string> ListInputFiles(const std::vector<std::string>& paths,
                                        const core::FileReader& files, const InputSink& sink) {
  std::vector<std::string> all;
  FindInputFiles(paths, files, sink, [&all](std::string file) { all.push_back(std::move(file)); });
  return all;
}

core::Result<void> CheckPaths(const std::vector<std::string>& paths) {
  if (paths.empty()) {
    return core::Failure("expected a file, a directory, or - for standard input");
  }
  if (std::count(paths.begin(), paths.end(), "") > 0) {
    return core::Failure(
        "a path is empty: is a variable of the shell not set? The working directory is `.`");
  }
  if (std::count(paths.begin(), paths.end(), "-") > 1) {
    return core::Failure("standard input (-) can be read only once");
  }
  return {};
}

}  // namespace mountguard::cli

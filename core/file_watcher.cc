#include "core/file_watcher.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "core/file_reader.h"

namespace mountguard::core {
namespace {

/// Folds values into one number; equal sequences give equal numbers.
class Fingerprint {
 public:
  void Add(std::uint64_t value) {
    // The constants of boost::hash_combine's 64-bit form.
    value_ ^= value + 0x9e3779b97f4a7c15U + (value_ << 12) + (value_ >> 4);
  }
  void Add(std::string_view text) { Add(std::hash<std::string_view>{}(text)); }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

/// The files that a path stands for: itself, or the visible entries of a directory.
std::vector<std::string> FilesOf(const std::string& path) {
  const SystemFileReader reader;
  if (!reader.IsDirectory(path)) return {path};
  std::vector<std::string> files;
  const auto names = reader.List(path);
  if (!names) return files;
  for (const std::string& name : *names) {
    if (name.front() != '.') files.push_back((std::filesystem::path(path) / name).string());
  }
  return files;
}

/// What a reader of the paths would get; a file that cannot be read counts as its error.
std::uint64_t ContentOf(const std::vector<std::string>& paths) {
  const SystemFileReader reader;
  Fingerprint fingerprint;
  for (const std::string& path : paths) {
    for (const std::string& file : FilesOf(path)) {
      if (reader.IsDirectory(file)) continue;
      const auto content = reader.Read(file);
      fingerprint.Add(file);
      fingerprint.Add(static_cast<std::uint64_t>(content.has_value()));
      fingerprint.Add(std::string_view(content ? *content : content.error().message));
    }
  }
  return fingerprint.value();
}

/// Cheap to compute, and different as soon as a file is written, replaced or swapped, bar a write
/// within the clock tick of the one before it.
std::uint64_t MetadataOf(const std::vector<std::string>& paths) {
  Fingerprint fingerprint;
  for (const std::string& path : paths) {
    for (const std::string& file : FilesOf(path)) {
      fingerprint.Add(file);
      struct stat status {};
      if (::stat(file.c_str(), &status) != 0) {
        fingerprint.Add(static_cast<std::uint64_t>(errno));
        continue;
      }
      fingerprint.Add(status.st_dev);
      fingerprint.Add(status.st_ino);
      fingerprint.Add(static_cast<std::uint64_t>(status.st_size));
      for (const timespec& time : {status.st_mtim, status.st_ctim}) {
        fingerprint.Add(static_cast<std::uint64_t>(time.tv_sec));
        fingerprint.Add(static_cast<std::uint64_t>(time.tv_nsec));
      }
    }
  }
  return fingerprint.value();
}

/// The nearest ancestor of `path` that exists, so that its coming into being is an event.
std::filesystem::path ExistingDirectory(std::filesystem::path path) {
  std::error_code ignored;
  while (!std::filesystem::is_directory(path, ignored) && path.has_relative_path()) {
    path = path.parent_path();
  }
  return path;
}

/// The directories whose events can mean that `path` now reads otherwise.
std::vector<std::filesystem::path> DirectoriesOf(const std::string& path) {
  std::error_code error;
  const std::filesystem::path given = std::filesystem::absolute(path, error).lexically_normal();
  const std::filesystem::path resolved = std::filesystem::weakly_canonical(given, error);
  std::vector<std::filesystem::path> directories = {ExistingDirectory(given.parent_path())};
  if (!error) directories.push_back(ExistingDirectory(resolved.parent_path()));
  if (std::filesystem::is_directory(given, error)) {
    directories.push_back(given);
    // A volume's files are links into its ..data: what lies there is written by nobody but may be.
    for (const std::string& file : FilesOf(path)) {
      const auto target = std::filesystem::weakly_canonical(file, error);
      if (!error) directories.push_back(ExistingDirectory(target.parent_path()));
    }
  }
  return directories;
}

}  // namespace

Result<std::unique_ptr<FileWatcher>> FileWatcher::Start(std::vector<std::string> paths,
                                                        std::function<void()> on_change,
                                                        Options options) {
  std::unique_ptr<FileWatcher> watcher(
      new FileWatcher(std::move(paths), std::move(on_change), options));
  if (!watcher->stop_.ok()) {
    return Failure("cannot watch files for changes: " + std::generic_category().message(errno));
  }
  watcher->WatchDirectories();
  watcher->told_content_ = ContentOf(watcher->paths_);
  auto thread = StartThread("files", [raw = watcher.get()] { raw->Run(); });
  if (!thread) return Failure("cannot watch files for changes: " + thread.error().message);
  watcher->thread_ = std::move(*thread);
  return watcher;
}

FileWatcher::FileWatcher(std::vector<std::string> paths, std::function<void()> on_change,
                         Options options)
    : paths_(std::move(paths)),
      on_change_(std::move(on_change)),
      options_(options),
      inotify_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {}

FileWatcher::~FileWatcher() {
  if (!thread_.joinable()) return;
  stop_.Wake();
  thread_.join();
}

void FileWatcher::Run() {
  std::uint64_t metadata = MetadataOf(paths_);
  bool unsettled = true;  // begins with a look: the files may have changed since Start read them
  auto unsettled_since = std::chrono::steady_clock::now();
  while (Wait(unsettled)) {
    const bool event = DrainEvents();
    const std::uint64_t metadata_before = std::exchange(metadata, MetadataOf(paths_));
    const bool rested = metadata == metadata_before;
    const auto now = std::chrono::steady_clock::now();
    if (!unsettled) {
      unsettled = event || !rested;
      unsettled_since = now;
      continue;
    }
    const bool overdue = now - unsettled_since >= options_.longest_wait;
    if (!rested && !overdue) continue;
    WatchDirectories();  // first: what changes after the reading below is then an event
    const std::uint64_t content = ContentOf(paths_);
    if (MetadataOf(paths_) != metadata && !overdue) continue;
    unsettled = overdue;  // what did not rest is looked at again
    unsettled_since = now;
    if (std::exchange(told_content_, content) != content) on_change_();
  }
}

bool FileWatcher::Wait(bool unsettled) {
  // A negative descriptor is passed over by poll: what is to rest rests in spite of further events.
  std::array<pollfd, 2> fds = {pollfd{stop_.fd(), POLLIN, 0},
                               pollfd{unsettled ? -1 : inotify_.get(), POLLIN, 0}};
  const auto timeout = unsettled ? options_.settle_time : options_.poll_interval;
  while (::poll(fds.data(), fds.size(), static_cast<int>(timeout.count())) < 0 && errno == EINTR) {
  }
  return (fds[0].revents & POLLIN) == 0;
}

bool FileWatcher::DrainEvents() {
  if (!inotify_.valid()) return false;
  bool any = false;
  std::array<char, 4096> events;  // what happened where does not matter: the files are looked at
  while (::read(inotify_.get(), events.data(), events.size()) > 0) any = true;
  return any;
}

void FileWatcher::WatchDirectories() {
  if (!inotify_.valid()) return;
  constexpr std::uint32_t kEvents = IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB |
                                    IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF |
                                    IN_MOVE_SELF | IN_ONLYDIR;
  std::vector<int> wanted;
  for (const std::string& path : paths_) {
    for (const std::filesystem::path& directory : DirectoriesOf(path)) {
      // Gives the same number for a directory that is watched already. A directory that cannot be
      // watched (gone meanwhile, or the user's limit of watches) is left to polling.
      const int watch = ::inotify_add_watch(inotify_.get(), directory.c_str(), kEvents);
      if (watch >= 0) wanted.push_back(watch);
    }
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  for (const int watch : watches_) {
    if (!std::binary_search(wanted.begin(), wanted.end(), watch)) {
      ::inotify_rm_watch(inotify_.get(), watch);
    }
  }
  watches_ = std::move(wanted);
}

}  // namespace mountguard::core

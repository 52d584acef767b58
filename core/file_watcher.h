#ifndef MOUNTGUARD_CORE_FILE_WATCHER_H_
#define MOUNTGUARD_CORE_FILE_WATCHER_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/scoped_fd.h"
#include "core/thread.h"

namespace mountguard::core {

/// Tells when what a reader of some paths would get has changed.
///
/// A path is a file, or a directory, which stands for the files in it whose names do not begin with
/// "." (not for those in its subdirectories). Content decides, nothing else: a touched file, or one
/// rewritten as it was, is not told; a file that vanishes is, and so is its return.
///
/// Survived are the `..data` swap of a ConfigMap or Secret volume (no watched inode is written: a
/// symlink elsewhere is renamed), editors that rename over the file, and file systems that send no
/// events. Therefore directories are watched, those of the path as given and those of what it
/// resolves to, and every `poll_interval` all is looked at without an event.
///
/// A change is told when the files have rested for `settle_time`, once for all changes of that
/// time; files that never rest are told of every `longest_wait`. Rest is not completeness: of a
/// pair of files the second may still be to come. The reader keeps the last good state if what it
/// finds is broken; the rest of the change is told later.
class FileWatcher {
 public:
  struct Options {
    std::chrono::milliseconds settle_time{100};
    std::chrono::milliseconds poll_interval{5000};
    std::chrono::milliseconds longest_wait{5000};
  };

  /// Begins to watch. What the paths hold now is not told: read them after this call, then nothing
  /// falls between. `on_change` runs on the watcher's thread, never twice at once; it must not
  /// throw and must not destroy the watcher. Fails only where the system gives no thread or
  /// descriptor; paths need not exist.
  static Result<std::unique_ptr<FileWatcher>> Start(std::vector<std::string> paths,
                                                    std::function<void()> on_change,
                                                    Options options);
  static Result<std::unique_ptr<FileWatcher>> Start(std::vector<std::string> paths,
                                                    std::function<void()> on_change) {
    return Start(std::move(paths), std::move(on_change), Options{});
  }

  /// Stops the thread; waits for an `on_change` that runs. None is called afterwards.
  ~FileWatcher();
  FileWatcher(const FileWatcher&) = delete;
  FileWatcher& operator=(const FileWatcher&) = delete;

 private:
  FileWatcher(std::vector<std::string> paths, std::function<void()> on_change, Options options);

  void Run();
  /// Sleeps for the settle time, or else until an event or the next poll; false: stop.
  bool Wait(bool unsettled);
  /// Whether there were any events since the last call.
  bool DrainEvents();
  /// Puts inotify watches on the directories that matter now and takes away all others.
  void WatchDirectories();

  const std::vector<std::string> paths_;
  const std::function<void()> on_change_;
  const Options options_;

  ScopedFd inotify_;  // invalid where the system gives none: polling alone serves then
  Waker stop_;        // readable once the destructor runs
  std::vector<int> watches_;
  std::uint64_t told_content_ = 0;  // fingerprint of what the listener knows of
  std::thread thread_;              // last: uses all the above
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_FILE_WATCHER_H_

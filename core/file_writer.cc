#include "core/file_writer.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/scoped_fd.h"

namespace mountguard::core {
namespace {

/// A name beside `path` that no other process or thread takes; hidden, so that directory readers
/// pass it over.
std::string TemporaryName(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const std::filesystem::path target(path);
  const std::string name = "." + target.filename().string() + "." + std::to_string(::getpid()) +
                           "-" + std::to_string(counter++) + ".tmp";
  return (target.parent_path() / name).string();
}

/// A file that is written before it takes the place of another. It has no name until then, where
/// the file system can do so: nothing is left of it if the process is interrupted.
class NewFile {
 public:
  /// For `path`, which it will replace; not valid() and errno set where that fails.
  NewFile(const std::string& path, mode_t mode) : path_(path), temporary_(TemporaryName(path)) {
    const std::filesystem::path parent = std::filesystem::path(path).parent_path();
    file_ = ScopedFd(
        ::open(parent.empty() ? "." : parent.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode));
    if (file_.valid() && ::access(name().c_str(), F_OK) == 0) return;  // and there is a /proc
    ::unlink(temporary_.c_str());  // left by a crashed process that had our id
    file_ = ScopedFd(::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    named_ = file_.valid();
  }
  ~NewFile() {
    if (named_) ::unlink(temporary_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  bool valid() const { return file_.valid(); }
  /// Where it can be opened to be written.
  std::string name() const {
    return named_ ? temporary_ : "/proc/self/fd/" + std::to_string(file_.get());
  }
  /// Puts it in place, on the disk; false and errno set where that fails.
  bool Replace() {
    if (::fsync(file_.get()) != 0) return false;
    if (!named_) {  // a name cannot be given to it where there is a file of that name already
      ::unlink(temporary_.c_str());
      if (::linkat(AT_FDCWD, name().c_str(), AT_FDCWD, temporary_.c_str(), AT_SYMLINK_FOLLOW) !=
          0) {
        return false;
      }
      named_ = true;
    }
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return false;
    named_ = false;
    return true;
  }

 private:
  std::string path_;
  std::string temporary_;
  ScopedFd file_;
  bool named_ = false;  // as temporary_
};

/// Makes the rename itself survive a crash. Best effort: some file systems cannot sync directories,
/// and the file is in place all the same.
void SyncDirectoryOf(const std::string& path) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const ScopedFd directory(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.valid()) ::fsync(directory.get());
}

}  // namespace

Result<void> WriteFileAtomically(const std::string& path, std::string_view content, mode_t mode) {
  return WriteFileAtomically(
      path, [content](std::ostream& out) { out << content; }, mode);
}

Result<void> WriteFileAtomically(const std::string& path,
                                 const std::function<void(std::ostream& out)>& write, mode_t mode) {
  const auto failure = [&path](int error) {
    return Failure("cannot write " + path + ": " + std::generic_category().message(error));
  };
  NewFile file(path, mode);
  if (!file.valid()) return failure(errno);
  std::ofstream out(file.name(), std::ios::binary);
  if (out) write(out);
  out.close();
  if (!out || !file.Replace()) return failure(errno);
  SyncDirectoryOf(path);
  return {};
}

}  // namespace mountguard::core

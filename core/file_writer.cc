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
  const std::string temporary = TemporaryName(path);
  const auto failure = [&path](int error) {
    return Failure("cannot write " + path + ": " + std::generic_category().message(error));
  };
  ::unlink(temporary.c_str());  // left by a crashed process that had our id
  const ScopedFd file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (!file.valid()) return failure(errno);
  std::ofstream out(temporary, std::ios::binary);
  if (out) write(out);
  out.close();
  if (!out || ::fsync(file.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return failure(error);
  }
  SyncDirectoryOf(path);
  return {};
}

}  // namespace mountguard::core

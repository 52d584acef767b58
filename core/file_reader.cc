#include "core/file_reader.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/scoped_fd.h"

namespace mountguard::core {
namespace {

/// Who owns the file and who asks: what a person needs to mend a refused permission.
std::string DescribeAccess(const std::string& path) {
  const std::string asker = fmt::format("this process runs as {}:{}", ::geteuid(), ::getegid());
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return asker;
  return fmt::format("mode {:04o}, owner {}:{}; {}", status.st_mode & 07777, status.st_uid,
                     status.st_gid, asker);
}

Unexpected<Error> SystemFailure(const std::string& path, int error) {
  std::string message = path + ": " + std::generic_category().message(error);
  if (error == EACCES) message += " (" + DescribeAccess(path) + ")";
  return Failure(std::move(message));
}

DirectoryEntry::Kind KindOfMode(mode_t mode) {
  using Kind = DirectoryEntry::Kind;
  if (S_ISLNK(mode)) return Kind::kSymlink;
  if (S_ISDIR(mode)) return Kind::kDirectory;
  return S_ISREG(mode) ? Kind::kFile : Kind::kSpecial;
}

/// What an entry of an open directory is. Most file systems tell it with the name; the others are
/// asked. What is gone meanwhile is a file, so that reading it tells so.
DirectoryEntry::Kind KindOf(const dirent& entry, DIR* directory) {
  if (entry.d_type != DT_UNKNOWN) return KindOfMode(DTTOIF(entry.d_type));
  struct stat status {};
  if (::fstatat(::dirfd(directory), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return DirectoryEntry::Kind::kFile;
  }
  return KindOfMode(status.st_mode);
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

class FileSource final : public ByteSource {
 public:
  FileSource(std::string path, ScopedFd file) : path_(std::move(path)), file_(std::move(file)) {}

  Result<std::size_t> Read(char* buffer, std::size_t size) override {
    while (true) {
      const ssize_t count = ::read(file_.get(), buffer, size);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return SystemFailure(path_, errno);
    }
  }

 private:
  std::string path_;
  ScopedFd file_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> FileReader::Open(const std::string& path) const {
  auto content = Read(path);
  if (!content) return Unexpected(content.error());
  return std::unique_ptr<ByteSource>(std::make_unique<TextSource>(*std::move(content)));
}

Result<std::string> FileReader::ReadLink(const std::string& path) const {
  return SystemFailure(path, EINVAL);  // as readlink(2) of what is no link
}

Result<std::vector<DirectoryEntry>> FileReader::ListEntries(const std::string& path) const {
  using Kind = DirectoryEntry::Kind;
  auto names = List(path);
  if (!names) return Unexpected(names.error());
  std::vector<DirectoryEntry> entries;
  for (std::string& name : *names) {
    const std::string below = path == "." ? name : fmt::format("{}/{}", path, name);
    const Kind kind = IsSymlink(below)     ? Kind::kSymlink
                      : IsDirectory(below) ? Kind::kDirectory
                      : IsSpecial(below)   ? Kind::kSpecial
                                           : Kind::kFile;
    entries.push_back({std::move(name), kind});
  }
  return entries;
}

Result<std::string> SystemFileReader::Read(const std::string& path) const {
  const ScopedFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return SystemFailure(path, errno);
  std::string content;
  struct stat status {};
  if (::fstat(file.get(), &status) == 0 && status.st_size > 0) {
    content.reserve(static_cast<std::size_t>(status.st_size));
  }
  std::array<char, 64 * 1024> buffer;  // read to the end: pipes and /proc files tell no size
  while (true) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count == 0) return content;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemFailure(path, errno);
    content.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

Result<std::unique_ptr<ByteSource>> SystemFileReader::Open(const std::string& path) const {
  ScopedFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return SystemFailure(path, errno);
  return std::unique_ptr<ByteSource>(std::make_unique<FileSource>(path, std::move(file)));
}

bool SystemFileReader::IsDirectory(const std::string& path) const {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

bool SystemFileReader::IsSymlink(const std::string& path) const {
  std::error_code ignored;
  return std::filesystem::is_symlink(path, ignored);
}

bool SystemFileReader::IsSpecial(const std::string& path) const {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  return std::filesystem::is_other(status);
}

Result<std::string> SystemFileReader::ReadLink(const std::string& path) const {
  std::string target(PATH_MAX, '\0');
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return SystemFailure(path, errno);
  target.resize(static_cast<std::size_t>(size));
  return target;
}

Result<std::vector<std::string>> SystemFileReader::List(const std::string& path) const {
  auto entries = ListEntries(path);
  if (!entries) return Unexpected(entries.error());
  std::vector<std::string> names;
  for (DirectoryEntry& entry : *entries) names.push_back(std::move(entry.name));
  return names;
}

Result<std::vector<DirectoryEntry>> SystemFileReader::ListEntries(const std::string& path) const {
  const std::unique_ptr<DIR, CloseDirectory> directory(::opendir(path.c_str()));
  if (!directory) return SystemFailure(path, errno);
  std::vector<DirectoryEntry> entries;
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..")
      entries.push_back({std::string(name), KindOf(*entry, directory.get())});
    errno = 0;
  }
  if (errno != 0) return SystemFailure(path, errno);
  std::sort(entries.begin(), entries.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return entries;
}

}  // namespace mountguard::core

#ifndef MOUNTGUARD_CORE_FILE_READER_H_
#define MOUNTGUARD_CORE_FILE_READER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/byte_source.h"
#include "core/result.h"

namespace mountguard::core {

/// A name in a directory, and what it stands for.
struct DirectoryEntry {
  enum class Kind : std::uint8_t { kFile, kDirectory, kSymlink, kSpecial };
  std::string name;  // no path
  Kind kind = Kind::kFile;
};

/// The file system as a seam, so that tests need none. Thread-safe.
/// Errors name the path and the system's reason: "deploy/x.yaml: No such file or directory"; where
/// access is refused, the file's mode and owner and the process's own ids too.
class FileReader {
 public:
  virtual ~FileReader() = default;
  /// The whole content of a file.
  virtual Result<std::string> Read(const std::string& path) const = 0;
  /// The content piece by piece, for files that need not fit into memory. Unless a reader knows
  /// better, the whole of it is read here.
  virtual Result<std::unique_ptr<ByteSource>> Open(const std::string& path) const;
  virtual bool IsDirectory(const std::string& path) const = 0;
  /// True for a symbolic link, wherever it leads.
  virtual bool IsSymlink(const std::string&) const { return false; }
  /// True for pipes, sockets and devices, which may keep a reader waiting.
  virtual bool IsSpecial(const std::string&) const { return false; }
  /// What a symbolic link says. Unless a reader has links, there is none.
  virtual Result<std::string> ReadLink(const std::string& path) const;
  /// The names (not paths) in a directory, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> List(const std::string& path) const = 0;
  /// As List, and what each is, links not followed. Unless a reader knows better, it is asked for
  /// each.
  virtual Result<std::vector<DirectoryEntry>> ListEntries(const std::string& path) const;
};

/// The real one.
class SystemFileReader final : public FileReader {
 public:
  Result<std::string> Read(const std::string& path) const override;
  Result<std::unique_ptr<ByteSource>> Open(const std::string& path) const override;
  bool IsDirectory(const std::string& path) const override;
  bool IsSymlink(const std::string& path) const override;
  bool IsSpecial(const std::string& path) const override;
  Result<std::string> ReadLink(const std::string& path) const override;
  Result<std::vector<std::string>> List(const std::string& path) const override;
  Result<std::vector<DirectoryEntry>> ListEntries(const std::string& path) const override;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_FILE_READER_H_

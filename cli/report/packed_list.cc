#include "cli/report/packed_list.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "cli/report/check_result.h"

namespace mountguard::cli {
namespace {

constexpr std::size_t kUnpacked = 1000;
constexpr std::size_t kMostPackedBytes = std::size_t{1} << 20;

/// VisitFields gives every field of an entry to `archive`, one by one, in one order for packing and
/// unpacking. Entry is T or const T.
template <class T, class Entry>
using IfEntryOf = std::enable_if_t<std::is_same_v<std::remove_const_t<Entry>, T>>;

template <class Archive, class Result, IfEntryOf<CheckResult, Result>* = nullptr>
void VisitFields(Archive& archive, Result& result) {
  archive(result.file);
  archive(result.document);
  archive(result.item);
  archive(result.position);
  archive(result.definition);
  archive(result.frame);
  archive(result.source);
  archive(result.api_version);
  archive(result.kind);
  archive(result.namespace_name);
  archive(result.name);
  archive(result.template_path);
  archive(result.container);
  archive(result.container_type);
  archive(result.sidecar);
  archive(result.mount);
  archive(result.device);
  archive(result.volume);
  archive(result.mount_path);
  archive(result.mount_propagation);
  archive(result.cri);
  archive(result.rule);
  archive(result.origin);
  archive(result.actions);
  archive(result.field);
  archive(result.error);
  archive(result.message);
  archive(result.exception);
  archive(result.undetermined);
}

template <class Archive, class Error, IfEntryOf<CheckError, Error>* = nullptr>
void VisitFields(Archive& archive, Error& error) {
  archive(error.file);
  archive(error.document);
  archive(error.position);
  archive(error.frame);
  archive(error.message);
}

template <class Archive, class Skipped, IfEntryOf<SkippedDocument, Skipped>* = nullptr>
void VisitFields(Archive& archive, Skipped& skipped) {
  archive(skipped.file);
  archive(skipped.document);
  archive(skipped.position);
  archive(skipped.reason);
}

template <class Archive, class Frame>
void VisitFrame(Archive& archive, Frame& frame) {
  archive(frame.lines);
  archive(frame.target);
  archive(frame.caret_column);
  archive(frame.caret_width);
  archive(frame.value_length);
}

/// Appends values to a text.
class Packer {
 public:
  explicit Packer(std::string* out) : out_(*out) {}

  template <class T>
  void operator()(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint32_t>(text.size()));
    out_ += text;
  }
  template <class T>
  void operator()(const std::optional<T>& value) {
    (*this)(value.has_value());
    if (value) (*this)(*value);
  }
  template <class T>
  void operator()(const std::vector<T>& values) {
    (*this)(static_cast<std::uint32_t>(values.size()));
    for (const T& value : values) (*this)(value);
  }
  void operator()(const core::CodeFrame& frame) { VisitFrame(*this, frame); }
  void operator()(const core::CodeFrame::Line& line) {
    (*this)(line.number);
    (*this)(line.text);
  }

 private:
  std::string& out_;
};

/// Takes the same values off a text, which a Packer made.
class Unpacker {
 public:
  explicit Unpacker(std::string_view packed) : rest_(packed) {}

  template <class T>
  void operator()(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(&value, rest_.data(), sizeof(value));
    rest_.remove_prefix(sizeof(value));
  }
  void operator()(std::string& text) {
    std::uint32_t size = 0;
    (*this)(size);
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  template <class T>
  void operator()(std::optional<T>& value) {
    bool given = false;
    (*this)(given);
    value.reset();
    if (given) (*this)(value.emplace());
  }
  template <class T>
  void operator()(std::vector<T>& values) {
    std::uint32_t size = 0;
    (*this)(size);
    values.resize(size);
    for (T& value : values) (*this)(value);
  }
  void operator()(core::CodeFrame& frame) { VisitFrame(*this, frame); }
  void operator()(core::CodeFrame::Line& line) {
    (*this)(line.number);
    (*this)(line.text);
  }

 private:
  std::string_view rest_;
};

/// A new file that has no name any more; none where there is no place for one.
core::ScopedFd MakeNamelessFile() {
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::temp_directory_path(error);
  if (error) return core::ScopedFd();
  std::string path = (directory / "mountguard-XXXXXX").string();
  core::ScopedFd file(::mkostemp(path.data(), O_CLOEXEC));
  if (file.valid()) ::unlink(path.c_str());
  return file;
}

bool WriteAll(int file, std::string_view text, std::uint64_t offset) {
  while (!text.empty()) {
    const ssize_t count = ::pwrite(file, text.data(), text.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return true;
}

}  // namespace

template <class T>
void PackedList<T>::Add(T entry) {
  if (first_.size() < kUnpacked) {
    first_.push_back(std::move(entry));
    return;
  }
  Packer packer(&packed_);
  VisitFields(packer, std::as_const(entry));
  ends_.push_back(spilled_ + packed_.size());
  if (packed_.size() > kMostPackedBytes && !cannot_spill_) SpillPacked();
}

template <class T>
void PackedList<T>::AddAll(PackedList other) {
  if (empty()) {
    *this = std::move(other);
    return;
  }
  for (T& entry : other.first_) Add(std::move(entry));
  for (std::size_t i = other.first_.size(); i < other.size(); ++i) Add(std::as_const(other)[i]);
}

/// Moves what is packed to the file. If that fails it stays, and no further try is made.
template <class T>
void PackedList<T>::SpillPacked() {
  if (!file_.valid()) file_ = MakeNamelessFile();
  cannot_spill_ = !file_.valid() || !WriteAll(file_.get(), packed_, spilled_);
  if (cannot_spill_) return;
  spilled_ += packed_.size();
  packed_.clear();
}

/// What was packed of an entry; into `read` if it comes from the file.
template <class T>
std::string_view PackedList<T>::PackedEntry(std::size_t packed, std::string* read) const {
  const std::uint64_t start = packed == 0 ? 0 : ends_[packed - 1];
  const std::size_t size = ends_[packed] - start;
  if (start >= spilled_) return std::string_view(packed_).substr(start - spilled_, size);
  read->resize(size);
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t count = ::pread(file_.get(), read->data() + filled, size - filled,
                                  static_cast<off_t>(start + filled));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) std::abort();  // we wrote it: the disk is broken, and so is the report
    filled += static_cast<std::size_t>(count);
  }
  return *read;
}

template <class T>
const T& PackedList<T>::operator[](std::size_t index) const {
  if (index < first_.size()) return first_[index];
  std::string read;
  Unpacker unpacker(PackedEntry(index - first_.size(), &read));
  if (!unpacked_) unpacked_ = std::make_unique<T>();
  VisitFields(unpacker, *unpacked_);
  return *unpacked_;
}

template class PackedList<CheckResult>;
template class PackedList<CheckError>;
template class PackedList<SkippedDocument>;

}  // namespace mountguard::cli

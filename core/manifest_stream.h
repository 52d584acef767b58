#ifndef MOUNTGUARD_CORE_MANIFEST_STREAM_H_
#define MOUNTGUARD_CORE_MANIFEST_STREAM_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "core/byte_source.h"
#include "core/document_splitter.h"
#include "core/result.h"

namespace mountguard::core {

/// Some documents of a manifest, one behind the other, with the bytes in which they stand.
struct ManifestPiece {
  std::string text;
  std::vector<DocumentText> documents;  // into `text`
  bool first = false;                   // there was none before
  bool last = false;                    // there is none behind

  ManifestPiece() = default;
  ManifestPiece(const ManifestPiece&) = delete;
  ManifestPiece& operator=(const ManifestPiece&) = delete;
};

/// Reads a manifest of any size piece by piece: a piece holds as many documents as fit into 256
/// KiB, or one that is larger. What is in memory is a piece and the start of the next.
///
/// Refuses binary files at once, and documents that outgrow 1 GiB. Not thread-safe.
class ManifestStream {
 public:
  explicit ManifestStream(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  /// The next piece. Must not be called behind the last one or after a failure.
  Result<std::unique_ptr<ManifestPiece>> Next();

  /// How much was read so far.
  std::size_t bytes() const { return bytes_; }

 private:
  Result<void> Fill(std::size_t size, std::string* text);

  std::unique_ptr<ByteSource> source_;
  DocumentSplitter splitter_{std::string_view(), false};
  std::string unread_;  // what the piece before left over
  std::size_t bytes_ = 0;
  bool started_ = false;
  bool ended_ = false;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_MANIFEST_STREAM_H_

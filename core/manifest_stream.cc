#include "core/manifest_stream.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mountguard::core {
namespace {

constexpr std::size_t kSmallFile = std::size_t{16} << 10;
constexpr std::size_t kPieceBytes = std::size_t{256} << 10;
constexpr std::size_t kMostBytes = std::size_t{1} << 30;

/// A text has no use for control characters: a file with many of them at its start is none. UTF-16
/// is left to those who can say so.
bool LooksBinary(std::string_view text) {
  constexpr int kMostControls = 4;
  if (text.substr(0, 2) == "\xff\xfe" || text.substr(0, 2) == "\xfe\xff") return false;
  std::array<char, 1024> window;  // of one size, so that the loop is unrolled into vectors
  window.fill(' ');
  text.copy(window.data(), window.size());
  int controls = 0;
  for (const char c : window) {
    const auto byte = static_cast<unsigned char>(c);
    controls += static_cast<int>(byte < 0x20) & static_cast<int>(byte < '\t' || byte > '\r');
  }
  return controls > kMostControls;
}

}  // namespace

Result<std::unique_ptr<ManifestPiece>> ManifestStream::Next() {
  auto piece = std::make_unique<ManifestPiece>();
  piece->first = !started_;
  std::string& text = piece->text;
  text.swap(unread_);
  while (piece->documents.empty() && !piece->last) {
    if (text.size() >= kMostBytes) return Failure("a document of more than 1 GiB is not read");
    // Most files are small; those that are not are read in large strides.
    auto filled = started_ ? Result<void>() : Fill(kSmallFile, &text);
    if (filled) filled = Fill(std::max(kPieceBytes, text.size() + text.size() / 2), &text);
    if (!filled) return Unexpected(filled.error());
    if (!started_ && LooksBinary(text)) {
      return Failure("a binary file: expected YAML or JSON");
    }
    if (!started_) {
      splitter_ = DocumentSplitter(text, ended_);
    } else {
      splitter_.Continue(text, ended_);
    }
    started_ = true;
    while (auto document = splitter_.Next()) piece->documents.push_back(*std::move(document));
    piece->last = ended_ || splitter_.done();
  }
  if (!piece->last) unread_ = text.substr(text.size() - splitter_.unread());
  return piece;
}

/// Reads until `text` has that size or the source ends.
Result<void> ManifestStream::Fill(std::size_t size, std::string* text) {
  std::array<char, 64 * 1024> buffer;  // a text that is made longer is cleared before it is read
  while (text->size() < size && !ended_) {
    const auto count = source_->Read(buffer.data(), std::min(buffer.size(), size - text->size()));
    if (!count) return Unexpected(count.error());
    ended_ = *count == 0;
    text->append(buffer.data(), *count);
    bytes_ += *count;
  }
  return {};
}

}  // namespace mountguard::core

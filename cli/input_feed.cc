#include "cli/input_feed.h"

#include <algorithm>
#include <utility>

#include "cli/input.h"

namespace mountguard::cli {

std::optional<InputPiece> InputFeed::Next() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (!open_.empty()) {  // what was begun is finished first
      const std::shared_ptr<OpenFile> open = open_.front();
      lock.unlock();
      if (auto piece = Continue(open.get())) return piece;
      lock.lock();
      open_.erase(std::remove(open_.begin(), open_.end(), open), open_.end());
    } else if (next_file_ < files_.size()) {
      const std::size_t file = next_file_++;
      ++opening_;
      lock.unlock();
      return Begin(file);
    } else if (opening_ > 0) {
      changed_.wait(lock);
    } else {
      return std::nullopt;
    }
  }
}

/// Opens a file and takes its first piece; if there are more, everybody may take them.
InputPiece InputFeed::Begin(std::size_t file) {
  InputPiece piece;
  piece.file = file;
  const auto open = std::make_shared<OpenFile>();
  open->file = file;
  if (auto stream = OpenInput(files_[file], reader_, standard_input_)) {
    open->stream = *std::move(stream);
    Take(open.get(), &piece);
  } else {
    piece.failure = stream.error().message;
    piece.last = true;
  }
  const std::lock_guard lock(mutex_);
  if (!piece.last) open_.push_back(open);
  --opening_;
  changed_.notify_all();
  return piece;
}

std::optional<InputPiece> InputFeed::Continue(OpenFile* open) {
  const std::lock_guard lock(open->mutex);
  if (open->ended) return std::nullopt;
  InputPiece piece;
  piece.file = open->file;
  Take(open, &piece);
  return piece;
}

void InputFeed::Take(OpenFile* open, InputPiece* piece) {
  const std::size_t before = open->stream->bytes();
  auto manifest = open->stream->Next();
  piece->number = open->next++;
  piece->last = !manifest || (*manifest)->last;
  open->ended = piece->last;
  if (manifest) {
    piece->manifest = *std::move(manifest);
  } else {
    piece->failure = manifest.error().message;
  }
  const std::size_t read = open->stream->bytes() - before;
  if (open->ended) open->stream.reset();
  const std::lock_guard lock(mutex_);
  bytes_ += read;
}

InputFeed::Progress InputFeed::progress() const {
  const std::lock_guard lock(mutex_);
  return {next_file_, bytes_};
}

}  // namespace mountguard::cli

#include "cli/input_feed.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "cli/input.h"

namespace mountguard::cli {

void InputFeed::Add(std::string file) {
  {
    const std::lock_guard lock(mutex_);
    files_.push_back(std::move(file));
  }
  changed_.notify_one();
}

void InputFeed::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

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
      const std::string& name = files_[file];
      ++opening_;
      lock.unlock();
      return Begin(file, name);
    } else if (!closed_ || opening_ > 0) {
      changed_.wait(lock);
    } else {
      return std::nullopt;
    }
  }
}

/// Opens a file and takes its first piece; if there are more, everybody may take them.
InputPiece InputFeed::Begin(std::size_t file, const std::string& name) {
  InputPiece piece;
  piece.file = file;
  piece.name = &name;
  const auto open = std::make_shared<OpenFile>();
  open->file = file;
  open->name = &name;
  std::size_t read = 0;
  if (auto stream = OpenInput(name, reader_, standard_input_)) {
    open->stream = *std::move(stream);
    read = Take(open.get(), &piece);
  } else {
    piece.failure = stream.error().message;
    piece.last = true;
  }
  const std::lock_guard lock(mutex_);
  bytes_ += read;
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
  piece.name = open->name;
  const std::size_t read = Take(open, &piece);
  const std::lock_guard feed_lock(mutex_);
  bytes_ += read;
  return piece;
}

std::size_t InputFeed::Take(OpenFile* open, InputPiece* piece) {
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
  return read;
}

InputFeed::Progress InputFeed::progress() const {
  const std::lock_guard lock(mutex_);
  return {next_file_, files_.size(), bytes_};
}

std::vector<std::string> InputFeed::ReleaseFiles() {
  const std::lock_guard lock(mutex_);
  return {std::make_move_iterator(files_.begin()), std::make_move_iterator(files_.end())};
}

}  // namespace mountguard::cli

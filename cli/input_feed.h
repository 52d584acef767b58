#ifndef MOUNTGUARD_CLI_INPUT_FEED_H_
#define MOUNTGUARD_CLI_INPUT_FEED_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/file_reader.h"
#include "core/manifest_stream.h"

namespace mountguard::cli {

/// A part of the input for one worker: a small file, or some documents of a large one.
struct InputPiece {
  std::size_t file = 0;                           // which of the files, in their order
  const std::string* name = nullptr;              // its name; the feed's
  std::size_t number = 0;                         // of the piece in its file
  bool last = false;                              // of its file
  std::unique_ptr<core::ManifestPiece> manifest;  // or
  std::string failure;                            // why the file cannot be read (any further)
};

/// Hands the input out to workers piece by piece, while more files may still be found. Nobody reads
/// ahead of the workers, so what is in memory is a piece a worker and the start of the next piece
/// of each file that is open; those are never more than there are workers.
///
/// Thread-safe.
class InputFeed {
 public:
  /// All borrowed; must outlive this.
  InputFeed(const core::FileReader& reader, std::istream& standard_input)
      : reader_(reader), standard_input_(standard_input) {}

  /// Adds a file, "-" for standard input, behind the others.
  void Add(std::string file);
  /// There are no more files than were added: the input has an end.
  void Close();

  /// The next piece; waits while it may yet come. Nothing when the input is at its end.
  std::optional<InputPiece> Next();

  struct Progress {
    std::size_t files = 0;  // begun
    std::size_t found = 0;  // so far
    std::size_t bytes = 0;  // read
  };
  Progress progress() const;

  /// The names of all files, when no worker is at work any more.
  std::vector<std::string> ReleaseFiles();

 private:
  /// A file that is being read.
  struct OpenFile {
    std::size_t file = 0;
    const std::string* name = nullptr;
    std::mutex mutex;  // of what follows
    std::optional<core::ManifestStream> stream;
    std::size_t next = 0;  // piece
    bool ended = false;
  };

  InputPiece Begin(std::size_t file, const std::string& name);
  std::optional<InputPiece> Continue(OpenFile* open);
  /// Takes the next piece; how many bytes were read for it.
  std::size_t Take(OpenFile* open, InputPiece* piece);

  const core::FileReader& reader_;
  std::istream& standard_input_;

  mutable std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::deque<std::string> files_;  // which stay where they are
  bool closed_ = false;
  std::size_t next_file_ = 0;
  int opening_ = 0;                              // files whose first piece is being read
  std::vector<std::shared_ptr<OpenFile>> open_;  // those that have more, oldest first
  std::size_t bytes_ = 0;
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_INPUT_FEED_H_

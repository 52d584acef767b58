#ifndef MOUNTGUARD_CORE_DOCUMENT_SPLITTER_H_
#define MOUNTGUARD_CORE_DOCUMENT_SPLITTER_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/source_pos.h"

namespace mountguard::core {

/// Why a document cannot be read, as a sentence, and where. The position is that of the file.
struct InputError {
  std::string message;
  SourcePos pos;
};

/// The text of one document of a manifest. Borrowed from the manifest.
struct DocumentText {
  std::string_view text;
  /// The same from the start of the line on which it starts: what a frame shows. "" where that line
  /// is too long for one.
  std::string_view lines;
  /// Counts from 0, `---` by `---`, empty documents included. What stands before the first `---`
  /// counts if it is more than comments.
  int index = 0;
  /// Comments before the first `---`, which are no document of their own and may be broken all the
  /// same: `index` is that of the document behind them.
  bool preamble = false;
  /// The place in the file where `text` starts.
  SourcePos start{1, 1};
  /// The last line has no line feed: kubectl reads the document as if it had.
  bool lacks_line_feed = false;
  /// One value of a JSON stream, which kubectl reads by the rules of JSON instead of YAML's.
  bool json = false;
  /// Helm's `# Source: chart/templates/x.yaml`, "" if there is none.
  std::string_view helm_source;
  /// Set if kubectl refuses already the line that starts the document.
  std::optional<InputError> refused;
};

/// Cuts a manifest into documents as kubectl does: the text first, at lines that start with `---`,
/// or, if it starts with `{`, as a stream of JSON values. A `---` line belongs to the text of its
/// document where kubectl leaves it there, which is where nothing at all stands before it.
/// Source: k8s.io/apimachinery/pkg/util/yaml YAMLOrJSONDecoder and YAMLReader, v0.36.3.
///
/// The manifest may come window by window: Next then gives the documents that are complete, and
/// Continue moves on. Borrows the window, which must outlive its DocumentTexts. Not thread-safe.
class DocumentSplitter {
 public:
  /// What kubectl looks at to tell JSON from YAML: a first window must not be smaller, unless it is
  /// the last one, too.
  static constexpr std::size_t kGuessWindow = 4096;

  explicit DocumentSplitter(std::string_view window, bool last = true);
  DocumentSplitter(std::string&&, bool = true) = delete;

  /// The next document, or nothing behind the last one and where the window is too small.
  std::optional<DocumentText> Next();

  /// True if nothing that follows can matter: kubectl looks no further.
  bool done() const { return done_; }
  /// How many bytes at the end of the window are still needed.
  std::size_t unread() const { return lines_.size(); }
  /// Goes on with a window that starts with the unread bytes of the one before.
  void Continue(std::string_view window, bool last);

 private:
  /// The text up to the next separator line or the end.
  struct Stretch {
    std::size_t size = 0;
    int lines = 0;
  };

  std::optional<DocumentText> NextJson();
  std::optional<DocumentText> NextYaml();
  bool FindSeparator();
  DocumentText Take(std::size_t size);
  DocumentText TakeStretch();
  void SkipLines(std::size_t size, int lines);
  void Skip(std::size_t size);
  void SkipSeparator(bool nothing_before);
  bool SkipSpaceBeforeYaml();
  DocumentText Refuse(const char* message);
  void ForgetLongLine();

  std::string_view rest_;              // what has not been given out
  std::string_view lines_;             // the same from the start of the line, or of the separator
  bool done_ = false;                  // the rest is not looked at
  bool last_;                          // nothing comes behind the window
  SourcePos pos_{1, 1};                // where rest_ starts
  int index_ = 0;                      // of the next document
  int json_values_ = 0;                // how many were read
  bool json_ = false;                  // still a stream of JSON values
  bool line_is_cut_ = false;           // lines_ starts within a line
  bool separated_ = false;             // rest_ stands behind a separator line
  std::size_t kept_separator_ = 0;     // bytes of that line if it belongs to the document
  Stretch scanned_;                    // where the search for the next separator stands
  std::optional<InputError> refused_;  // what is wrong with that line
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_DOCUMENT_SPLITTER_H_

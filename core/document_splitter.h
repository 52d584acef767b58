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
  /// The same from the start of the line on which it starts: what a frame shows.
  std::string_view lines;
  /// Counts from 0, `---` by `---`, empty documents included. What stands before the first `---`
  /// counts if it is more than comments.
  int index = 0;
  /// The place in the file where `text` starts.
  SourcePos start{1, 1};
  /// One value of a JSON stream, which kubectl reads by the rules of JSON instead of YAML's.
  bool json = false;
  /// Helm's `# Source: chart/templates/x.yaml`, "" if there is none.
  std::string_view helm_source;
  /// Set if kubectl refuses already the line that starts the document.
  std::optional<InputError> refused;
};

/// Cuts a manifest into documents as kubectl does: the text first, at lines that start with `---`,
/// or, if it starts with `{`, as a stream of JSON values.
/// Source: k8s.io/apimachinery/pkg/util/yaml YAMLOrJSONDecoder and YAMLReader, v0.36.3.
///
/// Borrows the text, which must outlive it and every DocumentText. Not thread-safe.
class DocumentSplitter {
 public:
  explicit DocumentSplitter(std::string_view manifest);
  DocumentSplitter(std::string&&) = delete;

  /// The next document, or nothing behind the last one.
  std::optional<DocumentText> Next();

 private:
  std::optional<DocumentText> NextJson();
  std::optional<DocumentText> NextYaml();
  DocumentText Take(std::size_t size);
  void SkipLines(std::size_t size, int lines);
  void Skip(std::size_t size);
  void SkipSeparator();

  std::string_view rest_;              // what has not been given out
  std::string_view lines_;             // the same from the start of the line
  SourcePos pos_{1, 1};                // where rest_ starts
  int index_ = 0;                      // of the next document
  int json_values_ = 0;                // how many were read
  bool json_ = false;                  // still a stream of JSON values
  bool separated_ = false;             // rest_ stands behind a separator line
  std::optional<InputError> refused_;  // what is wrong with that line
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_DOCUMENT_SPLITTER_H_

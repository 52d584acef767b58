#ifndef MOUNTGUARD_CORE_YAML_READER_H_
#define MOUNTGUARD_CORE_YAML_READER_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "core/source_map.h"
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
  /// Counts from 0, `---` by `---`, empty documents included. What stands before the first `---`
  /// counts if it is more than comments.
  int index = 0;
  /// The line of the file on which `text` starts, from 1.
  int first_line = 1;
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
  DocumentText Cut(std::size_t size);

  std::string_view rest_;  // what has not been given out
  int line_ = 1;           // on which rest_ starts
  int index_ = 0;          // of the next document
  bool json_ = false;      // still a stream of JSON values
  bool separated_ = false;  // rest_ stands behind a separator line
  std::optional<InputError> refused_;  // what is wrong with that line
};

/// A key that a mapping has twice. The last value is the one that counts, for kubectl and for us.
struct DuplicateKey {
  std::string field;  // path of the field, e.g. "spec.containers[0].volumeMounts"
  SourcePos first;    // the key that is overruled
  SourcePos last;     // the key that overrules it
};

/// One document as JSON. Reused from document to document, it keeps its buffers.
struct YamlDocument {
  /// "" for an empty document (comments only). Keys stand in the order of the text; of a repeated
  /// key (or one that a merge overrules) the last one counts. Has room for JsonParser's padding.
  std::string json;
  SourceMap map;
  std::vector<DuplicateKey> duplicate_keys;
  /// Where text starts that kubectl drops in silence (behind `...`); unknown if there is none.
  SourcePos dropped;

  FieldLocation Find(std::string_view field) const { return map.Find(field, json); }
};

/// Turns documents into the JSON that kubectl sends for them: libyaml's events, go-yaml's meaning of
/// scalars (YAML 1.1: `yes`, `0644`, `1_000`), aliases, merge keys and limits.
/// Source: go.yaml.in/yaml/v2 v2.4.3 and sigs.k8s.io/yaml v1.6.0 YAMLToJSON.
///
/// Reads any input: whatever is no document is an error with its place. Depth is limited to 10,000,
/// aliases as go-yaml limits them. Not thread-safe: one reader a thread.
class YamlReader {
 public:
  YamlReader();
  ~YamlReader();
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  /// Replaces the content of `document`; what it holds after an error is of no meaning.
  Result<void, InputError> Read(const DocumentText& text, YamlDocument* document);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_YAML_READER_H_

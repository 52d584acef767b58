#ifndef MOUNTGUARD_CLI_INPUT_H_
#define MOUNTGUARD_CLI_INPUT_H_

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file_reader.h"
#include "core/json_reader.h"
#include "core/manifest_stream.h"
#include "core/result.h"
#include "core/source_map.h"
#include "core/source_pos.h"
#include "core/workload.h"
#include "core/yaml_reader.h"

namespace mountguard::cli {

/// What a file holds one after the other, as far as it concerns the reader of a report.
struct InputPlace {
  std::string_view file;         // as given on the command line, or found below it; "-" is stdin
  int document = 0;              // from 0
  std::optional<int> item;       // place in a List (of nested ones the outermost), else nothing
  std::string_view helm_source;  // template that Helm made the document of; "" if none
};

/// One object of the input. Everything is borrowed and valid during the call only.
struct InputObject {
  InputPlace place;
  /// The object, of a List the item. Items of typed lists that have no type of their own
  /// (`kubectl get --raw`) got that of their list here, as the API does.
  core::JsonValue root;
  /// An admission.k8s.io AdmissionReview: the objects to judge are in its request.
  bool is_admission_review = false;
  /// Set if the object is to be left out unless --strict: no Kubernetes object, or a fragment that
  /// is no pod by itself. A sentence without a full stop.
  std::optional<std::string> skip_reason;
  /// Where the object stands in its document: "" or e.g. "items[3]".
  std::string_view field_prefix;
  const core::YamlDocument* document = nullptr;
  /// The text of the document, for frames around a line; its first line is `first_line`.
  std::string_view text;
  int first_line = 1;

  /// The place of a field of this object ("spec.containers[0]"; "" for the object).
  core::FieldLocation Find(std::string_view field) const;
};

/// The object in the request of `review`, as far as places go: fields are looked up in it. `path`
/// keeps the way to it and must outlive what is returned.
InputObject ReviewedObject(const InputObject& review, std::string* path);

/// What is said of a document as a whole rather than of an object in it.
enum class InputNoteKind { kDuplicateKey, kDroppedText };

struct InputNote {
  InputPlace place;
  InputNoteKind kind = InputNoteKind::kDuplicateKey;
  core::SourcePos pos;       // the key that counts; the start of the dropped text
  core::SourcePos previous;  // the key that is overruled
  std::string field;         // path of the repeated key in its document
  std::string message;       // a sentence
  std::string_view text;     // the text of the document, from `first_line`
  int first_line = 1;
};

/// A file, a document or a part of it that could not be read: never "clean".
struct InputFailure {
  InputPlace place;
  bool whole_file = false;  // the file itself: place.document and pos say nothing
  core::SourcePos pos;
  std::string message;    // without the name of the file
  std::string_view text;  // the text of the document, from `first_line`; "" of an unreadable file
  int first_line = 1;
};

/// Receives what is read, in the order of the input. Objects, notes and failures of one document
/// come together.
struct InputSink {
  std::function<void(const InputObject&)> object;
  std::function<void(const InputNote&)> note;
  std::function<void(const InputFailure&)> failure;
};

struct InputCounts {
  int files = 0;      // that were read
  int documents = 0;  // empty ones included
};

/// Opens one file, or stdin for "-". `files` and `standard_input` are borrowed.
core::Result<core::ManifestStream> OpenInput(const std::string& file, const core::FileReader& files,
                                             std::istream& standard_input);

/// Tells that a file cannot be read, and why: `message` may begin with the file's name, which is
/// told beside it.
void TellUnreadable(std::string_view file, std::string message, const InputSink& sink);

/// Reads manifests document by document; the values of one at a time are in memory.
///
/// Keeps its buffers. Not thread-safe: one a thread.
class InputReader {
 public:
  /// `files` and `standard_input` are borrowed and must outlive this.
  InputReader(const core::FileReader& files, std::istream& standard_input)
      : files_(files), standard_input_(standard_input) {}

  /// Reads some documents of the file of that name.
  InputCounts ReadPiece(std::string_view file, const core::ManifestPiece& piece,
                        const InputSink& sink);
  /// Reads a whole file, or stdin for "-", piece by piece.
  InputCounts ReadFile(const std::string& file, const InputSink& sink);
  /// Reads a text that is there already; `file` is its name in reports.
  InputCounts ReadText(std::string_view file, std::string_view text, const InputSink& sink);
  /// The objects that a value of an object holds: itself, or the items of the List that it is.
  /// `part` is a copy of the object, with another root and field_prefix, while some other reader's
  /// sink has it.
  void ReadPart(const InputObject& part, const InputSink& sink) { EmitObjects(part, sink); }

 private:
  void ReadDocument(std::string_view file, const core::DocumentText& text, const InputSink& sink);
  void EmitNotes(const InputPlace& place, const core::DocumentText& text, const InputSink& sink);
  void EmitObjects(const InputObject& document, const InputSink& sink);
  core::JsonValue GiveType(core::JsonValue item, core::JsonValue list);

  const core::FileReader& files_;
  std::istream& standard_input_;
  core::YamlReader yaml_;
  core::YamlDocument document_;
  core::JsonParser item_parser_;  // of the item that got its list's type
  std::string item_json_;
  std::vector<core::PodTemplate> pods_;  // of the object at hand
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_INPUT_H_

#include "cli/input.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <memory>
#include <utility>

#include "core/document.h"
#include "core/field_path.h"
#include "core/json_writer.h"
#include "core/workload.h"

namespace mountguard::cli {
namespace {

using core::JsonValue;

constexpr std::string_view kStdin = "-";
constexpr std::string_view kListSuffix = "List";

/// Standard input.
class StreamSource final : public core::ByteSource {
 public:
  explicit StreamSource(std::istream& stream) : stream_(stream) {}

  core::Result<std::size_t> Read(char* buffer, std::size_t size) override {
    stream_.read(buffer, static_cast<std::streamsize>(size));
    if (stream_.bad()) return core::Failure("standard input: reading it failed");
    return static_cast<std::size_t>(stream_.gcount());
  }

 private:
  std::istream& stream_;
};

const char* NameOf(core::JsonType type) {
  switch (type) {
    case core::JsonType::kArray:
      return "a list";
    case core::JsonType::kString:
      return "a text";
    case core::JsonType::kBool:
      return "a boolean";
    case core::JsonType::kNull:
    case core::JsonType::kAbsent:
      return "null";
    default:
      return "a number";
  }
}

/// What makes a pod spec a patch for one: the marks of a strategic merge, or a container that
/// leaves its image to the pod it is laid upon. Custom kinds may leave it out for reasons of their
/// own.
std::optional<std::string> FindFragment(const core::PodTemplate& pod, bool image_required) {
  constexpr std::string_view kPatch = "$patch";
  if (pod.spec.Get(kPatch).exists()) return "a patch and no pod by itself: it has $patch";
  for (const std::string_view list : {"initContainers", "containers", "volumes"}) {
    for (const JsonValue element : pod.spec.Get(list).Elements()) {
      if (element.Get(kPatch).exists()) return "a patch and no pod by itself: it has $patch";
      if (list == "volumes" || !image_required || !element.IsObject()) continue;
      if (!element.Get("image").IsAbsentOrNull()) continue;
      return fmt::format("a fragment and no pod by itself: container {:?} has no image",
                         element.Get("name").AsString());
    }
  }
  return std::nullopt;
}

std::optional<std::string> FindSkipReason(const core::Document& object,
                                          std::vector<core::PodTemplate>* pods) {
  if (!object.root.IsObject()) {
    return fmt::format("no Kubernetes object: it is {}", NameOf(object.root.type()));
  }
  if (object.kind.empty() || object.api_version.empty()) {
    const char* missing = !object.api_version.empty() ? "kind"
                          : object.kind.empty()       ? "apiVersion and no kind"
                                                      : "apiVersion";
    return fmt::format("no Kubernetes object: it has no {}", missing);
  }
  static const core::WorkloadTable kWorkloads;
  const core::Workload* workload = kWorkloads.Find(object.group, object.kind);
  if (workload == nullptr) return std::nullopt;
  core::ReadPodTemplates(*workload, object.root, pods);
  for (const core::PodTemplate& pod : *pods) {
    if (auto reason = FindFragment(pod, workload->kubernetes_own)) return reason;
  }
  return std::nullopt;
}

bool IsAdmissionReview(const core::Document& object) {
  return object.kind == "AdmissionReview" && object.group == "admission.k8s.io";
}

bool IsList(JsonValue root) {
  return root.Get("kind").AsString().ends_with(kListSuffix) && root.Get("items").IsArray();
}

bool HasOwnType(JsonValue item) {
  return !item.Get("kind").AsString().empty() || !item.Get("apiVersion").AsString().empty();
}

}  // namespace

core::FieldLocation InputObject::Find(std::string_view field) const {
  std::string path(field_prefix);
  if (!path.empty() && !field.empty() && field.front() != '[') path.push_back('.');
  path.append(field);
  return document->Find(path);
}

InputObject ReviewedObject(const InputObject& review, std::string* path) {
  const core::FieldPath root(review.field_prefix);
  const core::FieldPath request = root.Child("request");
  *path = request.Child("object").ToString();
  InputObject reviewed = review;
  reviewed.field_prefix = *path;
  return reviewed;
}

core::Result<core::ManifestStream> OpenInput(const std::string& file, const core::FileReader& files,
                                             std::istream& standard_input) {
  if (file == kStdin) return core::ManifestStream(std::make_unique<StreamSource>(standard_input));
  auto source = files.Open(file);
  if (!source) {
    const auto target = files.ReadLink(file);
    if (!target) return core::Unexpected(source.error());
    return core::Failure(
        fmt::format("{} (it is a symbolic link to {})", source.error().message, *target));
  }
  return core::ManifestStream(*std::move(source));
}

void TellUnreadable(std::string_view file, std::string message, const InputSink& sink) {
  if (!sink.failure) return;
  const std::string name = std::string(file) + ": ";
  if (message.starts_with(name)) message.erase(0, name.size());
  InputFailure unreadable;
  unreadable.place.file = file;
  unreadable.whole_file = true;
  unreadable.message = std::move(message);
  sink.failure(unreadable);
}

InputCounts InputReader::ReadFile(const std::string& file, const InputSink& sink) {
  InputCounts counts;
  auto stream = OpenInput(file, files_, standard_input_);
  if (!stream) {
    TellUnreadable(file, stream.error().message, sink);
    return counts;
  }
  for (bool more = true; more;) {
    const auto piece = stream->Next();
    if (!piece) {
      TellUnreadable(file, piece.error().message, sink);
      return counts;
    }
    const InputCounts in_piece = ReadPiece(file, **piece, sink);
    counts.files += in_piece.files;
    counts.documents += in_piece.documents;
    more = !(*piece)->last;
  }
  return counts;
}

InputCounts InputReader::ReadPiece(std::string_view file, const core::ManifestPiece& piece,
                                   const InputSink& sink) {
  InputCounts counts{piece.first ? 1 : 0, 0};
  for (const core::DocumentText& document : piece.documents) {
    if (!document.preamble) ++counts.documents;
    ReadDocument(file, document, sink);
  }
  return counts;
}

InputCounts InputReader::ReadText(std::string_view file, std::string_view text,
                                  const InputSink& sink) {
  InputCounts counts{1, 0};
  core::DocumentSplitter documents(text);
  while (const auto document = documents.Next()) {
    if (!document->preamble) ++counts.documents;
    ReadDocument(file, *document, sink);
  }
  return counts;
}

void InputReader::ReadDocument(std::string_view file, const core::DocumentText& text,
                               const InputSink& sink) {
  InputPlace place;
  place.file = file;
  place.document = text.index;
  place.helm_source = text.helm_source;
  const auto fail = [&](core::SourcePos pos, std::string message) {
    if (!sink.failure) return;
    sink.failure({place, false, pos, std::move(message), text.lines, text.start.line});
  };
  if (const auto read = yaml_.Read(text, &document_); !read) {
    return fail(read.error().pos, read.error().message);
  }
  EmitNotes(place, text, sink);
  const JsonValue root = document_.json.root();
  if (root.IsAbsentOrNull()) return;
  InputObject object;
  object.place = place;
  object.root = root;
  object.document = &document_;
  object.text = text.lines;
  object.first_line = text.start.line;
  EmitObjects(object, sink);
}

void InputReader::EmitNotes(const InputPlace& place, const core::DocumentText& text,
                            const InputSink& sink) {
  if (!sink.note) return;
  InputNote note;
  note.place = place;
  note.text = text.lines;
  note.first_line = text.start.line;
  for (const core::DuplicateKey& key : document_.duplicate_keys) {
    note.kind = InputNoteKind::kDuplicateKey;
    note.pos = key.last;
    note.previous = key.first;
    note.field = key.field;
    const std::string lines =
        key.first.line == key.last.line
            ? fmt::format("twice in line {}", key.first.line)
            : fmt::format("twice, in line {} and in line {}", key.first.line, key.last.line);
    note.message = fmt::format(
        "{} stands {}: Kubernetes takes the last one and drops the other without a word", key.field,
        lines);
    sink.note(note);
  }
  if (!document_.dropped.known()) return;
  note.kind = InputNoteKind::kDroppedText;
  note.pos = document_.dropped;
  note.previous = {};
  note.field.clear();
  note.message = "kubectl drops this text without a word: the document ends before it";
  sink.note(note);
}

/// Emits the object, or the items of a list, and of the lists in it, in order.
void InputReader::EmitObjects(const InputObject& document, const InputSink& sink) {
  struct Pending {
    JsonValue value;
    JsonValue list;  // absent for the document itself
    std::optional<int> item;
    std::string prefix;
  };
  std::vector<Pending> pending{
      {document.root, JsonValue(), std::nullopt, std::string(document.field_prefix)}};
  while (!pending.empty()) {
    const Pending next = std::move(pending.back());
    pending.pop_back();
    if (IsList(next.value)) {
      const core::FieldPath parent(next.prefix);
      const core::FieldPath items = parent.Child("items");
      const std::size_t first = pending.size();
      int index = 0;
      for (const JsonValue item : next.value.Get("items").Elements()) {
        pending.push_back({item, next.value, next.item ? next.item : std::optional<int>(index),
                           items.Index(index).ToString()});
        ++index;
      }
      std::reverse(pending.begin() + static_cast<std::ptrdiff_t>(first), pending.end());
      continue;
    }
    InputObject object = document;
    object.root = next.list.exists() && next.value.IsObject() && !HasOwnType(next.value)
                      ? GiveType(next.value, next.list)
                      : next.value;
    object.place.item = next.item;
    object.field_prefix = next.prefix;
    const core::Document type = core::ReadDocument(object.root);
    object.is_admission_review = IsAdmissionReview(type);
    object.skip_reason = FindSkipReason(type, &pods_);
    if (sink.object) sink.object(object);
  }
}

/// An item of a typed list with the type that the list's kind implies.
/// Source: unstructuredJSONScheme.decodeToList, apimachinery v0.36.3.
JsonValue InputReader::GiveType(JsonValue item, JsonValue list) {
  std::string_view kind = list.Get("kind").AsString();
  kind.remove_suffix(kListSuffix.size());
  if (kind.empty()) return item;
  item_json_ = "{\"apiVersion\":";
  core::AppendJsonString(list.Get("apiVersion").AsString(), &item_json_);
  item_json_ += ",\"kind\":";
  core::AppendJsonString(kind, &item_json_);
  const std::size_t end = item_json_.size();
  core::AppendJson(item, &item_json_);
  item_json_[end] = item.Size() > 0 ? ',' : ' ';  // instead of the item's own brace
  const auto typed = item_parser_.Parse(item_json_);
  return typed ? *typed : item;
}

}  // namespace mountguard::cli

#ifndef MOUNTGUARD_CORE_DOCUMENT_BUILDER_H_
#define MOUNTGUARD_CORE_DOCUMENT_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/json_tape.h"
#include "core/result.h"
#include "core/source_map.h"
#include "core/source_pos.h"
#include "core/yaml_document.h"
#include "core/yaml_scalar.h"

namespace mountguard::core {

/// Builds a document from the nodes of a YAML or JSON text, in their order: writes the values,
/// records positions, resolves aliases and merge keys, finds repeated keys, and keeps go-yaml's
/// limits. What it refuses is said of the node just given. Source: go.yaml.in/yaml/v2 v2.4.3
/// decoder.
///
/// Borrows the document. Not thread-safe; recursion depth does not depend on the input.
class DocumentBuilder {
 public:
  /// Starts a document, which is cleared; the buffers of the one before are kept.
  void Reset(YamlDocument* document);

  /// `anchor` is "" where there is none.
  Result<void> BeginMapping(SourcePos pos, std::string_view anchor);
  Result<void> BeginSequence(SourcePos pos, std::string_view anchor);
  /// Ends the innermost mapping or list.
  void End();
  /// A scalar; in a mapping keys and values take turns.
  Result<void> Scalar(const YamlScalar& scalar, SourcePos pos, std::string_view anchor);
  /// A number, a boolean or null (no key) of a JSON text. Fails beyond what floating point can
  /// hold.
  Result<void> Literal(std::string_view json, SourcePos pos);
  Result<void> Alias(std::string_view name, SourcePos pos);
  /// Ends the document: the order of what was found is made that of the text.
  void Finish();

  /// How many mappings and lists are open.
  std::size_t depth() const { return frames_.size(); }

 private:
  enum class FrameKind {
    kMapping,
    kSequence,
    kMergedMapping,   // the value of a `<<`: its members go to the mapping around it
    kMergedSequence,  // the value of a `<<`: a list of mappings to merge
  };
  enum class Place { kRoot, kKey, kValue, kElement, kMergeValue, kMergeElement };

  static constexpr std::size_t kNoAnchor = static_cast<std::size_t>(-1);

  /// An open mapping or list. What is merged has no brackets on the tape: its members are those of
  /// the mapping around it.
  struct Frame {
    FrameKind kind = FrameKind::kMapping;
    bool merged = false;         // itself or, in a list of mappings to merge, by that
    bool expects_value = false;  // a key was given
    bool expects_merge = false;  // that key is `<<`
    std::uint32_t members = 0;   // written so far, merged ones included
    std::uint32_t height = 0;    // of the highest child
    JsonTape::Index opened = 0;  // if it is not merged
    JsonTape::Index inside = 0;  // where its members begin
    SourceMap::Index node = 0;
    std::size_t first_key = 0;      // of its keys in keys_
    std::size_t first_element = 0;  // of its elements in merge_elements_
    std::size_t anchor = kNoAnchor;
    std::uint64_t decodes = 0;  // go-yaml's count before it
  };

  /// A key of an open mapping.
  struct Key {
    std::size_t text = 0;  // on the tape
    SourceMap::Index node = 0;
  };

  /// A mapping in a list of mappings to merge.
  struct MergeElement {
    JsonTape::Index inside = 0;
    SourceMap::Index node = 0;
    SourceMap::Index node_end = 0;
    std::uint32_t members = 0;
  };

  /// What an anchor stands for. A scalar is kept as it was written: it means something else as a
  /// key than as a value.
  struct Anchor {
    enum class Kind { kOpen, kScalar, kMapping, kSequence, kMergedSequence };
    Kind kind = Kind::kOpen;
    SourceMap::Index node = 0;
    /// On the tape: a scalar's value, unless it is a key; the elements or members of all else.
    JsonTape::Index first = 0;
    JsonTape::Index last = 0;
    std::uint32_t members = 0;
    std::uint32_t height = 0;
    std::uint64_t decodes = 0;
    std::string text;
    std::string tag;
    bool implicit = false;

    YamlScalar scalar() const { return {text, tag, implicit}; }
  };

  static bool IsSequence(FrameKind kind) {
    return kind == FrameKind::kSequence || kind == FrameKind::kMergedSequence;
  }

  static bool IsMerge(Place place) {
    return place == Place::kMergeValue || place == Place::kMergeElement;
  }

  Place place() const;
  Result<void> Begin(FrameKind kind, Place where, SourcePos pos, std::string_view anchor);
  Result<void> WriteKey(const YamlScalar& scalar, SourcePos pos);
  Result<void> WriteAlias(const Anchor& anchor, Place place);
  Result<void> CountAliasText(std::string_view text);
  void CountElement();
  void ValueIsDone(std::uint32_t height);
  void MergeSequence(const Frame& merged);
  void MoveAnchors(const MergeElement& element, JsonTape::Index moved);
  Result<void> CountDecodes(std::uint64_t decodes, std::uint64_t through_aliases);
  Result<void> CheckAliasRatio() const;
  std::size_t AddAnchor(std::string_view name, Anchor anchor);
  void CloseAnchor(const Frame& frame, JsonTape::Index inside_end);
  void FindDuplicates(const Frame& frame);
  void ReportDuplicates(const std::vector<std::size_t>& same_keys);
  std::string_view KeyText(const Key& key) const { return document_->json.TextAt(key.text); }
  std::string FieldOf(const Key& key) const;

  YamlDocument* document_ = nullptr;
  std::vector<Frame> frames_;
  std::vector<Key> keys_;
  std::vector<MergeElement> merge_elements_;
  std::vector<Anchor> anchors_;
  std::unordered_map<std::string, std::size_t> anchor_by_name_;
  std::uint64_t decodes_ = 0;
  std::uint64_t alias_decodes_ = 0;
  std::size_t alias_text_ = 0;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_DOCUMENT_BUILDER_H_

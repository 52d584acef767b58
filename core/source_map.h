#ifndef MOUNTGUARD_CORE_SOURCE_MAP_H_
#define MOUNTGUARD_CORE_SOURCE_MAP_H_

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/json_tape.h"
#include "core/source_pos.h"

namespace mountguard::core {

/// Where a field stands in its file.
struct FieldLocation {
  /// The value. Through an alias or a merge key the place of the use: the alias.
  SourcePos value;
  /// The field's key; unknown for an element of a list and for the whole object. Through a merge
  /// the key `<<`.
  SourcePos key;
  /// Where the anchor holds the value, if it is used through an alias or a merge; else unknown.
  SourcePos definition;
  /// False if the path does not exist: then all this is said of its nearest parent that does.
  bool exact = false;
};

/// The positions of all fields of one document: field path -> line and column.
///
/// Filled by YamlReader while it writes the values (12 bytes a key or value), asked only where
/// there is something to report. Refers to the texts of the keys and must be asked with the tape
/// that has them. Const members are thread-safe.
class SourceMap {
 public:
  /// Looks up a path in the API server's notation: `spec.containers[0].volumeMounts[1].name`,
  /// `metadata.labels[a.b/c]`; "" is the object itself. Of a repeated key the last one counts, as
  /// for kubectl. `json` was written together with this map.
  FieldLocation Find(std::string_view path, const JsonTape& json) const;

  bool empty() const { return nodes_.empty(); }

  // What follows is for those who fill the map, in the order of the text.

  using Index = std::uint32_t;

  void Clear() { nodes_.clear(); }
  /// A mapping's key, whose text is the tape's at `text`. Its value must follow.
  void AddKey(SourcePos pos, std::size_t text) { Add(Kind::kKey, pos, text); }
  /// The key `<<`. Its value must follow: a mapping, an alias, or a list of those.
  void AddMergeKey(SourcePos pos) { Add(Kind::kMergeKey, pos, 0); }
  void AddScalar(SourcePos pos) { Add(Kind::kScalar, pos, 0); }
  /// A use of the value that was added at `target`.
  void AddAlias(SourcePos pos, Index target) { Add(Kind::kAlias, pos, target); }
  /// Opens a mapping or a list; all that is added until the matching Close is inside.
  Index OpenMapping(SourcePos pos) { return Add(Kind::kMapping, pos, 0); }
  Index OpenSequence(SourcePos pos) { return Add(Kind::kSequence, pos, 0); }
  void Close(Index opened) { nodes_[opened].link = next(); }
  /// The index that what is added next gets: what an anchor stands for.
  Index next() const { return static_cast<Index>(nodes_.size()); }
  /// The position of what was added at `index`.
  SourcePos PositionAt(Index index) const;

 private:
  enum class Kind : std::uint32_t { kKey, kMergeKey, kScalar, kAlias, kMapping, kSequence };
  static constexpr int kKindBits = 3;

  struct Node {
    std::uint32_t line;
    std::uint32_t column_and_kind;  // the kind in the lowest kKindBits
    /// kKey: its text on the tape. kAlias: the target. kMapping, kSequence: the index
    /// behind the last node inside.
    std::uint32_t link;

    Kind kind() const { return static_cast<Kind>(column_and_kind & ((1U << kKindBits) - 1)); }
    SourcePos pos() const {
      return {static_cast<int>(line), static_cast<int>(column_and_kind >> kKindBits)};
    }
  };

  class Lookup;

  Index Add(Kind kind, SourcePos pos, std::size_t link) {
    const auto column = static_cast<std::uint32_t>(pos.column);
    nodes_.push_back({static_cast<std::uint32_t>(pos.line),
                      column << kKindBits | static_cast<std::uint32_t>(kind),
                      static_cast<std::uint32_t>(link)});
    return next() - 1;
  }
  Index After(Index value) const;

  std::vector<Node> nodes_;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_SOURCE_MAP_H_

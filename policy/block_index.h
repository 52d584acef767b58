#ifndef MOUNTGUARD_POLICY_BLOCK_INDEX_H_
#define MOUNTGUARD_POLICY_BLOCK_INDEX_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/json_reader.h"
#include "policy/block.h"
#include "policy/block_shape.h"
#include "policy/mount_facts.h"

namespace mountguard::policy {

/// Finds the blocks that can hold for a mount without trying them all.
///
/// Each block is filed under one of its conditions: a list of texts, beginnings or ends of texts,
/// paths, labels or capabilities at least one of which the mount must have. Of several such
/// conditions the one that fewest blocks share is taken. Blocks without such a condition are filed
/// by shape, and one look at a shape rules all of them out. What a lookup gives is a superset:
/// whoever asks tries the blocks then. A block is left out only if it certainly does not hold.
///
/// Borrows the blocks. Immutable and thread-safe.
class BlockIndex {
 public:
  /// A block and the place of its owner, a rule or an exception, in a list of the caller's.
  struct Entry {
    const Block* block;
    std::uint32_t owner;
  };

  BlockIndex() = default;
  /// `entries` are in the order of their owners.
  explicit BlockIndex(std::vector<Entry> entries);

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  const Entry& entry(std::uint32_t index) const { return entries_[index]; }

  /// Appends the entries that are filed under facts of one scope. Ask for every scope up to
  /// kMount; an outer scope's answer holds for all that lies in it.
  void Find(const MountFacts& facts, Scope scope, std::vector<std::uint32_t>* found) const;
  /// Puts into `candidates`, in their order and each once, those of the `found` entries that the
  /// shape of what `facts` are at does not rule out, and those that are filed by shape alone.
  void Sift(const std::vector<std::uint32_t>& found, const MountFacts& facts,
            std::vector<std::uint32_t>* candidates) const;

 private:
  using Key = std::uint64_t;
  struct Lookup;

  /// What is filed under the conditions of one field.
  struct FieldFile {
    bool exact = false;                 // some entry is filed under a whole value
    bool under = false;                 // some entry is filed under a path above the value
    std::vector<std::size_t> prefixes;  // lengths of the prefixes that entries are filed under
    std::vector<std::size_t> suffixes;  // and of the suffixes
    std::vector<std::uint32_t> all;     // for values that are not known
    std::vector<std::pair<std::string_view, std::uint32_t>> paths;  // sorted: what lies below one
  };

  /// Entries without a lookup, of one shape.
  struct ShapeFile {
    BlockShape shape;
    std::vector<std::uint32_t> entries;
  };

  void FileByShape(std::uint32_t entry);
  void FileUnder(const Lookup& lookup, std::uint32_t entry);
  void FindText(BlockField field, std::string_view value, std::vector<std::uint32_t>* found) const;
  void FindPath(BlockField field, std::string_view path, std::vector<std::uint32_t>* found) const;
  /// Those filed under paths below `path`.
  void FindBelow(BlockField field, std::string_view path, std::vector<std::uint32_t>* found) const;
  void FindLabels(BlockField field, core::JsonValue labels,
                  std::vector<std::uint32_t>* found) const;
  void FindCapabilities(core::JsonValue added, std::vector<std::uint32_t>* found) const;
  void FindAll(BlockField field, std::vector<std::uint32_t>* found) const;
  void FindKey(Key key, std::vector<std::uint32_t>* found) const;
  const FieldFile& FileOf(BlockField field) const {
    return files_[static_cast<std::size_t>(field)];
  }

  static constexpr std::size_t kFieldCount = static_cast<std::size_t>(BlockField::kCsiDrivers) + 1;

  std::vector<Entry> entries_;
  std::array<FieldFile, kFieldCount> files_;
  std::unordered_map<Key, std::vector<std::uint32_t>> by_key_;
  std::vector<BlockShape> shapes_;  // of every entry
  std::vector<ShapeFile> by_shape_;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_BLOCK_INDEX_H_

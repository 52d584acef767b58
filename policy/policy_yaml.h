#ifndef MOUNTGUARD_POLICY_POLICY_YAML_H_
#define MOUNTGUARD_POLICY_POLICY_YAML_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/code_frame.h"
#include "core/source_pos.h"

namespace mountguard::policy {

enum class YamlType : std::uint8_t { kNull, kScalar, kSequence, kMap };

class YamlTree;

/// A value of a YamlTree: a cheap handle, to be passed by value. Borrows the tree.
class YamlNode {
 public:
  YamlType type() const;
  /// The text of a scalar, else "".
  std::string_view text() const;
  /// A scalar without quotes: `true` is then no text, and `12` a number.
  bool plain() const;
  /// Where it stands; of an alias, where the alias does.
  core::SourcePos position() const;
  std::size_t size() const;

  struct Member;
  /// Elements of a sequence; empty for all else.
  std::vector<YamlNode> Elements() const;
  /// Keys and values of a map in the order of the text; empty for all else.
  std::vector<Member> Members() const;

 private:
  friend class YamlTree;
  YamlNode(const YamlTree* tree, std::uint32_t index) : tree_(tree), index_(index) {}

  const YamlTree* tree_;
  std::uint32_t index_;
};

struct YamlNode::Member {
  YamlNode key;
  YamlNode value;
};

/// One document of a policy file as a tree with positions. Only this and its source know yaml-cpp.
///
/// Built from the parser's events instead of its own nodes: that takes half the time, tells where
/// an alias was used, and lets limits be kept while the text is read.
class YamlTree {
 public:
  struct Problem {
    core::SourcePos position;
    std::string message;
  };
  /// Called with every document that is not empty; the tree lives for the call.
  using Visit = std::function<void(YamlNode root)>;

  /// Levels of lists and maps in each other; a policy needs eleven.
  static constexpr std::size_t kMaxDepth = 64;
  /// Values that all aliases of a document may stand for, taken together.
  static constexpr std::size_t kMaxAliased = 100'000;
  static constexpr std::size_t kMaxDocuments = 1'000;

  /// Reads all documents of `lines`' text, which must be UTF-8 without a byte order mark. What is
  /// wrong with the text is told; nothing behind a syntax error is read.
  static std::vector<Problem> ReadAll(std::string_view text, const core::LineIndex& lines,
                                      const Visit& visit);

 private:
  friend class YamlNode;
  class Builder;

  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  struct Node {
    YamlType type = YamlType::kNull;
    bool plain = false;
    std::int32_t line = 0, column = 0;  // from 0, in bytes, as yaml-cpp's marks
    std::uint32_t text_begin = 0, text_size = 0;
    std::uint32_t first_child = kNone, next_sibling = kNone, child_count = 0;
    std::uint32_t target = kNone;  // of an alias: what it stands for
  };

  explicit YamlTree(const core::LineIndex& lines) : lines_(lines) {}

  const Node& Resolve(std::uint32_t index) const;
  core::SourcePos PositionAt(int line, int column) const;

  /// Where columns were counted last: a policy on one line would be counted through for each of its
  /// nodes otherwise.
  struct Counted {
    int line = -1;
    std::size_t bytes = 0, runes = 0;
  };

  const core::LineIndex& lines_;
  mutable Counted counted_;
  std::vector<Node> nodes_;
  std::string texts_;  // of all scalars
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_POLICY_YAML_H_

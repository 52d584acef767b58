#include "policy/policy_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "core/utf8.h"

namespace mountguard::policy {
namespace {

/// Stops yaml-cpp from within a handler; caught in ReadAll.
struct LimitReached {
  YamlTree::Problem problem;
};

/// yaml-cpp's name for a scalar without quotes and tag, and for one with quotes.
constexpr std::string_view kPlainTag = "?";
constexpr std::string_view kQuotedTag = "!";

/// yaml-cpp's words for the mistakes that are made most, and ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kPlainWords = {{
    {"end of map not found",
     "this line fits neither the map above it nor one around it: check its "
     "indentation"},
    {"end of sequence not found",
     "this line fits neither the list above it nor what is around it: "
     "check its indentation, and that every element begins with -"},
    {"end of map flow not found", "a map that was opened with { is not closed"},
    {"end of sequence flow not found", "a list that was opened with [ is not closed"},
    {"illegal map value", "a value may not stand here: a text with \": \" in it needs quotes"},
    {"unknown token", "this character may not stand here outside of quotes"},
    {"the referenced anchor is not defined", "no anchor (&name) of that name stands above"},
}};

std::string InPlainWords(const std::string& message) {
  for (const auto& [theirs, ours] : kPlainWords) {
    if (message == theirs) return std::string(ours);
  }
  return message;
}

bool IsIndentedByTab(std::string_view line) {
  return line.substr(0, line.find_first_not_of(" \t")).find('\t') != std::string_view::npos;
}

}  // namespace

/// Turns the parser's events into nodes.
class YamlTree::Builder final : public YAML::EventHandler {
 public:
  Builder(YamlTree* tree, std::vector<Problem>* problems) : tree_(*tree), problems_(*problems) {}

  void OnDocumentStart(const YAML::Mark&) override {
    tree_.nodes_.clear();
    tree_.texts_.clear();
    open_.clear();
    anchors_.clear();
    aliased_ = 0;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    Add(YamlType::kNull, mark, kPlainTag, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node& node = Add(YamlType::kScalar, mark, tag, anchor);
    node.plain = tag == kPlainTag;
    node.text_begin = static_cast<std::uint32_t>(tree_.texts_.size());
    node.text_size = static_cast<std::uint32_t>(value.size());
    tree_.texts_ += value;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlType::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Open(YamlType::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override { Close(); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t name) override {
    Node& node = Add(YamlType::kNull, mark, kPlainTag, YAML::NullAnchor);
    const Anchor& anchor = anchors_[name];
    if (!anchor.complete) {
      throw LimitReached{{PositionOf(mark), "an alias may not stand for a value that holds it"}};
    }
    node.target = anchor.node;
    aliased_ += anchor.weight;
    if (aliased_ > kMaxAliased) {
      throw LimitReached{{PositionOf(mark), fmt::format("the aliases of this document stand for "
                                                        "more than {} values; write them out",
                                                        kMaxAliased)}};
    }
    Weigh(anchor.weight);
  }

 private:
  /// A list or map whose end has not been seen.
  struct OpenNode {
    std::uint32_t node;
    std::uint32_t last_child;
    YAML::anchor_t anchor;
    std::size_t weight;  // values in it, with those that aliases stand for
  };
  struct Anchor {
    std::uint32_t node = kNone;
    std::size_t weight = 0;
    bool complete = false;
  };

  core::SourcePos PositionOf(const YAML::Mark& mark) const {
    return tree_.PositionAt(mark.line, mark.column);
  }

  Node& Add(YamlType type, const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor) {
    if (!tag.empty() && tag != kPlainTag && tag != kQuotedTag) {
      problems_.push_back({PositionOf(mark),
                           "this is a YAML tag, which policies do not use; a text "
                           "that begins with ! needs quotes"});
    }
    const auto index = static_cast<std::uint32_t>(tree_.nodes_.size());
    if (!open_.empty()) {
      OpenNode& parent = open_.back();
      Node& holder = tree_.nodes_[parent.node];
      (parent.last_child == kNone ? holder.first_child
                                  : tree_.nodes_[parent.last_child].next_sibling) = index;
      parent.last_child = index;
      ++holder.child_count;
    }
    const bool holds_others = type == YamlType::kSequence || type == YamlType::kMap;
    if (!holds_others) Weigh(1);
    if (anchor != YAML::NullAnchor) {
      if (anchors_.size() <= anchor) anchors_.resize(anchor + 1);
      anchors_[anchor] = {index, 1, !holds_others};
    }
    Node& node = tree_.nodes_.emplace_back();
    node.type = type;
    node.line = mark.line;
    node.column = mark.column;
    return node;
  }

  void Open(YamlType type, const YAML::Mark& mark, std::string_view tag, YAML::anchor_t anchor) {
    if (open_.size() >= kMaxDepth) {
      throw LimitReached{{PositionOf(mark), fmt::format("lists and maps lie more than {} deep in "
                                                        "each other",
                                                        kMaxDepth)}};
    }
    Add(type, mark, tag, anchor);
    open_.push_back({static_cast<std::uint32_t>(tree_.nodes_.size() - 1), kNone, anchor, 1});
  }

  void Close() {
    const OpenNode closed = open_.back();
    open_.pop_back();
    if (closed.anchor != YAML::NullAnchor) {
      anchors_[closed.anchor].weight = closed.weight;
      anchors_[closed.anchor].complete = true;
    }
    Weigh(closed.weight);
  }

  void Weigh(std::size_t weight) {
    if (!open_.empty()) open_.back().weight += weight;
  }

  YamlTree& tree_;
  std::vector<OpenNode> open_;
  std::vector<Anchor> anchors_;  // by yaml-cpp's number
  std::vector<Problem>& problems_;
  std::size_t aliased_ = 0;
};

const YamlTree::Node& YamlTree::Resolve(std::uint32_t index) const {
  const Node& node = nodes_[index];
  return node.target == kNone ? node : Resolve(node.target);
}

core::SourcePos YamlTree::PositionAt(int line, int column) const {
  const std::string_view text = lines_.Line(line + 1);
  const std::size_t bytes = std::min(static_cast<std::size_t>(column), text.size());
  if (counted_.line != line || counted_.bytes > bytes) counted_ = {line, 0, 0};
  counted_.runes += core::CountRunes(text.substr(counted_.bytes, bytes - counted_.bytes));
  counted_.bytes = bytes;
  return {line + 1, static_cast<int>(counted_.runes) + 1};
}

std::vector<YamlTree::Problem> YamlTree::ReadAll(std::string_view text,
                                                 const core::LineIndex& lines, const Visit& visit) {
  std::vector<Problem> problems;
  YamlTree tree(lines);
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Builder builder(&tree, &problems);
    std::size_t documents = 0;
    for (std::size_t before = 0; parser.HandleNextDocument(builder); before = problems.size()) {
      const YamlNode root(&tree, 0);
      if (++documents > kMaxDocuments) {
        throw LimitReached{
            {root.position(),
             fmt::format("the file holds more than {} documents: split it", kMaxDocuments)}};
      }
      if (problems.size() == before && root.type() != YamlType::kNull) visit(root);
    }
  } catch (const LimitReached& limit) {
    problems.push_back(limit.problem);
  } catch (const YAML::Exception& error) {
    const core::SourcePos position = error.mark.is_null()
                                         ? core::SourcePos()
                                         : tree.PositionAt(error.mark.line, error.mark.column);
    const bool tab = IsIndentedByTab(lines.Line(position.line));
    problems.push_back({position, tab ? "a tab stands where YAML takes only spaces for indentation"
                                      : "this is no YAML: " + InPlainWords(error.msg)});
  }
  return problems;
}

YamlType YamlNode::type() const { return tree_->Resolve(index_).type; }

std::string_view YamlNode::text() const {
  const YamlTree::Node& node = tree_->Resolve(index_);
  return std::string_view(tree_->texts_).substr(node.text_begin, node.text_size);
}

bool YamlNode::plain() const { return tree_->Resolve(index_).plain; }

core::SourcePos YamlNode::position() const {
  const YamlTree::Node& node = tree_->nodes_[index_];
  return tree_->PositionAt(node.line, node.column);
}

std::size_t YamlNode::size() const { return tree_->Resolve(index_).child_count; }

std::vector<YamlNode> YamlNode::Elements() const {
  std::vector<YamlNode> elements;
  const YamlTree::Node& node = tree_->Resolve(index_);
  if (node.type != YamlType::kSequence) return elements;
  elements.reserve(node.child_count);
  for (std::uint32_t i = node.first_child; i != YamlTree::kNone;
       i = tree_->nodes_[i].next_sibling) {
    elements.push_back(YamlNode(tree_, i));
  }
  return elements;
}

std::vector<YamlNode::Member> YamlNode::Members() const {
  std::vector<Member> members;
  const YamlTree::Node& node = tree_->Resolve(index_);
  if (node.type != YamlType::kMap) return members;
  members.reserve(node.child_count / 2);
  for (std::uint32_t i = node.first_child; i != YamlTree::kNone;) {
    const std::uint32_t value = tree_->nodes_[i].next_sibling;
    if (value == YamlTree::kNone) break;
    members.push_back({YamlNode(tree_, i), YamlNode(tree_, value)});
    i = tree_->nodes_[value].next_sibling;
  }
  return members;
}

}  // namespace mountguard::policy

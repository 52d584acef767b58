#include "core/source_map.h"

#include <algorithm>
#include <optional>

namespace mountguard::core {
namespace {

/// One step of a field path.
struct Step {
  std::string_view text;
  bool bracketed = false;
};

/// Takes the first step off `path`. A bracket ends where the path may go on behind it, so that keys
/// may hold brackets.
Step TakeStep(std::string_view* path) {
  const auto take = [path](std::size_t from, std::size_t to, std::size_t behind) {
    const std::string_view text = path->substr(from, to - from);
    path->remove_prefix(behind);
    return text;
  };
  if (path->front() == '[') {
    std::size_t close = path->find(']');
    while (close != std::string_view::npos && close + 1 < path->size() &&
           (*path)[close + 1] != '.' && (*path)[close + 1] != '[') {
      close = path->find(']', close + 1);
    }
    if (close == std::string_view::npos) close = path->size();
    return {take(1, close, std::min(close + 1, path->size())), true};
  }
  const std::size_t start = path->front() == '.' ? 1 : 0;
  const std::size_t end = std::min(path->find_first_of(".[", start), path->size());
  return {take(start, end, end), false};
}

std::optional<std::size_t> ParseIndex(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  std::size_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::size_t>(c - '0');
  }
  return value;
}

}  // namespace

/// Walks down a path, remembering whether the way led through an alias.
class SourceMap::Lookup {
 public:
  Lookup(const SourceMap& map, const JsonTape& json) : map_(map), json_(json) { Arrive(0); }

  /// False if there is no such field; then nothing has moved.
  bool Descend(const Step& step) {
    const Node& node = map_.nodes_[here_];
    const Kind kind = node.kind();
    if (kind == Kind::kMapping) return DescendToMember(step.text);
    if (kind == Kind::kSequence && step.bracketed) return DescendToElement(step.text);
    return false;
  }

  const FieldLocation& location() const { return location_; }

 private:
  /// A member of a mapping or of what is merged into it.
  struct Member {
    Index key = 0;
    Index value = 0;
    std::optional<Index> merged_by;  // the outermost alias on the way
    Index merge_key = 0;             // its key `<<`
  };

  /// A mapping that is being searched, and how the search got there.
  struct Search {
    Index at = 0;
    Index end = 0;
    std::optional<Index> merged_by;
    Index merge_key = 0;
  };

  const Node& At(Index index) const { return map_.nodes_[index]; }
  Kind KindAt(Index index) const { return At(index).kind(); }

  /// Takes `value` as the place where the walk is now.
  void Arrive(Index value) {
    if (!through_alias_) location_.value = map_.PositionAt(value);
    while (KindAt(value) == Kind::kAlias) {
      through_alias_ = true;
      value = At(value).link;
    }
    location_.definition = through_alias_ ? map_.PositionAt(value) : SourcePos{};
    here_ = value;
  }

  bool DescendToElement(std::string_view text) {
    const auto wanted = ParseIndex(text);
    if (!wanted) return false;
    Index element = here_ + 1;
    for (std::size_t i = 0; element < At(here_).link; ++i, element = map_.After(element)) {
      if (i < *wanted) continue;
      if (!through_alias_) location_.key = {};
      Arrive(element);
      return true;
    }
    return false;
  }

  bool DescendToMember(std::string_view name) {
    const auto member = FindLast(name);
    if (!member) return false;
    if (!through_alias_) {
      location_.key = map_.PositionAt(member->merged_by ? member->merge_key : member->key);
    }
    if (member->merged_by && !through_alias_) {
      location_.value = map_.PositionAt(*member->merged_by);
      through_alias_ = true;
    }
    Arrive(member->value);
    return true;
  }

  /// The member that counts: the last one in the order in which go-yaml sets them. Merges are set
  /// where they stand; of a merged list the first mapping wins, so it is set last.
  std::optional<Member> FindLast(std::string_view name) const {
    std::optional<Member> found;
    std::vector<Search> searches{{here_ + 1, At(here_).link, std::nullopt, 0}};
    while (!searches.empty()) {
      Search& search = searches.back();
      if (search.at >= search.end) {
        searches.pop_back();
        continue;
      }
      const Index key = search.at;
      const Index value = key + 1;
      search.at = map_.After(value);
      if (KindAt(key) == Kind::kMergeKey) {
        const Search from = search;  // pushing moves what `search` refers to
        PushMerge(from, key, value, &searches);
      } else if (json_.TextAt(At(key).link) == name) {
        found = Member{key, value, search.merged_by, search.merge_key};
      }
    }
    return found;
  }

  void PushMerge(const Search& from, Index merge_key, Index value,
                 std::vector<Search>* searches) const {
    if (KindAt(value) != Kind::kSequence) return PushMapping(from, merge_key, value, searches);
    for (Index element = value + 1; element < At(value).link; element = map_.After(element)) {
      PushMapping(from, merge_key, element, searches);
    }
  }

  void PushMapping(const Search& from, Index merge_key, Index value,
                   std::vector<Search>* searches) const {
    Search inner{0, 0, from.merged_by, from.merge_key};
    while (KindAt(value) == Kind::kAlias) {
      if (!inner.merged_by) inner = {0, 0, value, merge_key};
      value = At(value).link;
    }
    inner.at = value + 1;
    inner.end = At(value).link;
    searches->push_back(inner);
  }

  const SourceMap& map_;
  const JsonTape& json_;
  Index here_ = 0;
  bool through_alias_ = false;
  FieldLocation location_;
};

FieldLocation SourceMap::Find(std::string_view path, const JsonTape& json) const {
  if (nodes_.empty()) return {};
  Lookup lookup(*this, json);
  bool exact = true;
  while (exact && !path.empty()) exact = lookup.Descend(TakeStep(&path));
  FieldLocation location = lookup.location();
  location.exact = exact;
  return location;
}

SourceMap::Index SourceMap::After(Index value) const {
  const Node& node = nodes_[value];
  const Kind kind = node.kind();
  return kind == Kind::kMapping || kind == Kind::kSequence ? node.link : value + 1;
}

SourcePos SourceMap::PositionAt(Index index) const { return nodes_[index].pos(); }

}  // namespace mountguard::core

#include "core/document_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/json_reader.h"

namespace mountguard::core {
namespace {

/// JSON that aliases may add to a document; go-yaml shares it in memory, we write it out.
constexpr std::size_t kMaxAliasBytes = std::size_t{64} << 20;
/// Up to here comparing every pair of keys is cheaper than sorting them.
constexpr std::size_t kFewKeys = 16;

Unexpected<Error> TooDeep() {
  return Failure(fmt::format("nested deeper than {} levels", JsonParser::kMaxDepth));
}

Unexpected<Error> NoMapping() {
  return Failure(
      "`<<` merges a mapping or a list of mappings (`<<: *name`, `<<: [*one, *two]`), nothing "
      "else");
}

/// The share of decoding steps that may come from aliases: go-yaml's guard against documents that
/// explode. Source: allowedAliasRatio.
double AllowedAliasRatio(std::uint64_t decodes) {
  constexpr double kLow = 400'000;
  constexpr double kHigh = 4'000'000;
  const auto count = static_cast<double>(decodes);
  if (count <= kLow) return 0.99;
  if (count >= kHigh) return 0.10;
  return 0.99 - 0.89 * ((count - kLow) / (kHigh - kLow));
}

/// A key as a step of a path; `text` is a JSON string.
void AppendStep(std::string_view text, std::string* path) {
  const std::string_view name = text.substr(1, text.size() - 2);
  const bool plain = !name.empty() && name.find_first_of(".[]/ ") == std::string_view::npos;
  if (!plain) {
    path->append("[").append(name).append("]");
    return;
  }
  if (!path->empty()) path->push_back('.');
  path->append(name);
}

}  // namespace

void YamlDocument::Clear() {
  json.clear();
  map.Clear();
  duplicate_keys.clear();
  dropped = {};
}

void DocumentBuilder::Reset(YamlDocument* document) {
  document_ = document;
  document_->Clear();
  frames_.clear();
  keys_.clear();
  merge_elements_.clear();
  anchors_.clear();
  anchor_by_name_.clear();
  decodes_ = 1;  // the document itself
  alias_decodes_ = 0;
  alias_bytes_ = 0;
}

DocumentBuilder::Place DocumentBuilder::place() const {
  if (frames_.empty()) return Place::kRoot;
  const Frame& frame = frames_.back();
  switch (frame.kind) {
    case FrameKind::kSequence:
      return Place::kElement;
    case FrameKind::kMergedSequence:
      return Place::kMergeElement;
    case FrameKind::kMapping:
    case FrameKind::kMergedMapping:
      break;
  }
  if (!frame.expects_value) return Place::kKey;
  return frame.expects_merge ? Place::kMergeValue : Place::kValue;
}

/// Counts go-yaml's decoding steps: all of them, and those that are due to aliases.
inline Result<void> DocumentBuilder::CountDecodes(std::uint64_t decodes,
                                                  std::uint64_t through_aliases) {
  decodes_ += decodes;
  alias_decodes_ += through_aliases;
  if (alias_decodes_ <= 100 || decodes_ <= 1000) return {};
  return CheckAliasRatio();
}

Result<void> DocumentBuilder::BeginMapping(SourcePos pos, std::string_view anchor) {
  const Place where = place();
  if (where == Place::kKey) {
    return Failure("a mapping stands where a key must: a key must be a string");
  }
  return Begin(where == Place::kMergeValue ? FrameKind::kMergedMapping : FrameKind::kMapping, pos,
               anchor);
}

Result<void> DocumentBuilder::BeginSequence(SourcePos pos, std::string_view anchor) {
  const Place where = place();
  if (where == Place::kKey) {
    return Failure("a list stands where a key must: a key must be a string");
  }
  if (where == Place::kMergeElement) return NoMapping();
  return Begin(where == Place::kMergeValue ? FrameKind::kMergedSequence : FrameKind::kSequence, pos,
               anchor);
}

Result<void> DocumentBuilder::Begin(FrameKind kind, SourcePos pos, std::string_view anchor) {
  if (frames_.size() == JsonParser::kMaxDepth) return TooDeep();
  SeparateElement();
  const bool sequence = kind == FrameKind::kSequence || kind == FrameKind::kMergedSequence;
  Frame frame;
  frame.kind = kind;
  frame.decodes = decodes_;
  frame.json_start = document_->json.size();
  frame.first_key = keys_.size();
  frame.first_element = merge_elements_.size();
  frame.node = sequence ? document_->map.OpenSequence(pos) : document_->map.OpenMapping(pos);
  if (!anchor.empty()) {
    frame.anchor = AddAnchor(anchor, Anchor{Anchor::Kind::kOpen, frame.node});
  }
  document_->json.push_back(sequence ? '[' : '{');
  frames_.push_back(frame);
  // A merged list is no decoding step of its own: its mappings are.
  return CountDecodes(kind == FrameKind::kMergedSequence ? 0 : 1, 0);
}

void DocumentBuilder::End() {
  const Frame frame = frames_.back();
  const bool sequence =
      frame.kind == FrameKind::kSequence || frame.kind == FrameKind::kMergedSequence;
  document_->json.push_back(sequence ? ']' : '}');
  document_->map.Close(frame.node);
  FindDuplicates(frame);
  keys_.resize(frame.first_key);
  CloseAnchor(frame);
  frames_.pop_back();
  switch (frame.kind) {
    case FrameKind::kMergedMapping:
      DissolveMergedMapping(frame);
      return ValueIsDone(frame.height);
    case FrameKind::kMergedSequence:
      DissolveMergedSequence(frame);
      return ValueIsDone(frame.height);
    case FrameKind::kMapping:
      if (place() == Place::kMergeElement) {
        merge_elements_.push_back({frame.json_start, document_->json.size(), frame.node,
                                   document_->map.next(), frame.members});
        return ValueIsDone(frame.height);
      }
      return ValueIsDone(frame.height + 1);
    case FrameKind::kSequence:
      return ValueIsDone(frame.height + 1);
  }
}

Result<void> DocumentBuilder::Scalar(const YamlScalar& scalar, SourcePos pos,
                                     std::string_view anchor) {
  const Place where = place();
  if (where == Place::kMergeValue || where == Place::kMergeElement) return NoMapping();
  if (!anchor.empty()) {
    Anchor kept{Anchor::Kind::kScalar, document_->map.next()};
    kept.decodes = 1;
    kept.text = scalar.text;
    kept.tag = scalar.tag;
    kept.implicit = scalar.implicit;
    AddAnchor(anchor, std::move(kept));
  }
  if (where == Place::kKey && IsMergeKey(scalar)) {
    document_->map.AddMergeKey(pos);
    frames_.back().expects_value = true;
    frames_.back().expects_merge = true;
    return {};
  }
  if (auto counted = CountDecodes(1, 0); !counted) return counted;
  if (where == Place::kKey) return WriteKey(scalar, pos);
  SeparateElement();
  document_->map.AddScalar(pos);
  ValueIsDone(0);
  return AppendYamlValue(scalar, &document_->json);
}

void DocumentBuilder::Literal(std::string_view json, SourcePos pos) {
  SeparateElement();
  document_->map.AddScalar(pos);
  document_->json.append(json);
  ValueIsDone(0);
}

Result<void> DocumentBuilder::WriteKey(const YamlScalar& scalar, SourcePos pos) {
  Frame& frame = frames_.back();
  std::string& json = document_->json;
  if (frame.members++ > 0) json.push_back(',');
  const Key key{json.size(), 0, document_->map.next()};
  document_->map.AddKey(pos, key.json_start);
  if (auto written = AppendYamlKey(scalar, &json); !written) return written;
  keys_.push_back(key);
  keys_.back().json_size = json.size() - key.json_start;
  json.push_back(':');
  frame.expects_value = true;
  return {};
}

Result<void> DocumentBuilder::Alias(std::string_view name, SourcePos pos) {
  const auto found = anchor_by_name_.find(std::string(name));
  if (found == anchor_by_name_.end()) {
    return Failure(fmt::format("there is no anchor `&{}` before this alias `*{}`", name, name));
  }
  const Anchor& anchor = anchors_[found->second];
  if (anchor.kind == Anchor::Kind::kOpen) {
    return Failure(fmt::format("the alias `*{}` stands inside its own anchor", name));
  }
  if (frames_.size() + anchor.height > JsonParser::kMaxDepth) return TooDeep();
  if (auto counted = CountDecodes(1 + anchor.decodes, anchor.decodes); !counted) return counted;
  const Place where = place();
  const bool merges = where == Place::kMergeValue || where == Place::kMergeElement;
  if (merges && anchor.kind != Anchor::Kind::kMapping) return NoMapping();
  const YamlScalar scalar{anchor.text, anchor.tag, anchor.implicit};
  if (where == Place::kKey) {
    if (anchor.kind == Anchor::Kind::kScalar) return WriteKey(scalar, pos);
    return Failure(
        fmt::format("the alias `*{}` is a mapping or a list and stands where a key must: a key "
                    "must be a string",
                    name));
  }
  if (anchor.kind == Anchor::Kind::kMergedSequence && !merges) {
    return Failure(
        fmt::format("`&{}` names a list of merges: only a mapping can be used again", name));
  }
  document_->map.AddAlias(pos, anchor.node);
  return WriteAlias(anchor, where);
}

Result<void> DocumentBuilder::WriteAlias(const Anchor& anchor, Place where) {
  alias_bytes_ += anchor.kind == Anchor::Kind::kScalar ? anchor.text.size()
                                                       : anchor.json_end - anchor.json_start;
  if (alias_bytes_ > kMaxAliasBytes) {
    return Failure(
        fmt::format("the aliases of the document grow to more than {} MiB", kMaxAliasBytes >> 20));
  }
  if (where == Place::kMergeValue) {
    AppendMembers(anchor);
    ValueIsDone(anchor.height - 1);
    return {};
  }
  SeparateElement();
  if (anchor.kind == Anchor::Kind::kScalar) {
    ValueIsDone(0);
    return AppendYamlValue({anchor.text, anchor.tag, anchor.implicit}, &document_->json);
  }
  const std::size_t start = document_->json.size();
  AppendCollection(anchor);
  if (where == Place::kMergeElement) {
    merge_elements_.push_back({start, document_->json.size(), document_->map.next(),
                               document_->map.next(), anchor.members});
  }
  ValueIsDone(anchor.height);
  return {};
}

/// Adds the members of an anchored mapping to the mapping that is open.
void DocumentBuilder::AppendMembers(const Anchor& anchor) {
  if (anchor.members == 0) return;
  std::string& json = document_->json;
  Frame& frame = frames_.back();
  if (frame.members > 0) json.push_back(',');
  frame.members += anchor.members;
  json.append(json, anchor.json_start + 1, anchor.json_end - anchor.json_start - 2);
}

/// Writes an anchored mapping or list once more. The brackets of a mapping that was merged are
/// gone.
void DocumentBuilder::AppendCollection(const Anchor& anchor) {
  const bool mapping = anchor.kind == Anchor::Kind::kMapping;
  std::string& json = document_->json;
  json.push_back(mapping ? '{' : '[');
  json.append(json, anchor.json_start + 1, anchor.json_end - anchor.json_start - 2);
  json.push_back(mapping ? '}' : ']');
}

void DocumentBuilder::SeparateElement() {
  if (frames_.empty()) return;
  Frame& frame = frames_.back();
  const bool sequence =
      frame.kind == FrameKind::kSequence || frame.kind == FrameKind::kMergedSequence;
  if (sequence && frame.members++ > 0) document_->json.push_back(',');
}

/// A value of that height was written into the open mapping or list.
void DocumentBuilder::ValueIsDone(std::uint32_t height) {
  if (frames_.empty()) return;
  Frame& frame = frames_.back();
  frame.height = std::max(frame.height, height);
  frame.expects_value = false;
  frame.expects_merge = false;
}

/// Turns `{...}` into members of the mapping around it, in place.
void DocumentBuilder::DissolveMergedMapping(const Frame& merged) {
  std::string& json = document_->json;
  Frame& outer = frames_.back();
  json[merged.json_start] = merged.members > 0 && outer.members > 0 ? ',' : ' ';
  json.back() = ' ';
  outer.members += merged.members;
}

/// Turns `[{...},{...}]` into members of the mapping around it. The first mapping of the list wins,
/// so it is written last.
void DocumentBuilder::DissolveMergedSequence(const Frame& merged) {
  std::string& json = document_->json;
  Frame& outer = frames_.back();
  const std::string list = json.substr(merged.json_start);
  json.resize(merged.json_start);
  while (merge_elements_.size() > merged.first_element) {
    const MergeElement element = merge_elements_.back();
    merge_elements_.pop_back();
    const std::size_t start = json.size();
    json.append(list, element.json_start - merged.json_start,
                element.json_end - element.json_start);
    json[start] = element.members > 0 && outer.members > 0 ? ',' : ' ';
    json.back() = ' ';
    outer.members += element.members;
    MoveReferences(element, start);
  }
}

void DocumentBuilder::MoveReferences(const MergeElement& element, std::size_t json_start) {
  document_->map.MoveKeys(element.node, element.node_end, element.json_start, json_start);
  for (Anchor& anchor : anchors_) {
    if (anchor.node < element.node || anchor.node >= element.node_end) continue;
    anchor.json_start = anchor.json_start - element.json_start + json_start;
    anchor.json_end = anchor.json_end - element.json_start + json_start;
  }
}

Result<void> DocumentBuilder::CheckAliasRatio() const {
  const double ratio = static_cast<double>(alias_decodes_) / static_cast<double>(decodes_);
  if (ratio <= AllowedAliasRatio(decodes_)) return {};
  return Failure("the document uses aliases excessively: kubectl refuses it");
}

std::size_t DocumentBuilder::AddAnchor(std::string_view name, Anchor anchor) {
  anchors_.push_back(std::move(anchor));
  anchor_by_name_[std::string(name)] = anchors_.size() - 1;
  return anchors_.size() - 1;
}

void DocumentBuilder::CloseAnchor(const Frame& frame) {
  if (frame.anchor == kNoAnchor) return;
  Anchor& anchor = anchors_[frame.anchor];
  const bool sequence = frame.kind == FrameKind::kSequence;
  anchor.kind = sequence ? Anchor::Kind::kSequence : Anchor::Kind::kMapping;
  if (frame.kind == FrameKind::kMergedSequence) anchor.kind = Anchor::Kind::kMergedSequence;
  anchor.json_start = frame.json_start;
  anchor.json_end = document_->json.size();
  anchor.members = frame.members;
  anchor.height = frame.height + 1;
  anchor.decodes = decodes_ - frame.decodes;
}

std::string_view DocumentBuilder::KeyText(const Key& key) const {
  return std::string_view(document_->json).substr(key.json_start, key.json_size);
}

bool DocumentBuilder::SameKey(const Key& a, const Key& b) const {
  return a.json_size == b.json_size && KeyText(a) == KeyText(b);
}

/// Reports the repeated keys of the mapping that is about to end.
void DocumentBuilder::FindDuplicates(const Frame& frame) {
  const std::size_t count = keys_.size() - frame.first_key;
  if (count < 2) return;
  if (count <= kFewKeys) {
    bool repeated = false;
    for (std::size_t i = frame.first_key; i + 1 < keys_.size() && !repeated; ++i) {
      for (std::size_t j = i + 1; j < keys_.size() && !repeated; ++j) {
        repeated = SameKey(keys_[i], keys_[j]);
      }
    }
    if (!repeated) return;
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), frame.first_key);
  std::sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    const int compared = KeyText(keys_[a]).compare(KeyText(keys_[b]));
    return compared != 0 ? compared < 0 : a < b;
  });
  for (auto first = order.begin(); first != order.end();) {
    const auto behind = std::find_if_not(
        first, order.end(), [&](std::size_t key) { return SameKey(keys_[key], keys_[*first]); });
    ReportDuplicates({first, behind});
    first = behind;
  }
}

void DocumentBuilder::ReportDuplicates(const std::vector<std::size_t>& same_keys) {
  const Key& last = keys_[same_keys.back()];
  for (std::size_t i = 0; i + 1 < same_keys.size(); ++i) {
    document_->duplicate_keys.push_back({FieldOf(last),
                                         document_->map.PositionAt(keys_[same_keys[i]].node),
                                         document_->map.PositionAt(last.node)});
  }
}

/// The path of a key of the innermost mapping. Merges are no step: their members are the mapping's.
std::string DocumentBuilder::FieldOf(const Key& key) const {
  std::string path;
  for (std::size_t i = 0; i + 1 < frames_.size(); ++i) {
    const Frame& frame = frames_[i];
    if (frame.kind == FrameKind::kSequence) {
      path.append(fmt::format("[{}]", frame.members - 1));
    } else if (frame.kind != FrameKind::kMergedSequence && !frame.expects_merge) {
      AppendStep(KeyText(keys_[frames_[i + 1].first_key - 1]), &path);
    }
  }
  AppendStep(KeyText(key), &path);
  return path;
}

void DocumentBuilder::Finish() {
  document_->json.reserve(document_->json.size() + JsonParser::kPadding);
  std::sort(document_->duplicate_keys.begin(), document_->duplicate_keys.end(),
            [](const DuplicateKey& a, const DuplicateKey& b) { return a.first < b.first; });
}

}  // namespace mountguard::core

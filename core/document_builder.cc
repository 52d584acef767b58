#include "core/document_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "core/json_reader.h"
#include "core/json_writer.h"

namespace mountguard::core {
namespace {

/// Text that aliases may add to a document, where they cannot share what the anchor holds. How many
/// values they may add, go-yaml limits.
constexpr std::size_t kMaxAliasText = std::size_t{64} << 20;
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

/// A key as a step of a path, written as in JSON.
void AppendStep(std::string_view key, std::string* path) {
  std::string quoted;
  AppendJsonString(key, &quoted);
  const std::string_view name = std::string_view(quoted).substr(1, quoted.size() - 2);
  const bool plain = !name.empty() && name.find_first_of(".[]/ ") == std::string_view::npos;
  if (!plain) {
    path->append("[").append(name).append("]");
    return;
  }
  if (!path->empty()) path->push_back('.');
  path->append(name);
}

/// Writes a number, a boolean or null of a JSON text. Integers beyond 64 bits are floating point to
/// the API server.
Result<void> WriteLiteral(std::string_view text, JsonTape* json) {
  if (text == "null") {
    json->Null();
    return {};
  }
  if (text == "true" || text == "false") {
    json->Bool(text == "true");
    return {};
  }
  const char* const end = text.data() + text.size();
  std::int64_t exact = 0;
  const bool integer = text.find_first_of(".eE") == std::string_view::npos;
  if (integer && std::from_chars(text.data(), end, exact).ec == std::errc()) {
    json->Int(exact);
    return {};
  }
  double value = 0;
  if (std::from_chars(text.data(), end, value).ec == std::errc::result_out_of_range) {
    value = std::strtod(std::string(text).c_str(), nullptr);  // tells too small from too large
  }
  if (std::isinf(value)) {
    return Failure("the number is too large: Kubernetes reads numbers up to 1.8e308");
  }
  json->Double(value);
  return {};
}

}  // namespace

void YamlDocument::Clear() {
  json.Clear();
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
  alias_text_ = 0;
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
  const FrameKind kind =
      where == Place::kMergeValue ? FrameKind::kMergedMapping : FrameKind::kMapping;
  return Begin(kind, where, pos, anchor);
}

Result<void> DocumentBuilder::BeginSequence(SourcePos pos, std::string_view anchor) {
  const Place where = place();
  if (where == Place::kKey) {
    return Failure("a list stands where a key must: a key must be a string");
  }
  if (where == Place::kMergeElement) return NoMapping();
  const FrameKind kind =
      where == Place::kMergeValue ? FrameKind::kMergedSequence : FrameKind::kSequence;
  return Begin(kind, where, pos, anchor);
}

Result<void> DocumentBuilder::Begin(FrameKind kind, Place where, SourcePos pos,
                                    std::string_view anchor) {
  if (frames_.size() == JsonParser::kMaxDepth) return TooDeep();
  JsonTape& json = document_->json;
  Frame frame;
  frame.kind = kind;
  frame.merged = IsMerge(where);
  CountElement();
  const bool sequence = IsSequence(kind);
  frame.decodes = decodes_;
  frame.first_key = keys_.size();
  frame.first_element = merge_elements_.size();
  frame.node = sequence ? document_->map.OpenSequence(pos) : document_->map.OpenMapping(pos);
  if (!anchor.empty()) {
    frame.anchor = AddAnchor(anchor, Anchor{Anchor::Kind::kOpen, frame.node});
  }
  if (!frame.merged) frame.opened = sequence ? json.OpenSequence() : json.OpenMapping();
  frame.inside = json.next();
  frames_.push_back(frame);
  // A merged list is no decoding step of its own: its mappings are.
  return CountDecodes(kind == FrameKind::kMergedSequence ? 0 : 1, 0);
}

void DocumentBuilder::End() {
  const Frame frame = frames_.back();
  JsonTape& json = document_->json;
  const JsonTape::Index inside_end = json.next();
  if (!frame.merged) json.Close(frame.opened, frame.members);
  document_->map.Close(frame.node);
  FindDuplicates(frame);
  keys_.resize(frame.first_key);
  CloseAnchor(frame, inside_end);
  frames_.pop_back();
  switch (frame.kind) {
    case FrameKind::kMergedMapping:
      frames_.back().members += frame.members;
      return ValueIsDone(frame.height);
    case FrameKind::kMergedSequence:
      MergeSequence(frame);
      return ValueIsDone(frame.height);
    case FrameKind::kMapping:
      if (frame.merged) {
        merge_elements_.push_back({frame.inside, frame.node, document_->map.next(), frame.members});
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
  if (IsMerge(where)) return NoMapping();
  std::size_t anchored = kNoAnchor;
  if (!anchor.empty()) {
    Anchor kept{Anchor::Kind::kScalar, document_->map.next()};
    kept.decodes = 1;
    kept.text = scalar.text;
    kept.tag = scalar.tag;
    kept.implicit = scalar.implicit;
    anchored = AddAnchor(anchor, std::move(kept));
  }
  if (where == Place::kKey && IsMergeKey(scalar)) {
    document_->map.AddMergeKey(pos);
    frames_.back().expects_value = true;
    frames_.back().expects_merge = true;
    return {};
  }
  if (auto counted = CountDecodes(1, 0); !counted) return counted;
  if (where == Place::kKey) return WriteKey(scalar, pos);
  CountElement();
  document_->map.AddScalar(pos);
  ValueIsDone(0);
  JsonTape& json = document_->json;
  const JsonTape::Index value = json.next();
  auto written = WriteYamlValue(scalar, &json);
  if (anchored != kNoAnchor) {
    anchors_[anchored].first = value;
    anchors_[anchored].last = json.next();
  }
  return written;
}

Result<void> DocumentBuilder::Literal(std::string_view json, SourcePos pos) {
  CountElement();
  document_->map.AddScalar(pos);
  ValueIsDone(0);
  return WriteLiteral(json, &document_->json);
}

Result<void> DocumentBuilder::WriteKey(const YamlScalar& scalar, SourcePos pos) {
  Frame& frame = frames_.back();
  JsonTape& json = document_->json;
  ++frame.members;
  keys_.push_back({json.next_text(), document_->map.next()});
  document_->map.AddKey(pos, json.next_text());
  frame.expects_value = true;
  return WriteYamlKey(scalar, &json);
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
  const bool merges = IsMerge(where);
  if (merges && anchor.kind != Anchor::Kind::kMapping) return NoMapping();
  if (where == Place::kKey) {
    if (anchor.kind != Anchor::Kind::kScalar) {
      return Failure(
          fmt::format("the alias `*{}` is a mapping or a list and stands where a key must: a key "
                      "must be a string",
                      name));
    }
    if (auto counted = CountAliasText(anchor.text); !counted) return counted;
    return WriteKey(anchor.scalar(), pos);
  }
  if (anchor.kind == Anchor::Kind::kMergedSequence && !merges) {
    return Failure(
        fmt::format("`&{}` names a list of merges: only a mapping can be used again", name));
  }
  document_->map.AddAlias(pos, anchor.node);
  return WriteAlias(anchor, where);
}

Result<void> DocumentBuilder::WriteAlias(const Anchor& anchor, Place where) {
  JsonTape& json = document_->json;
  if (where == Place::kMergeValue) {
    frames_.back().members += anchor.members;
    json.Repeat(anchor.first, anchor.last);
    ValueIsDone(anchor.height - 1);
    return {};
  }
  CountElement();
  ValueIsDone(anchor.height);
  if (where == Place::kMergeElement) {
    merge_elements_.push_back(
        {json.next(), document_->map.next(), document_->map.next(), anchor.members});
  }
  if (anchor.kind == Anchor::Kind::kScalar && anchor.first == anchor.last) {  // it is a key
    if (auto counted = CountAliasText(anchor.text); !counted) return counted;
    return WriteYamlValue(anchor.scalar(), &json);
  }
  if (anchor.kind == Anchor::Kind::kScalar || where == Place::kMergeElement) {
    json.Repeat(anchor.first, anchor.last);
    return {};
  }
  const JsonTape::Index opened =
      anchor.kind == Anchor::Kind::kMapping ? json.OpenMapping() : json.OpenSequence();
  json.Repeat(anchor.first, anchor.last);
  json.Close(opened, anchor.members);
  return {};
}

Result<void> DocumentBuilder::CountAliasText(std::string_view text) {
  alias_text_ += text.size();
  if (alias_text_ <= kMaxAliasText) return {};
  return Failure(
      fmt::format("the aliases of the document grow to more than {} MiB", kMaxAliasText >> 20));
}

void DocumentBuilder::CountElement() {
  if (!frames_.empty() && IsSequence(frames_.back().kind)) ++frames_.back().members;
}

/// A value of that height was written into the open mapping or list.
void DocumentBuilder::ValueIsDone(std::uint32_t height) {
  if (frames_.empty()) return;
  Frame& frame = frames_.back();
  frame.height = std::max(frame.height, height);
  frame.expects_value = false;
  frame.expects_merge = false;
}

/// Makes the mappings of a list members of the mapping around it. The first mapping of the list
/// wins, so it goes last.
void DocumentBuilder::MergeSequence(const Frame& merged) {
  const auto first = merge_elements_.begin() + static_cast<std::ptrdiff_t>(merged.first_element);
  if (first == merge_elements_.end()) return;
  std::vector<JsonTape::Index> pieces;
  for (auto element = first; element != merge_elements_.end(); ++element) {
    pieces.push_back(element->inside);
    frames_.back().members += element->members;
  }
  JsonTape::Index end = document_->json.next();
  document_->json.Reverse(pieces);
  JsonTape::Index start = pieces.front();
  while (merge_elements_.size() > merged.first_element) {
    const MergeElement& element = merge_elements_.back();
    MoveAnchors(element, start);
    start += end - element.inside;
    end = element.inside;
    merge_elements_.pop_back();
  }
}

/// Follows what a merged mapping holds to where it lies now.
void DocumentBuilder::MoveAnchors(const MergeElement& element, JsonTape::Index moved) {
  for (Anchor& anchor : anchors_) {
    if (anchor.node < element.node || anchor.node >= element.node_end) continue;
    if (anchor.first == anchor.last) continue;
    anchor.first = anchor.first - element.inside + moved;
    anchor.last = anchor.last - element.inside + moved;
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

void DocumentBuilder::CloseAnchor(const Frame& frame, JsonTape::Index inside_end) {
  if (frame.anchor == kNoAnchor) return;
  Anchor& anchor = anchors_[frame.anchor];
  const bool sequence = frame.kind == FrameKind::kSequence;
  anchor.kind = sequence ? Anchor::Kind::kSequence : Anchor::Kind::kMapping;
  if (frame.kind == FrameKind::kMergedSequence) anchor.kind = Anchor::Kind::kMergedSequence;
  anchor.first = frame.inside;
  anchor.last = inside_end;
  anchor.members = frame.members;
  anchor.height = frame.height + 1;
  anchor.decodes = decodes_ - frame.decodes;
}

/// Reports the repeated keys of the mapping that is about to end.
void DocumentBuilder::FindDuplicates(const Frame& frame) {
  const std::size_t count = keys_.size() - frame.first_key;
  if (count < 2) return;
  if (count <= kFewKeys) {
    bool repeated = false;
    for (std::size_t i = frame.first_key; i + 1 < keys_.size() && !repeated; ++i) {
      for (std::size_t j = i + 1; j < keys_.size() && !repeated; ++j) {
        repeated = KeyText(keys_[i]) == KeyText(keys_[j]);
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
    const auto behind = std::find_if_not(first, order.end(), [&](std::size_t key) {
      return KeyText(keys_[key]) == KeyText(keys_[*first]);
    });
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
  std::sort(document_->duplicate_keys.begin(), document_->duplicate_keys.end(),
            [](const DuplicateKey& a, const DuplicateKey& b) { return a.first < b.first; });
}

}  // namespace mountguard::core

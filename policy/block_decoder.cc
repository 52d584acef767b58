#include "policy/block_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "core/did_you_mean.h"
#include "core/names.h"
#include "core/path.h"
#include "policy/capability_names.h"
#include "policy/glob.h"
#include "policy/image_name.h"
#include "policy/message.h"

namespace mountguard::policy {

std::vector<Block> BlockDecoder::Blocks(YamlNode node, std::string_view what) {
  std::vector<Block> blocks;
  for (YamlNode element : List(node, what)) blocks.push_back(OneBlock(element, what));
  return blocks;
}

Block BlockDecoder::OneBlock(YamlNode node, std::string_view what) {
  Block block;
  block.position = node.position();
  const std::string description = fmt::format("a block of \"{}\"", what);
  const auto members = FreeMap(node, description);
  if (members.empty() && node.type() == YamlType::kMap) {
    Error(node, fmt::format("{} is empty; it would hold for every mount", description));
  }
  block.conditions.reserve(members.size());
  for (const auto& [key, value] : members) {
    const BlockFieldInfo* info = FindBlockField(key.text());
    if (info == nullptr) {
      Error(key, Unknown("field", key.text(), " in " + description, BlockFieldNames()));
      continue;
    }
    Condition condition{info->field, {}, key.position()};
    if (ReadCondition(*info, value, &condition)) block.conditions.push_back(std::move(condition));
  }
  std::sort(block.conditions.begin(), block.conditions.end(),
            [](const Condition& a, const Condition& b) { return a.field < b.field; });
  return block;
}

bool BlockDecoder::ReadCondition(const BlockFieldInfo& info, YamlNode node, Condition* out) {
  switch (info.type) {
    case ValueType::kWords:
      out->value = WordList(info, node);
      return true;
    case ValueType::kBool: {
      bool value = false;
      const bool read = Bool(node, &value);
      out->value = value;
      return read;
    }
    case ValueType::kPatterns:
      out->value = PatternList(info, node);
      return true;
    case ValueType::kImages:
      out->value = ImageList(info, node);
      return true;
    case ValueType::kKinds:
      out->value = KindList(info, node);
      return true;
    case ValueType::kCapabilities:
      out->value = CapabilityList(info, node);
      return true;
    case ValueType::kSelector:
      out->value = Selector(info, node);
      return true;
    case ValueType::kPath:
      out->value = ReadPath(info, node);
      return true;
  }
  return false;
}

WordSet BlockDecoder::WordList(const BlockFieldInfo& info, YamlNode node) {
  WordSet words;
  const Words& known = WordsOf(info.field);
  for (YamlNode element : List(node, info.name)) {
    std::string word;
    if (!Text(element, info.name, &word)) continue;
    const auto found = std::find(known.begin(), known.end(), word);
    if (found == known.end()) {
      Error(element, Unknown("value", word, fmt::format(" of {}", info.name), known));
    } else {
      words.Add(static_cast<std::size_t>(found - known.begin()));
    }
  }
  return words;
}

bool BlockDecoder::Pattern(YamlNode node, std::string_view what, std::string* out) {
  if (!Text(node, what, out)) return false;
  if (*out == "!") {
    Error(node, fmt::format("nothing stands behind the ! in \"{}\"", what));
    return false;
  }
  if (out->size() > kMaxGlobLength) {
    Error(node, fmt::format("a pattern in \"{}\" has {} bytes; it may have {}", what, out->size(),
                            kMaxGlobLength));
    return false;
  }
  for (std::string_view word : PlaceholdersIn(*out)) {
    const Words known(kPatternPlaceholders.begin(), kPatternPlaceholders.end());
    if (std::find(known.begin(), known.end(), word) == known.end()) {
      Error(node, Unknown("placeholder", word, fmt::format(" in \"{}\"", what), known));
      return false;
    }
  }
  return true;
}

Patterns BlockDecoder::PatternList(const BlockFieldInfo& info, YamlNode node) {
  Patterns patterns;
  for (YamlNode element : List(node, info.name)) {
    if (std::string text; Pattern(element, info.name, &text)) patterns.Add(text);
  }
  patterns.Sort();
  return patterns;
}

ImagePatterns BlockDecoder::ImageList(const BlockFieldInfo& info, YamlNode node) {
  ImagePatterns images;
  for (YamlNode element : List(node, info.name)) {
    std::string text;
    if (!Pattern(element, info.name, &text)) continue;
    std::string_view pattern = text;
    const bool negated = pattern.front() == '!';
    if (negated) pattern.remove_prefix(1);
    const ImageName name = ParseImagePattern(pattern);
    (negated ? images.negated : images.plain)
        .push_back({name.repository, std::string(name.tag), std::string(name.digest)});
  }
  std::sort(images.plain.begin(), images.plain.end());
  std::sort(images.negated.begin(), images.negated.end());
  return images;
}

std::vector<KindPattern> BlockDecoder::KindList(const BlockFieldInfo& info, YamlNode node) {
  constexpr std::string_view kCoreGroup = "core";
  std::vector<KindPattern> kinds;
  for (YamlNode element : List(node, info.name)) {
    std::string text;
    if (!Text(element, info.name, &text)) continue;
    const std::size_t dot = text.find('.');
    KindPattern pattern{text.substr(0, dot), std::nullopt};
    bool group_ok = true;
    if (dot != std::string::npos) {
      const std::string group = text.substr(dot + 1);
      pattern.group = group == kCoreGroup ? "" : group;
      group_ok = core::IsDns1123Subdomain(group);
    }
    const bool capital = text.front() >= 'A' && text.front() <= 'Z';
    if (!capital || !group_ok || text.find('/') != std::string::npos) {
      Words known;
      for (const core::Workload& workload : workloads_.all()) known.push_back(workload.kind);
      Error(element, fmt::format("{} is no kind: expected such as DaemonSet, DaemonSet.apps or "
                                 "Pod.core{}",
                                 Quoted(text), core::DidYouMean(text, known)));
      continue;
    }
    kinds.push_back(std::move(pattern));
  }
  std::sort(kinds.begin(), kinds.end());
  return kinds;
}

std::vector<std::string> BlockDecoder::CapabilityList(const BlockFieldInfo& info, YamlNode node) {
  constexpr std::string_view kPrefix = "CAP_";
  std::vector<std::string> capabilities;
  for (YamlNode element : List(node, info.name)) {
    std::string name;
    if (!Text(element, info.name, &name)) continue;
    if (name.rfind(kPrefix, 0) == 0) name.erase(0, kPrefix.size());
    const Words known(kCapabilityNames.begin(), kCapabilityNames.end());
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      Error(element,
            fmt::format("{} is no capability of Linux: expected such as SYS_ADMIN or ALL{}",
                        Quoted(element.text()), core::DidYouMean(name, known)));
      continue;
    }
    capabilities.push_back(std::move(name));
  }
  std::sort(capabilities.begin(), capabilities.end());
  return capabilities;
}

std::vector<std::string> BlockDecoder::PathList(YamlNode node, std::string_view what) {
  std::vector<std::string> paths;
  for (YamlNode element : List(node, what)) {
    std::string path;
    if (!Pattern(element, what, &path)) continue;
    if (path.front() != '/') {
      Error(element,
            fmt::format("{} is no absolute path: expected such as /var/lib/kubelet", Quoted(path)));
    } else if (path.find_first_of("*?") != std::string::npos) {
      Error(element, fmt::format("{} holds a wildcard, which paths do not take: give the folder "
                                 "above it to \"under\"",
                                 Quoted(path)));
    } else {
      paths.push_back(core::CleanPath(path));
    }
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

PathCondition BlockDecoder::ReadPath(const BlockFieldInfo& info, YamlNode node) {
  static constexpr Readers<PathCondition, 3> kReaders = {
      &BlockDecoder::PathIs, &BlockDecoder::PathUnder, &BlockDecoder::PathCovers};
  PathCondition path;
  if (node.type() != YamlType::kMap) {
    Error(node, fmt::format("expected {{is: [...]}}, {{under: [...]}} or {{covers: [...]}} for "
                            "\"{}\", found {}",
                            info.name, Describe(node)));
    return path;
  }
  if (node.size() == 0) Error(node, fmt::format("\"{}\" is empty", info.name));
  Map(node, info.name, kPathFields, kReaders, &path);
  return path;
}

LabelSelector BlockDecoder::Selector(const BlockFieldInfo& info, YamlNode node) {
  static constexpr Readers<LabelSelector, 2> kReaders = {&BlockDecoder::MatchLabels,
                                                         &BlockDecoder::MatchExpressions};
  LabelSelector selector;
  selects_labels_ = info.field == BlockField::kLabels;
  if (node.type() == YamlType::kMap && node.size() == 0) {
    Error(node, fmt::format("\"{}\" is empty; it would hold for every pod", info.name));
  }
  Map(node, info.name, kSelectorFields, kReaders, &selector);
  std::sort(selector.requirements.begin(), selector.requirements.end());
  return selector;
}

void BlockDecoder::MatchLabels(YamlNode node, LabelSelector* selector) {
  if (node.type() == YamlType::kMap && node.size() == 0) {
    Error(node, "\"matchLabels\" is empty; leave it out, or name a label");
  }
  for (const auto& [key, value] : FreeMap(node, "matchLabels")) {
    LabelSelector::Requirement requirement;
    RequirementKey(key, &requirement);
    requirement.op = LabelSelector::Operator::kIn;
    // The one text that may be empty: a label without a value is one.
    std::string text;
    const bool empty = value.type() == YamlType::kScalar && !value.plain() && value.text().empty();
    if (!empty && !LabelValue(value, "matchLabels", &text)) continue;
    requirement.values.push_back(std::move(text));
    selector->requirements.push_back(std::move(requirement));
  }
}

bool BlockDecoder::LabelValue(YamlNode node, std::string_view what, std::string* out) {
  if (!Text(node, what, out)) return false;
  if (!selects_labels_ || core::IsLabelValue(*out)) return true;  // annotations hold any text
  Error(node,
        fmt::format("{} is no value of a label: expected at most 63 letters, digits, -, _ and "
                    "., the first and the last of them a letter or a digit",
                    Quoted(*out)));
  return false;
}

void BlockDecoder::MatchExpressions(YamlNode node, LabelSelector* selector) {
  static constexpr Readers<LabelSelector::Requirement, 3> kReaders = {
      &BlockDecoder::RequirementKey, &BlockDecoder::RequirementOperator,
      &BlockDecoder::RequirementValues};
  for (YamlNode element : List(node, "matchExpressions")) {
    LabelSelector::Requirement requirement;
    const std::size_t errors = error_count();
    Map(element, "an entry of matchExpressions", kRequirementFields, kReaders, &requirement);
    if (error_count() != errors) continue;
    const bool takes_values = requirement.op == LabelSelector::Operator::kIn ||
                              requirement.op == LabelSelector::Operator::kNotIn;
    if (takes_values == requirement.values.empty()) {
      Error(element, takes_values ? "the operators In and NotIn need \"values\""
                                  : "the operators Exists and DoesNotExist take no \"values\"");
    }
    selector->requirements.push_back(std::move(requirement));
  }
}

void BlockDecoder::RequirementKey(YamlNode node, LabelSelector::Requirement* requirement) {
  if (!Text(node, "key", &requirement->key)) return;
  // As the API server takes them: of annotations in any case.
  const std::string& key = requirement->key;
  if (!core::IsQualifiedName(selects_labels_ ? key : core::GoToLower(key))) {
    Error(node, fmt::format("{} is no key of {}: expected such as app or example.com/app",
                            Quoted(key), selects_labels_ ? "a label" : "an annotation"));
  }
}

void BlockDecoder::RequirementOperator(YamlNode node, LabelSelector::Requirement* requirement) {
  const Words known(kOperatorWords.begin(), kOperatorWords.end());
  std::string word;
  if (!Text(node, "operator", &word)) return;
  const auto found = std::find(known.begin(), known.end(), word);
  if (found == known.end()) {
    Error(node, Unknown("operator", word, "", known));
  } else {
    requirement->op = static_cast<LabelSelector::Operator>(found - known.begin());
  }
}

void BlockDecoder::RequirementValues(YamlNode node, LabelSelector::Requirement* requirement) {
  for (YamlNode element : List(node, "values")) {
    std::string text;
    if (LabelValue(element, "values", &text)) requirement->values.push_back(std::move(text));
  }
  std::sort(requirement->values.begin(), requirement->values.end());
}

}  // namespace mountguard::policy

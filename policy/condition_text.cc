#include "policy/condition_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/go_quote.h"

namespace mountguard::policy {
namespace {

constexpr std::string_view kNothing = "none";
constexpr std::string_view kUnknown = "unknown";

using Texts = std::vector<std::string>;

std::string Joined(const Texts& texts) { return fmt::format("{}", fmt::join(texts, ", ")); }

std::string Wanted(const WordSet& words, BlockField field) {
  Texts texts;
  for (std::size_t i = 0; i < WordsOf(field).size(); ++i) {
    if (words.Has(i)) texts.emplace_back(WordsOf(field)[i]);
  }
  return Joined(texts);
}

std::string Wanted(bool value, BlockField) { return value ? "true" : "false"; }

std::string Wanted(const Patterns& patterns, BlockField) {
  Texts texts = patterns.literals;
  texts.insert(texts.end(), patterns.globs.begin(), patterns.globs.end());
  for (const std::string& negated : patterns.negated) texts.push_back("!" + negated);
  return Joined(texts);
}

/// The parts of an image's name that are there.
std::string ImageText(std::string_view repository, std::string_view tag, std::string_view digest) {
  return fmt::format("{}{}{}{}{}", repository, tag.empty() ? "" : ":", tag,
                     digest.empty() ? "" : "@", digest);
}

std::string Wanted(const ImagePatterns& images, BlockField) {
  Texts texts;
  for (const ImagePattern& image : images.plain) {
    texts.push_back(ImageText(image.repository, image.tag, image.digest));
  }
  for (const ImagePattern& image : images.negated) {
    texts.push_back("!" + ImageText(image.repository, image.tag, image.digest));
  }
  return Joined(texts);
}

/// `DaemonSet.apps`; the core group is called core.
std::string KindText(std::string_view kind, std::string_view group) {
  return fmt::format("{}.{}", kind, group.empty() ? "core" : group);
}

std::string Wanted(const std::vector<KindPattern>& kinds, BlockField) {
  Texts texts;
  for (const KindPattern& kind : kinds) {
    texts.push_back(kind.group ? KindText(kind.kind, *kind.group) : kind.kind);
  }
  return Joined(texts);
}

std::string Wanted(const Texts& names, BlockField) { return Joined(names); }

/// In the words of kubectl's selectors.
std::string Wanted(const LabelSelector& selector, BlockField) {
  Texts texts;
  for (const LabelSelector::Requirement& one : selector.requirements) {
    switch (one.op) {
      case LabelSelector::Operator::kIn:
        texts.push_back(one.values.size() == 1
                            ? fmt::format("{}={}", one.key, one.values.front())
                            : fmt::format("{} in ({})", one.key, Joined(one.values)));
        break;
      case LabelSelector::Operator::kNotIn:
        texts.push_back(fmt::format("{} notin ({})", one.key, Joined(one.values)));
        break;
      case LabelSelector::Operator::kExists:
        texts.push_back(one.key);
        break;
      case LabelSelector::Operator::kDoesNotExist:
        texts.push_back("!" + one.key);
        break;
    }
  }
  return Joined(texts);
}

std::string Wanted(const PathCondition& path, BlockField) {
  Texts relations;
  const auto add = [&relations](std::string_view relation, const Texts& paths) {
    if (!paths.empty()) relations.push_back(fmt::format("{} {}", relation, Joined(paths)));
  };
  add("is", path.is);
  add("under", path.under);
  add("covers", path.covers);
  return fmt::format("{}", fmt::join(relations, " and "));
}

std::string OrNothing(std::string_view text) { return std::string(text.empty() ? kNothing : text); }

std::string FoundWord(BlockField field, const MountFacts& facts) {
  if (const auto word = WordOf(field, facts)) return std::string(WordsOf(field)[*word]);
  switch (field) {
    case BlockField::kMountPropagation:
      return core::GoQuote(facts.mount()->mount_propagation.value_or(""));
    case BlockField::kRecursiveReadOnly:
      return core::GoQuote(facts.mount()->recursive_read_only.value_or(""));
    case BlockField::kOperations:
      return OrNothing(facts.request().operation);
    default:
      return std::string(kNothing);
  }
}

std::string FoundBool(BlockField field, const MountFacts& facts) {
  const Truth value = BoolOf(field, facts);
  if (value.unknown_facts() != 0) return std::string(kUnknown);
  return value.IsTrue() ? "true" : "false";
}

std::string FoundTexts(BlockField field, const MountFacts& facts) {
  if (field == BlockField::kGroups) {
    if (!facts.request().groups) return std::string(kUnknown);
    return OrNothing(fmt::format("{}", fmt::join(*facts.request().groups, ", ")));
  }
  const TextFact fact = TextOf(field, facts);
  return fact.unknown ? std::string(kUnknown) : OrNothing(fact.value.value_or(""));
}

std::string FoundCapabilities(const MountFacts& facts) {
  Texts names;
  for (core::JsonValue element : facts.container()->added_capabilities.Elements()) {
    names.push_back(CapabilityName(element.AsString()));
  }
  return OrNothing(Joined(names));
}

/// Of the labels only those that the selector asks for.
std::string FoundLabels(const Condition& condition, const MountFacts& facts) {
  Texts texts;
  for (const auto& one : std::get<LabelSelector>(condition.value).requirements) {
    const core::JsonValue label = LabelsOf(condition.field, facts).Get(one.key);
    if (label.exists()) texts.push_back(fmt::format("{}={}", one.key, label.AsString()));
  }
  return OrNothing(Joined(texts));
}

std::string FoundPath(BlockField field, const MountFacts& facts) {
  if (field == BlockField::kMountPath) return OrNothing(facts.mount_path());
  const HostPath& host = facts.host_path();
  return OrNothing(host.open_end ? fmt::format("{} or below", host.path) : std::string(host.path));
}

}  // namespace

std::string WantedText(const Condition& condition) {
  return std::visit([&](const auto& value) { return Wanted(value, condition.field); },
                    condition.value);
}

std::string FoundText(const Condition& condition, const MountFacts& facts) {
  const BlockFieldInfo& info = InfoOf(condition.field);
  if (!facts.Has(info.scope)) return std::string(kNothing);
  switch (info.type) {
    case ValueType::kWords:
      return FoundWord(condition.field, facts);
    case ValueType::kBool:
      return FoundBool(condition.field, facts);
    case ValueType::kPatterns:
      return FoundTexts(condition.field, facts);
    case ValueType::kImages:
      return ImageText(facts.image().repository, facts.image().tag, facts.image().digest);
    case ValueType::kKinds:
      return KindText(facts.subject().object().kind, facts.subject().object().group);
    case ValueType::kCapabilities:
      return FoundCapabilities(facts);
    case ValueType::kSelector:
      return FoundLabels(condition, facts);
    case ValueType::kPath:
      return FoundPath(condition.field, facts);
  }
  return std::string(kNothing);
}

}  // namespace mountguard::policy

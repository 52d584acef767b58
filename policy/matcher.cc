#include "policy/matcher.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "core/cri.h"
#include "core/path.h"
#include "core/text_hash.h"
#include "policy/condition_text.h"
#include "policy/trace.h"

namespace mountguard::policy {
namespace {

using core::IsAtOrUnder;
using core::JsonValue;

Polarity Opposite(Polarity polarity) {
  return polarity == Polarity::kCouldHold ? Polarity::kMustHold : Polarity::kCouldHold;
}

/// Whether `value` matches one pattern; nothing where a placeholder cannot be filled.
std::optional<Truth> MatchesGlob(std::string_view glob, std::string_view value,
                                 const PlaceholderValues& placeholders) {
  if (!HasPlaceholder(glob)) return GlobMatches(glob, value);
  const Filled filled = Fill(glob, placeholders);
  switch (filled.state) {
    case Filled::State::kFilled:
      return filled.text.size() <= kMaxGlobLength && GlobMatches(filled.text, value);
    case Filled::State::kUnknown: {
      const std::string_view prefix = glob.substr(0, LiteralPrefixLength(glob));
      const std::size_t suffix = LiteralSuffixLength(glob);
      const bool ends = value.size() >= suffix &&
                        value.substr(value.size() - suffix) == glob.substr(glob.size() - suffix);
      if (value.substr(0, prefix.size()) != prefix || !ends) return false;  // whatever is filled in
      return Truth::Unknown(UnknownFact::kNamespace);
    }
    case Filled::State::kUnfillable:
      break;
  }
  return std::nullopt;
}

/// What a list of patterns says of all values of a fact: `plain` of any of them, `negated` of any.
struct PatternMatch {
  Truth plain = false;
  Truth negated = false;
  bool fillable = true;

  Truth Holds() const { return fillable ? And(plain, Not(negated)) : Truth(false); }
};

PatternMatch Match(const Patterns& patterns, std::string_view value,
                   const PlaceholderValues& placeholders) {
  PatternMatch match;
  const auto add = [&](const std::vector<std::string>& globs, Truth* truth) {
    for (const std::string& glob : globs) {
      if (truth->IsTrue()) return;
      const std::optional<Truth> matches = MatchesGlob(glob, value, placeholders);
      if (!matches) match.fillable = false;
      *truth = Or(*truth, matches.value_or(false));
    }
  };
  match.plain = !patterns.has_plain() ||
                std::binary_search(patterns.literals.begin(), patterns.literals.end(), value);
  add(patterns.globs, &match.plain);
  add(patterns.negated, &match.negated);
  return match;
}

Truth MatchesImage(const ImagePattern& pattern, const ImageName& image,
                   const PlaceholderValues& placeholders, Polarity polarity) {
  const Truth repository =
      MatchesGlob(pattern.repository, image.repository, placeholders).value_or(false);
  if (repository.IsFalse()) return false;
  const bool digest = pattern.digest.empty() || GlobMatches(pattern.digest, image.digest);
  bool tag = pattern.tag.empty() || GlobMatches(pattern.tag, image.tag);
  if (!pattern.tag.empty() && pattern.digest.empty() && !image.digest.empty()) {
    // The runtime goes by the digest: the tag beside it, or left out, is whatever was written.
    tag = polarity == Polarity::kCouldHold && (tag || image.tag.empty());
  }
  return And(repository, digest && tag);
}

Truth HoldsImages(const ImagePatterns& patterns, const MountFacts& facts, Polarity polarity) {
  const auto any = [&](const std::vector<ImagePattern>& list, Polarity with) {
    Truth truth = false;
    for (const ImagePattern& pattern : list) {
      truth = Or(truth, MatchesImage(pattern, facts.image(), facts.placeholders(), with));
      if (truth.IsTrue()) break;
    }
    return truth;
  };
  const Truth plain = patterns.plain.empty() ? Truth(true) : any(patterns.plain, polarity);
  if (plain.IsFalse()) return false;
  return And(plain, Not(any(patterns.negated, Opposite(polarity))));
}

/// The three relations of a path to a host path; see docs/policy-reference.md, "Paths".
using Relation = bool (*)(const HostPath& host, std::string_view path, bool could);

bool Is(const HostPath& host, std::string_view path, bool could) {
  if (host.anywhere) return could;
  if (host.open_end) return could && IsAtOrUnder(path, host.path);
  return host.path == path;
}

bool Under(const HostPath& host, std::string_view path, bool could) {
  if (host.anywhere) return could;
  return IsAtOrUnder(host.path, path) || (could && host.open_end && IsAtOrUnder(path, host.path));
}

bool Covers(const HostPath& host, std::string_view path, bool could) {
  if (host.anywhere) return true;
  return (could || !host.open_end) && IsAtOrUnder(path, host.path);
}

Truth HoldsRelation(const std::vector<std::string>& paths, Relation relation, const HostPath& host,
                    const PlaceholderValues& placeholders, Polarity polarity) {
  Truth truth = paths.empty();  // not given
  std::string storage;
  for (const std::string& path : paths) {
    const bool could = polarity == Polarity::kCouldHold;
    if (!HasPlaceholder(path)) {
      truth = Or(truth, relation(host, path, could));
    } else {
      const Filled filled = Fill(path, placeholders);
      if (filled.state == Filled::State::kUnfillable) continue;
      if (filled.state == Filled::State::kFilled) {
        truth = Or(truth, relation(host, core::CleanPath(filled.text, &storage), could));
      } else if (relation == Covers || Under(host, FixedFolder(path), true)) {
        truth = Or(truth, Truth::Unknown(UnknownFact::kNamespace));
      }
    }
    if (truth.IsTrue()) break;
  }
  return truth;
}

Truth HoldsPath(const PathCondition& condition, const HostPath& host,
                const PlaceholderValues& placeholders, Polarity polarity) {
  if (host.path.empty()) return false;
  const auto holds = [&](const std::vector<std::string>& paths, Relation relation) {
    return HoldsRelation(paths, relation, host, placeholders, polarity);
  };
  return And(holds(condition.is, Is),
             And(holds(condition.under, Under), holds(condition.covers, Covers)));
}

bool HoldsRequirement(const LabelSelector::Requirement& requirement, JsonValue labels) {
  const JsonValue label = labels.Get(requirement.key);
  const bool in = label.exists() && std::binary_search(requirement.values.begin(),
                                                       requirement.values.end(), label.AsString());
  switch (requirement.op) {
    case LabelSelector::Operator::kIn:
      return in;
    case LabelSelector::Operator::kNotIn:
      return !in;
    case LabelSelector::Operator::kExists:
      return label.exists();
    case LabelSelector::Operator::kDoesNotExist:
      return !label.exists();
  }
  return false;
}

Truth HoldsGroups(const Patterns& patterns, const MountFacts& facts) {
  if (!facts.request().groups) return Truth::Unknown(UnknownFact::kGroups);
  // Any group may match a plain pattern; none may match a negated one.
  PatternMatch all;
  all.plain = !patterns.has_plain();
  for (std::string_view group : *facts.request().groups) {
    const PatternMatch one = Match(patterns, group, facts.placeholders());
    all.plain = Or(all.plain, one.plain);
    all.negated = Or(all.negated, one.negated);
    all.fillable = all.fillable && one.fillable;
  }
  return all.Holds();
}

Truth HoldsPatterns(BlockField field, const Patterns& patterns, const MountFacts& facts) {
  if (field == BlockField::kGroups) return HoldsGroups(patterns, facts);
  const TextFact fact = TextOf(field, facts);
  if (fact.unknown) return Truth::Unknown(*fact.unknown);
  return fact.value ? Match(patterns, *fact.value, facts.placeholders()).Holds() : Truth(false);
}

bool HoldsKinds(const std::vector<KindPattern>& kinds, const core::Document& object) {
  return std::any_of(kinds.begin(), kinds.end(), [&object](const KindPattern& pattern) {
    return pattern.kind == object.kind && (!pattern.group || *pattern.group == object.group);
  });
}

bool HoldsCapabilities(const std::vector<std::string>& capabilities, JsonValue added) {
  for (JsonValue element : added.Elements()) {
    const std::string name = CapabilityName(element.AsString());
    if (name == kAllCapabilities) return true;
    if (std::binary_search(capabilities.begin(), capabilities.end(), name)) return true;
  }
  return false;
}

bool HoldsSelector(const LabelSelector& selector, JsonValue labels) {
  return std::all_of(selector.requirements.begin(), selector.requirements.end(),
                     [labels](const LabelSelector::Requirement& requirement) {
                       return HoldsRequirement(requirement, labels);
                     });
}

Truth HoldsPathField(BlockField field, const PathCondition& path, const MountFacts& facts,
                     Polarity polarity) {
  const HostPath host =
      field == BlockField::kHostPath ? facts.host_path() : HostPath{facts.mount_path()};
  return HoldsPath(path, host, facts.placeholders(), polarity);
}

Truth HoldsCondition(const Condition& condition, const MountFacts& facts, Polarity polarity) {
  const BlockFieldInfo& info = InfoOf(condition.field);
  if (!facts.Has(info.scope)) return false;
  switch (info.type) {
    case ValueType::kWords: {
      const std::optional<std::size_t> word = WordOf(condition.field, facts);
      return word && std::get<WordSet>(condition.value).Has(*word);
    }
    case ValueType::kBool: {
      const Truth value = BoolOf(condition.field, facts);
      return std::get<bool>(condition.value) ? value : Not(value);
    }
    case ValueType::kPatterns:
      return HoldsPatterns(condition.field, std::get<Patterns>(condition.value), facts);
    case ValueType::kImages:
      return HoldsImages(std::get<ImagePatterns>(condition.value), facts, polarity);
    case ValueType::kKinds:
      return HoldsKinds(std::get<std::vector<KindPattern>>(condition.value),
                        facts.subject().object());
    case ValueType::kCapabilities:
      return HoldsCapabilities(std::get<std::vector<std::string>>(condition.value),
                               facts.container()->added_capabilities);
    case ValueType::kSelector:
      return HoldsSelector(std::get<LabelSelector>(condition.value),
                           LabelsOf(condition.field, facts));
    case ValueType::kPath:
      return HoldsPathField(condition.field, std::get<PathCondition>(condition.value), facts,
                            polarity);
  }
  return false;
}

/// What decided a block that does not hold for certain.
void Record(const Block& block, Truth truth, const Condition* decided_by, const MountFacts& facts,
            BlockTraces traces) {
  BlockTrace& trace = traces->emplace_back();
  trace.block = &block;
  trace.truth = truth;
  if (truth.IsTrue()) return;
  trace.condition = decided_by;
  trace.wanted = WantedText(*decided_by);
  trace.found = FoundText(*decided_by, facts);
}

}  // namespace

Truth Holds(const Block& block, const MountFacts& facts, Polarity polarity, BlockTraces traces) {
  Truth truth = true;
  const Condition* decided_by = nullptr;
  for (const Condition& condition : block.conditions) {
    const bool certain = truth.IsTrue();
    truth = And(truth, HoldsCondition(condition, facts, polarity));
    if (truth.IsTrue()) continue;
    if (certain || truth.IsFalse()) decided_by = &condition;
    if (truth.IsFalse()) break;
  }
  if (traces != nullptr) Record(block, truth, decided_by, facts, traces);
  return truth;
}

Truth AnyHolds(const std::vector<Block>& blocks, const MountFacts& facts, Polarity polarity,
               BlockTraces traces) {
  Truth truth = false;
  for (const Block& block : blocks) {
    truth = Or(truth, Holds(block, facts, polarity, traces));
    if (truth.IsTrue()) break;
  }
  return truth;
}

}  // namespace mountguard::policy

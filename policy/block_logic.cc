#include "policy/block_logic.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/path.h"
#include "core/pod_spec.h"
#include "policy/glob.h"

namespace mountguard::policy {
namespace {

using core::IsAtOrUnder;
using Requirement = LabelSelector::Requirement;
using Operator = LabelSelector::Operator;

constexpr std::uint32_t kAllWords = ~std::uint32_t{0};

std::uint32_t Bit(core::VolumeType type) {
  return std::uint32_t{1} << static_cast<std::uint32_t>(type);
}

/// The types of volumes for which the condition can hold.
std::uint32_t VolumeTypesOf(const Condition& condition) {
  switch (condition.field) {
    case BlockField::kVolumeTypes:
      return std::get<WordSet>(condition.value).bits;
    case BlockField::kHostPath:
      return Bit(core::VolumeType::kHostPath);
    case BlockField::kCsiDrivers:
      return Bit(core::VolumeType::kCsi);
    default:
      return kAllWords;
  }
}

std::uint32_t VolumeTypesOf(const Block& block) {
  std::uint32_t types = kAllWords;
  for (const Condition& condition : block.conditions) types &= VolumeTypesOf(condition);
  return types;
}

/// The names of the fields that ask for types of volumes.
std::vector<std::string_view> VolumeFieldsOf(const Block& block) {
  std::vector<std::string_view> names;
  for (const Condition& condition : block.conditions) {
    if (VolumeTypesOf(condition) != kAllWords) names.push_back(InfoOf(condition.field).name);
  }
  return names;
}

const Condition* Find(const Block& block, BlockField field) {
  const auto found = std::find_if(block.conditions.begin(), block.conditions.end(),
                                  [field](const Condition& c) { return c.field == field; });
  return found == block.conditions.end() ? nullptr : &*found;
}

/// How many values a condition lists.
std::size_t SizeOf(const Condition& condition) {
  if (const auto* kinds = std::get_if<std::vector<KindPattern>>(&condition.value)) {
    return kinds->size();
  }
  if (const auto* texts = std::get_if<std::vector<std::string>>(&condition.value)) {
    return texts->size();
  }
  if (const auto* path = std::get_if<PathCondition>(&condition.value)) {
    return path->is.size() + path->under.size() + path->covers.size();
  }
  std::size_t values = 1;
  if (const auto* selector = std::get_if<LabelSelector>(&condition.value)) {
    for (const Requirement& one : selector->requirements) values += 1 + one.values.size();
  }
  return values;
}

// Words and kinds

bool CanBeSameKind(const KindPattern& a, const KindPattern& b) {
  return a.kind == b.kind && (!a.group || !b.group || *a.group == *b.group);
}

template <class T, class Test>
bool AnyPair(const std::vector<T>& a, const std::vector<T>& b, const Test& test) {
  return std::any_of(a.begin(), a.end(), [&](const T& x) {
    return std::any_of(b.begin(), b.end(), [&](const T& y) { return test(x, y); });
  });
}

/// True if every element of `inner` passes the test with one of `outer`.
template <class T, class Test>
bool EachWithOne(const std::vector<T>& inner, const std::vector<T>& outer, const Test& test) {
  return std::all_of(inner.begin(), inner.end(), [&](const T& x) {
    return std::any_of(outer.begin(), outer.end(), [&](const T& y) { return test(x, y); });
  });
}

/// Every value of the field is one of its words, so that a list of all of them always holds.
bool WordsAreAll(BlockField field, WordSet words) {
  const bool closed = field == BlockField::kOperations || field == BlockField::kOs ||
                      field == BlockField::kContainerTypes;
  return closed && words.bits + 1 == std::uint32_t{1} << WordsOf(field).size();
}

// Selectors

/// What requirements leave of the values of one key.
struct KeyValues {
  bool may_be_absent = true;
  bool may_exist = true;
  bool any_value = true;            // but those of `refused`
  std::vector<std::string> values;  // sorted; what In leaves
  std::vector<std::string> refused;

  void Require(const Requirement& requirement) {
    switch (requirement.op) {
      case Operator::kIn: {
        may_be_absent = false;
        std::vector<std::string> both;
        std::set_intersection(values.begin(), values.end(), requirement.values.begin(),
                              requirement.values.end(), std::back_inserter(both));
        values = any_value ? requirement.values : both;
        any_value = false;
        break;
      }
      case Operator::kNotIn:
        refused.insert(refused.end(), requirement.values.begin(), requirement.values.end());
        break;
      case Operator::kExists:
        may_be_absent = false;
        break;
      case Operator::kDoesNotExist:
        may_exist = false;
        break;
    }
  }
  bool Refuses(const std::string& value) const {
    return std::find(refused.begin(), refused.end(), value) != refused.end();
  }
  bool Possible() const {
    if (may_be_absent) return true;
    return may_exist && (any_value || std::any_of(values.begin(), values.end(),
                                                  [this](const auto& v) { return !Refuses(v); }));
  }
  /// True if whatever is left meets the requirement.
  bool Implies(const Requirement& requirement) const {
    const auto named = [&](const std::string& value) {
      return std::binary_search(requirement.values.begin(), requirement.values.end(), value);
    };
    const auto each = [this](const auto& test) {
      return !any_value && std::all_of(values.begin(), values.end(),
                                       [&](const std::string& v) { return Refuses(v) || test(v); });
    };
    switch (requirement.op) {
      case Operator::kIn:
        return !may_be_absent && each(named);
      case Operator::kNotIn:
        return !may_exist || each([&](const auto& v) { return !named(v); }) ||
               std::all_of(requirement.values.begin(), requirement.values.end(),
                           [this](const auto& v) { return Refuses(v); });
      case Operator::kExists:
        return !may_be_absent;
      case Operator::kDoesNotExist:
        return !may_exist;
    }
    return false;
  }
};

using ValuesByKey = std::map<std::string_view, KeyValues>;

ValuesByKey ValuesOf(const LabelSelector& a, const LabelSelector& b = {}) {
  ValuesByKey values;
  for (const LabelSelector* selector : {&a, &b}) {
    for (const Requirement& one : selector->requirements) values[one.key].Require(one);
  }
  return values;
}

/// The key whose requirements contradict each other, or "".
std::string_view ContradictedKey(const ValuesByKey& values) {
  for (const auto& [key, left] : values) {
    if (!left.Possible()) return key;
  }
  return {};
}

// Paths

using Paths = std::vector<std::string>;

bool HasPlaceholders(const Paths& paths) {
  return std::any_of(paths.begin(), paths.end(), [](const auto& p) { return HasPlaceholder(p); });
}

/// True if a path meets all conditions. What placeholders stand for may meet anything.
bool PathPossible(const std::vector<const PathCondition*>& conditions) {
  std::vector<std::string_view> candidates = {"/"};
  bool is_given = false;
  std::vector<const Paths*> is, under, covers;
  for (const PathCondition* condition : conditions) {
    if (!condition->is.empty() && !HasPlaceholders(condition->is)) is.push_back(&condition->is);
    if (!condition->under.empty() && !HasPlaceholders(condition->under)) {
      under.push_back(&condition->under);
    }
    if (!condition->covers.empty() && !HasPlaceholders(condition->covers)) {
      covers.push_back(&condition->covers);
    }
    is_given = is_given || !condition->is.empty();
  }
  // If any path will do, then one that is named will: the deepest that the others lie above.
  if (is_given && is.empty()) return true;
  for (const Paths* paths : is.empty() ? under : is) {
    candidates.insert(candidates.end(), paths->begin(), paths->end());
  }
  const auto all = [](const std::vector<const Paths*>& lists, const auto& test) {
    return std::all_of(lists.begin(), lists.end(), [&](const Paths* paths) {
      return std::any_of(paths->begin(), paths->end(), test);
    });
  };
  return std::any_of(candidates.begin(), candidates.end(), [&](std::string_view path) {
    return all(is, [path](const auto& p) { return path == p; }) &&
           all(under, [path](const auto& p) { return IsAtOrUnder(path, p); }) &&
           all(covers, [path](const auto& p) { return IsAtOrUnder(p, path); });
  });
}

bool OnlyCovers(const PathCondition& path) { return path.is.empty() && path.under.empty(); }

bool PathImplies(const PathCondition& match, const PathCondition& other) {
  const auto implied = [&match](const Paths& paths, const auto& each_is, const auto& each_under,
                                const auto& each_covers) {
    if (paths.empty()) return true;
    if (HasPlaceholders(paths)) return false;
    const auto each = [&paths](const Paths& of_match, const auto& test) {
      return !of_match.empty() && EachWithOne(of_match, paths, test);
    };
    return each(match.is, each_is) || each(match.under, each_under) ||
           each(match.covers, each_covers);
  };
  const auto never = [](const auto&, const auto&) { return false; };
  const auto same = [](const auto& a, const auto& b) { return a == b; };
  const auto below = [](const auto& a, const auto& b) { return IsAtOrUnder(FixedFolder(a), b); };
  const auto above = [](const auto& a, const auto& b) {
    return !HasPlaceholder(a) && IsAtOrUnder(b, a);
  };
  return implied(other.is, same, never, never) && implied(other.under, below, below, never) &&
         implied(other.covers, above, never, above);
}

}  // namespace

bool BlockLogic::Spend(std::size_t work) {
  if (work > kMostWork - work_) {
    work_ = kMostWork;
    return false;
  }
  work_ += work;
  return true;
}

// Patterns

/// True if one of `outer` matches whatever `inner` matches.
bool BlockLogic::Covers(const std::vector<std::string>& outer, const std::string& inner) {
  return std::any_of(outer.begin(), outer.end(), [&](const std::string& pattern) {
    return Spend(pattern.size() * inner.size()) && GlobCovers(pattern, inner);
  });
}

bool BlockLogic::Possible(const Patterns& patterns) {
  static const std::string kAnything = "**";
  if (!patterns.has_plain()) return !Covers(patterns.negated, kAnything);
  for (const auto* list : {&patterns.literals, &patterns.globs}) {
    for (const std::string& pattern : *list) {
      if (!Covers(patterns.negated, pattern)) return true;
    }
  }
  return false;
}

bool BlockLogic::Possible(const ImagePatterns& images) {
  // With a tag or digest a negated pattern leaves images that have another, or both.
  std::vector<std::string> negated;
  for (const ImagePattern& image : images.negated) {
    if (image.tag.empty() && image.digest.empty()) negated.push_back(image.repository);
  }
  if (images.plain.empty()) return !Covers(negated, "**");
  return std::any_of(images.plain.begin(), images.plain.end(),
                     [&](const ImagePattern& image) { return !Covers(negated, image.repository); });
}

/// True if some text may match a plain pattern of both.
bool BlockLogic::Meet(const Patterns& a, const Patterns& b) {
  if (!a.has_plain() || !b.has_plain()) return true;
  const auto meet = [this](const std::string& x, const std::string& y) {
    return !Spend(x.size() * y.size()) || GlobsMeet(x, y);
  };
  if (!Spend(a.literals.size())) return true;
  for (const std::string& literal : a.literals) {
    if (std::binary_search(b.literals.begin(), b.literals.end(), literal)) return true;
  }
  return AnyPair(a.literals, b.globs, meet) || AnyPair(a.globs, b.literals, meet) ||
         AnyPair(a.globs, b.globs, meet);
}

bool BlockLogic::Disjoint(BlockField field, const Patterns& match, const Patterns& other) {
  // A user has many groups: one of them may match the one list and another one the other.
  if (field != BlockField::kGroups && !Meet(match, other)) return true;
  const auto refused = [this](const Patterns& a, const Patterns& b) {
    const auto covered = [&](const std::string& pattern) { return Covers(b.negated, pattern); };
    return a.has_plain() && std::all_of(a.literals.begin(), a.literals.end(), covered) &&
           std::all_of(a.globs.begin(), a.globs.end(), covered);
  };
  return refused(match, other) || refused(other, match);
}

bool BlockLogic::Disjoint(const ImagePatterns& match, const ImagePatterns& other) {
  if (match.plain.empty() || other.plain.empty()) return false;
  return !AnyPair(match.plain, other.plain, [this](const ImagePattern& a, const ImagePattern& b) {
    return !Spend(a.repository.size() * b.repository.size()) ||
           GlobsMeet(a.repository, b.repository);
  });
}

bool BlockLogic::Implies(BlockField field, const Patterns& match, const Patterns& other) {
  std::vector<std::string> plain = other.literals;
  plain.insert(plain.end(), other.globs.begin(), other.globs.end());
  const auto covered = [&](const std::string& pattern) { return Covers(plain, pattern); };
  const bool plain_holds =
      plain.empty() || Covers(plain, "**") ||
      (match.has_plain() && std::all_of(match.literals.begin(), match.literals.end(), covered) &&
       std::all_of(match.globs.begin(), match.globs.end(), covered));
  if (!plain_holds) return false;
  // What `other` refuses must be refused by `match`, or be out of its reach.
  return std::all_of(other.negated.begin(), other.negated.end(), [&](const std::string& refused) {
    if (Covers(match.negated, refused)) return true;
    Patterns one;
    one.globs = {refused};
    return field != BlockField::kGroups && match.has_plain() && !Meet(match, one);
  });
}

bool BlockLogic::Implies(const ImagePatterns& match, const ImagePatterns& other) {
  // A tag says nothing certain of an image with a digest.
  const auto covers = [this](const ImagePattern& outer, const ImagePattern& inner) {
    const bool digest =
        outer.digest.empty() || (!inner.digest.empty() && GlobCovers(outer.digest, inner.digest));
    return outer.tag.empty() && digest &&
           Spend(outer.repository.size() * inner.repository.size()) &&
           GlobCovers(outer.repository, inner.repository);
  };
  const auto covered = [&](const ImagePattern& inner) {
    return std::any_of(other.plain.begin(), other.plain.end(),
                       [&](const ImagePattern& outer) { return covers(outer, inner); });
  };
  if (!other.plain.empty() &&
      (match.plain.empty() || !std::all_of(match.plain.begin(), match.plain.end(), covered))) {
    return false;
  }
  return std::all_of(other.negated.begin(), other.negated.end(), [&](const ImagePattern& refused) {
    if (std::any_of(match.negated.begin(), match.negated.end(),
                    [&](const ImagePattern& outer) { return covers(outer, refused); })) {
      return true;
    }
    return !match.plain.empty() && Disjoint(match, ImagePatterns{{refused}, {}});
  });
}

// Conditions of one field

bool BlockLogic::Disjoint(const Condition& match, const Condition& other) {
  const std::size_t size = SizeOf(match) + SizeOf(other);
  if (!Spend(size * size)) return false;
  switch (InfoOf(match.field).type) {
    case ValueType::kWords:
      return (std::get<WordSet>(match.value).bits & std::get<WordSet>(other.value).bits) == 0;
    case ValueType::kBool:
      return std::get<bool>(match.value) != std::get<bool>(other.value);
    case ValueType::kPatterns:
      return Disjoint(match.field, std::get<Patterns>(match.value),
                      std::get<Patterns>(other.value));
    case ValueType::kImages:
      return Disjoint(std::get<ImagePatterns>(match.value), std::get<ImagePatterns>(other.value));
    case ValueType::kKinds:
      return !AnyPair(std::get<std::vector<KindPattern>>(match.value),
                      std::get<std::vector<KindPattern>>(other.value), CanBeSameKind);
    case ValueType::kCapabilities:
      return false;  // a container may have added several
    case ValueType::kSelector:
      return !ContradictedKey(ValuesOf(std::get<LabelSelector>(match.value),
                                       std::get<LabelSelector>(other.value)))
                  .empty();
    case ValueType::kPath: {
      const auto& path = std::get<PathCondition>(other.value);
      // A path through /proc/*/root covers everything, and a match takes it for any path.
      if (match.field == BlockField::kHostPath && OnlyCovers(path)) return false;
      return !PathPossible({&std::get<PathCondition>(match.value), &path});
    }
  }
  return false;
}

bool BlockLogic::Implies(const Condition& match, const Condition& other) {
  if (!Spend(SizeOf(match) * SizeOf(other))) return false;
  switch (InfoOf(match.field).type) {
    case ValueType::kWords:
      return (std::get<WordSet>(match.value).bits & ~std::get<WordSet>(other.value).bits) == 0;
    case ValueType::kBool:
      return std::get<bool>(match.value) == std::get<bool>(other.value);
    case ValueType::kPatterns:
      return Implies(match.field, std::get<Patterns>(match.value), std::get<Patterns>(other.value));
    case ValueType::kImages:
      return Implies(std::get<ImagePatterns>(match.value), std::get<ImagePatterns>(other.value));
    case ValueType::kKinds:
      return EachWithOne(std::get<std::vector<KindPattern>>(match.value),
                         std::get<std::vector<KindPattern>>(other.value),
                         [](const KindPattern& inner, const KindPattern& outer) {
                           return CanBeSameKind(inner, outer) && (!outer.group || inner.group);
                         });
    case ValueType::kCapabilities: {
      const auto& given = std::get<std::vector<std::string>>(match.value);
      return EachWithOne(given, std::get<std::vector<std::string>>(other.value),
                         [](const auto& a, const auto& b) { return a == b || a == "ALL"; });
    }
    case ValueType::kSelector: {
      const ValuesByKey values = ValuesOf(std::get<LabelSelector>(match.value));
      const auto& requirements = std::get<LabelSelector>(other.value).requirements;
      return std::all_of(requirements.begin(), requirements.end(), [&](const Requirement& one) {
        const auto found = values.find(one.key);
        return found != values.end() && found->second.Implies(one);
      });
    }
    case ValueType::kPath:
      return PathImplies(std::get<PathCondition>(match.value),
                         std::get<PathCondition>(other.value));
  }
  return false;
}

// Blocks

std::optional<BlockLogic::Clash> BlockLogic::WhyImpossible(const Block& block) {
  std::uint32_t types = kAllWords;
  for (const Condition& condition : block.conditions) {
    const std::string_view name = InfoOf(condition.field).name;
    if (!Spend(SizeOf(condition) * SizeOf(condition))) return std::nullopt;
    const auto clash = [&](std::string reason) {
      return Clash{condition.position, std::move(reason)};
    };
    if (const auto* patterns = std::get_if<Patterns>(&condition.value)) {
      if (!Possible(*patterns)) {
        return clash(fmt::format("the negated patterns of {} leave nothing of the others", name));
      }
    } else if (const auto* images = std::get_if<ImagePatterns>(&condition.value)) {
      if (!Possible(*images)) {
        return clash(fmt::format("the negated patterns of {} leave nothing of the others", name));
      }
    } else if (const auto* selector = std::get_if<LabelSelector>(&condition.value)) {
      if (const std::string_view key = ContradictedKey(ValuesOf(*selector)); !key.empty()) {
        return clash(fmt::format("what {} asks of the key \"{}\" contradicts itself", name, key));
      }
    } else if (const auto* path = std::get_if<PathCondition>(&condition.value)) {
      if (!PathPossible({path})) {
        return clash(fmt::format("no path has all relations at once that {} asks for", name));
      }
    }
    const std::uint32_t left = types & VolumeTypesOf(condition);
    if (left == 0) {
      return clash(fmt::format("{} ask for different types of volumes",
                               fmt::join(VolumeFieldsOf(block), " and ")));
    }
    types = left;
  }
  return std::nullopt;
}

std::optional<BlockLogic::Clash> BlockLogic::WhyDisjoint(const Block& match, const Block& other) {
  for (const Condition& condition : other.conditions) {
    const Condition* same = Find(match, condition.field);
    if (same == nullptr || !Disjoint(*same, condition)) continue;
    return Clash{condition.position,
                 fmt::format("its {0} and the {0} of the rule's match exclude each other",
                             InfoOf(condition.field).name)};
  }
  const std::uint32_t types = VolumeTypesOf(match);
  for (const Condition& condition : other.conditions) {
    if ((types & VolumeTypesOf(condition)) != 0) continue;
    return Clash{condition.position, "the rule's match asks for another type of volumes"};
  }
  return std::nullopt;
}

bool BlockLogic::Implies(const Block& match, const Block& other) {
  return std::all_of(other.conditions.begin(), other.conditions.end(),
                     [&](const Condition& condition) {
                       if (const Condition* same = Find(match, condition.field)) {
                         if (Implies(*same, condition)) return true;
                       }
                       if (condition.field == BlockField::kVolumeTypes) {
                         return (VolumeTypesOf(match) & ~VolumeTypesOf(condition)) == 0;
                       }
                       const auto* words = std::get_if<WordSet>(&condition.value);
                       return words != nullptr && WordsAreAll(condition.field, *words);
                     });
}

}  // namespace mountguard::policy

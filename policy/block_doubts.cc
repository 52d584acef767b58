#include "policy/block_doubts.h"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <variant>
#include <vector>

#include "policy/glob.h"
#include "policy/kubernetes/rule_ids.h"

namespace mountguard::policy {

const Condition* FindCondition(const Block& block, BlockField field) {
  for (const Condition& condition : block.conditions) {
    if (condition.field == field) return &condition;
  }
  return nullptr;
}

bool Confines(const Condition& condition) {
  if (InfoOf(condition.field).choice != Choice::kOthers) return false;
  if (const auto* images = std::get_if<ImagePatterns>(&condition.value)) {
    return !images->plain.empty() &&
           std::none_of(images->plain.begin(), images->plain.end(),
                        [](const ImagePattern& image) { return image.repository == "**"; });
  }
  const auto& patterns = std::get<Patterns>(condition.value);
  const auto everyone = [](const std::string& pattern) {
    return pattern == "*" || pattern == "**" || pattern == "system:authenticated";
  };
  return patterns.has_plain() &&
         std::none_of(patterns.globs.begin(), patterns.globs.end(), everyone) &&
         std::none_of(patterns.literals.begin(), patterns.literals.end(), everyone);
}

bool NamesControllers(const Condition& condition) {
  constexpr std::string_view kServiceAccount = "system:serviceaccount";  // users and groups alike
  const std::string_view controller = condition.field == BlockField::kUsers
                                          ? "system:serviceaccount:kube-system:job-controller"
                                          : "system:serviceaccounts:kube-system";
  const auto& patterns = std::get<Patterns>(condition.value);
  const auto names = [&](const std::string& pattern) {
    return pattern.rfind(kServiceAccount, 0) == 0 || pattern == "system:authenticated" ||
           GlobMatches(pattern, controller);
  };
  return std::any_of(patterns.literals.begin(), patterns.literals.end(), names) ||
         std::any_of(patterns.globs.begin(), patterns.globs.end(), names) ||
         std::any_of(patterns.negated.begin(), patterns.negated.end(), names);
}

bool CanBePod(const Block& block) {
  const Condition* kinds = FindCondition(block, BlockField::kKinds);
  if (kinds == nullptr) return true;
  const auto& patterns = std::get<std::vector<KindPattern>>(kinds->value);
  return std::any_of(patterns.begin(), patterns.end(), [](const KindPattern& pattern) {
    return pattern.kind == "Pod" && pattern.group.value_or("").empty();
  });
}

std::span<const Refusal> Refusals() {
  const auto words = [](BlockField field, std::initializer_list<std::string_view> named) {
    WordSet set;
    const std::vector<std::string_view>& known = WordsOf(field);
    for (std::string_view word : named) {
      const auto found = std::find(known.begin(), known.end(), word);
      set.Add(static_cast<std::size_t>(found - known.begin()));
    }
    return Condition{field, set};
  };
  const Condition recursive = words(BlockField::kRecursiveReadOnly, {"IfPossible", "Enabled"});
  static const std::vector<Refusal> refusals = {
      {kEphemeralNoSubPath,
       {{words(BlockField::kContainerTypes, {"ephemeralContainer"}), {BlockField::kSubPath, true}},
        {}}},
      {kRecursiveReadOnlyNeedsReadOnly, {{recursive, {BlockField::kReadOnly, false}}, {}}},
      {kRecursiveReadOnlyNeedsPrivate,
       {{recursive, words(BlockField::kMountPropagation, {"HostToContainer", "Bidirectional"})},
        {}}},
  };
  return refusals;
}

const Condition* ConditionBeyond(const Block& block, Scope scope) {
  for (const Condition& condition : block.conditions) {
    if (InfoOf(condition.field).scope > scope) return &condition;
  }
  return nullptr;
}

}  // namespace mountguard::policy

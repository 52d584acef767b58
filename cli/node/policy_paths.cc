#include "cli/node/policy_paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <variant>

#include "core/cri.h"
#include "policy/block.h"

namespace mountguard::cli {
namespace {

using core::MountPropagationMode;
using node::Need;
using policy::BlockField;

struct Wanted {
  std::set<Need> needs;
  std::vector<std::string> asked_by;
};

class Gatherer {
 public:
  void Take(const std::vector<policy::Block>& blocks, const std::string& by) {
    for (const policy::Block& block : blocks) Take(block, by);
  }

  std::vector<WantedPath> Gathered() const {
    std::vector<WantedPath> paths;
    for (const auto& [path, wanted] : wanted_) {
      paths.push_back({path, {wanted.needs.begin(), wanted.needs.end()}, wanted.asked_by});
    }
    return paths;
  }

 private:
  void Take(const policy::Block& block, const std::string& by) {
    const policy::PathCondition* paths = nullptr;
    std::set<Need> needs;
    bool modes = false;
    for (const policy::Condition& condition : block.conditions) {
      if (condition.field == BlockField::kHostPath) {
        paths = std::get_if<policy::PathCondition>(&condition.value);
      } else if (condition.field == BlockField::kMountPropagation) {
        modes = true;
        const auto& words = std::get<policy::WordSet>(condition.value);
        const auto has = [&words](MountPropagationMode mode) {
          return words.Has(static_cast<std::size_t>(mode));
        };
        if (has(MountPropagationMode::kBidirectional)) needs.insert(Need::kBidirectional);
        if (has(MountPropagationMode::kHostToContainer)) needs.insert(Need::kHostToContainer);
      } else if (condition.field == BlockField::kRecursiveReadOnly && NamesSome(condition)) {
        modes = true;
        needs.insert(Need::kRecursiveReadOnly);
      }
    }
    if (paths == nullptr) return;
    if (!modes) {
      needs = {Need::kBidirectional, Need::kHostToContainer, Need::kRecursiveReadOnly};
    }
    if (needs.empty()) return;
    for (const auto* list : {&paths->is, &paths->under, &paths->covers}) {
      for (const std::string& path : *list) {
        Wanted& wanted = wanted_[path];
        wanted.needs.insert(needs.begin(), needs.end());
        if (std::find(wanted.asked_by.begin(), wanted.asked_by.end(), by) ==
            wanted.asked_by.end()) {
          wanted.asked_by.push_back(by);
        }
      }
    }
  }

  /// True if the words are not only those for "not recursively".
  static bool NamesSome(const policy::Condition& condition) {
    const auto& known = policy::WordsOf(BlockField::kRecursiveReadOnly);
    const auto& words = std::get<policy::WordSet>(condition.value);
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (words.Has(i) && (known[i] == "Enabled" || known[i] == "IfPossible")) return true;
    }
    return false;
  }

  std::map<std::string, Wanted> wanted_;
};

}  // namespace

std::vector<WantedPath> HostPathsOf(const policy::PolicySet& policies) {
  Gatherer gatherer;
  for (const policy::MountPolicy& one : policies.policies()) {
    for (const policy::PolicyRule& rule : one.rules) {
      const std::string by = fmt::format("rule {} ({})", rule.name, one.file);
      gatherer.Take(rule.match, by);
      gatherer.Take(rule.exclude, by);
      gatherer.Take(rule.require, by);
    }
    for (const policy::PolicyException& exception : one.exceptions) {
      gatherer.Take(exception.match, fmt::format("exception {} ({})", exception.name, one.file));
    }
  }
  return gatherer.Gathered();
}

}  // namespace mountguard::cli

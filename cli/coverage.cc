#include "cli/coverage.h"

#include <functional>
#include <set>
#include <string>
#include <unordered_set>

namespace mountguard::cli {
namespace {

using policy::MountPolicy;

/// Calls `visit(name, is_advice)` for every rule that the policy writes, and advice that it lets
/// speak.
template <class Visit>
void ForEachRule(const MountPolicy& policy, const Visit& visit) {
  for (const policy::PolicyRule& rule : policy.rules) visit(rule.name, false);
  for (const auto& [id, action] : policy.advice) {
    if (action != policy::Action::kOff) visit(id, true);
  }
}

/// What a case found, by name.
struct Found {
  explicit Found(const CheckReport& report) {
    for (const CheckResult& result : report.results) {
      if (result.exception) {
        exceptions.insert(*result.exception);
      } else {
        (result.undetermined.empty() ? rules : undetermined).insert(result.rule);
      }
    }
  }

  std::set<std::string, std::less<>> rules, undetermined, exceptions;
};

}  // namespace

Coverage::File& Coverage::FileOf(const MountPolicy& policy) {
  const auto [place, is_new] = by_name_.emplace(policy.file, files_.size());
  if (is_new) files_.push_back({{policy.file, {}, {}}, {}, {}});
  return files_[place->second];
}

void Coverage::Add(const policy::PolicySet& policies) {
  for (const MountPolicy& policy : policies.policies()) {
    File& file = FileOf(policy);
    ForEachRule(policy, [&file](const std::string& name, bool is_advice) {
      const bool is_new = file.rules.emplace(name, file.coverage.rules.size()).second;
      if (is_new) file.coverage.rules.push_back({name, is_advice, 0, 0});
    });
    for (const policy::PolicyException& exception : policy.exceptions) {
      const std::string& name = exception.name;
      const bool is_new = file.exceptions.emplace(name, file.coverage.exceptions.size()).second;
      if (is_new) file.coverage.exceptions.push_back({name, 0});
    }
  }
}

void Coverage::Count(const policy::PolicySet& policies, std::string_view profile,
                     const CheckReport& report) {
  const Found found(report);
  std::unordered_set<RuleCoverage*> in_force;  // a file may set advice in several policies
  for (const MountPolicy& policy : policies.policies()) {
    if (!policy.IsIn(profile)) continue;
    File& file = FileOf(policy);
    ForEachRule(policy, [&](const std::string& name, bool) {
      in_force.insert(&file.coverage.rules[file.rules.at(name)]);
    });
    for (const policy::PolicyException& exception : policy.exceptions) {
      if (found.exceptions.count(exception.name) == 0) continue;
      ++file.coverage.exceptions[file.exceptions.at(exception.name)].used;
    }
  }
  for (RuleCoverage* rule : in_force) {
    if (found.rules.count(rule->rule) != 0) {
      ++rule->fired;
    } else if (found.undetermined.count(rule->rule) == 0) {
      ++rule->spared;
    }
  }
}

std::vector<PolicyCoverage> Coverage::Result() const {
  std::vector<PolicyCoverage> result;
  for (const File& file : files_) result.push_back(file.coverage);
  return result;
}

}  // namespace mountguard::cli

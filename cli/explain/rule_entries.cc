#include "cli/explain/rule_entries.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace mountguard::cli {
namespace {

using Outcome = ExplainedRule::Outcome;

bool SayTheSame(const ExplainedRule& a, const ExplainedRule& b) {
  return a.outcome == b.outcome && a.message == b.message && a.exception == b.exception &&
         a.why == b.why;
}

/// Host mounts that may not be shared are told with the node, whether the rule is off or not.
bool IsWorthALine(const ExplainedRule& rule) {
  if (rule.rule == "host-path-may-not-be-shared" && rule.outcome == Outcome::kOff) return false;
  return rule.outcome != Outcome::kSilent;
}

/// The rules that nobody heard of.
std::size_t CountSilent(const ExplainedPod& pod) {
  std::vector<std::string_view> silent, heard;
  for (const ExplainedMount& mount : pod.mounts) {
    for (const ExplainedRule& rule : mount.rules) {
      (IsWorthALine(rule) ? heard : silent).push_back(rule.rule);
    }
  }
  for (auto* list : {&silent, &heard}) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  }
  std::vector<std::string_view> never;
  std::set_difference(silent.begin(), silent.end(), heard.begin(), heard.end(),
                      std::back_inserter(never));
  return never.size();
}

}  // namespace

RuleEntries ByRule(const ExplainedPod& pod) {
  RuleEntries all;
  all.silent = CountSilent(pod);
  std::vector<RuleEntry>& entries = all.entries;
  for (const ExplainedMount& mount : pod.mounts) {
    for (const ExplainedRule& rule : mount.rules) {
      if (!IsWorthALine(rule)) continue;
      auto entry = std::find_if(entries.begin(), entries.end(),
                                [&rule](const RuleEntry& one) { return one.rule == rule.rule; });
      if (entry == entries.end()) entry = entries.insert(entry, {rule.rule, {}});
      auto& lines = entry->lines;
      auto line = std::find_if(lines.begin(), lines.end(), [&rule](const RuleLine& one) {
        return SayTheSame(*one.rule, rule);
      });
      if (line == lines.end()) line = lines.insert(line, {&rule, {}});
      line->mounts.push_back(&mount);
    }
  }
  return all;
}

}  // namespace mountguard::cli

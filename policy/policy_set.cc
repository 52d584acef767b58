#include "policy/policy_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "core/sha256.h"

namespace mountguard::policy {
namespace {

/// Writes what decides as one text in which different policies cannot look alike: every string
/// carries its length, every list its size.
class Canonical {
 public:
  void Add(std::string_view text) {
    Add(text.size());
    text_.append(text);
  }
  void Add(const std::string& text) { Add(std::string_view(text)); }
  void Add(std::size_t number) { fmt::format_to(std::back_inserter(text_), "{};", number); }
  void Add(bool value) { Add(std::size_t{value}); }
  void Add(Action action) { Add(ToString(action)); }
  void Add(WordSet words) { Add(std::size_t{words.bits}); }
  void Add(core::WallTime time) {
    fmt::format_to(std::back_inserter(text_), "{};", time.time_since_epoch().count());
  }
  void Add(const Patterns& patterns) {
    AddAll(patterns.literals, patterns.globs, patterns.negated);
  }
  void Add(const ImagePattern& image) { AddAll(image.repository, image.tag, image.digest); }
  void Add(const ImagePatterns& images) { AddAll(images.plain, images.negated); }
  void Add(const KindPattern& kind) { AddAll(kind.kind, kind.group); }
  void Add(const LabelSelector::Requirement& requirement) {
    AddAll(requirement.key, static_cast<std::size_t>(requirement.op), requirement.values);
  }
  void Add(const LabelSelector& selector) { Add(selector.requirements); }
  void Add(const PathCondition& path) { AddAll(path.is, path.under, path.covers); }
  void Add(const Condition& condition) {
    Add(InfoOf(condition.field).name);
    std::visit([this](const auto& value) { Add(value); }, condition.value);
  }
  void Add(const Block& block) { Add(block.conditions); }
  void Add(const PolicyRule& rule) {
    AddAll(rule.name, rule.match, rule.exclude, rule.require, rule.actions.ToList(), rule.message);
  }
  void Add(const PolicyException& exception) {
    AddAll(exception.name, exception.rules, exception.match, exception.expires);
  }
  void Add(const CustomKind& kind) { AddAll(kind.group, kind.kind, kind.paths); }
  void Add(const MountPolicy& policy) {
    AddAll(policy.profiles, policy.kubernetes_rules, policy.advice, policy.pod_templates,
           policy.rules, policy.exceptions);
  }
  template <class A, class B>
  void Add(const std::pair<A, B>& pair) {
    AddAll(pair.first, pair.second);
  }
  template <class T>
  void Add(const std::optional<T>& value) {
    Add(value.has_value());
    if (value) Add(*value);
  }
  template <class T>
  void Add(const std::vector<T>& list) {
    Add(list.size());
    for (const T& element : list) Add(element);
  }

  const std::string& text() const { return text_; }

 private:
  template <class... T>
  void AddAll(const T&... values) {
    (Add(values), ...);
  }

  std::string text_;
};

}  // namespace

bool MountPolicy::IsIn(std::string_view profile) const {
  return profiles.empty() || std::binary_search(profiles.begin(), profiles.end(), profile);
}

PolicySet::PolicySet(std::vector<MountPolicy> policies) : policies_(std::move(policies)) {
  Canonical canonical;
  canonical.Add(policies_);
  digest_ = "sha256:" + core::Sha256Hex(canonical.text());
  for (const MountPolicy& policy : policies_) {
    rule_count_ += policy.rules.size();
    profiles_.insert(profiles_.end(), policy.profiles.begin(), policy.profiles.end());
  }
  std::sort(profiles_.begin(), profiles_.end());
  profiles_.erase(std::unique(profiles_.begin(), profiles_.end()), profiles_.end());
}

bool PolicySet::HasProfile(std::string_view profile) const {
  return profile.empty() || std::binary_search(profiles_.begin(), profiles_.end(), profile);
}

}  // namespace mountguard::policy

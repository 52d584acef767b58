#include "policy/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/cri.h"
#include "policy/verdict.h"

namespace mountguard::policy {
namespace {

constexpr std::string_view kUnknown = "(unknown)";
constexpr std::string_view kNone = "(none)";

std::string_view OrNone(std::string_view text) { return text.empty() ? kNone : text; }

std::string Cri(const PolicyRule&, const MountFacts& facts) {
  const auto translated =
      core::TranslateMountPropagation(facts.mount()->mount_propagation, facts.pod()->windows());
  return std::string(translated ? core::ToString(*translated) : kNone);
}

struct Placeholder {
  std::string_view name;
  std::string (*fill)(const PolicyRule& rule, const MountFacts& facts);
};

using Rule = PolicyRule;
using Facts = MountFacts;

constexpr std::array<Placeholder, 12> kPlaceholders = {{
    {"container", [](const Rule&, const Facts& f) { return std::string(f.container()->name); }},
    {"cri", Cri},
    {"hostPath",
     [](const Rule&, const Facts& f) { return std::string(OrNone(f.host_path().path)); }},
    {"image",
     [](const Rule&, const Facts& f) { return std::string(OrNone(f.container()->image)); }},
    {"kind", [](const Rule&, const Facts& f) { return std::string(f.subject().object().kind); }},
    {"mountPath", [](const Rule&, const Facts& f) { return std::string(f.mount()->mount_path); }},
    {"mountPropagation",
     [](const Rule&, const Facts& f) {
       return std::string(f.mount()->mount_propagation.value_or("(not set)"));
     }},
    {"name", [](const Rule&, const Facts& f) { return std::string(f.name().value_or(kUnknown)); }},
    {"namespace",
     [](const Rule&, const Facts& f) {
       return std::string(f.namespace_name().value_or(kUnknown));
     }},
    {"rule", [](const Rule& rule, const Facts&) { return rule.name; }},
    {"user",
     [](const Rule&, const Facts& f) { return std::string(f.request().user.value_or(kUnknown)); }},
    {"volume", [](const Rule&, const Facts& f) { return std::string(f.mount()->name); }},
}};

/// The placeholder at the start of `text`, braces included, or null.
const Placeholder* PlaceholderAt(std::string_view text) {
  const std::size_t close = text.find('}');
  if (text.front() != '{' || close == std::string_view::npos) return nullptr;
  const std::string_view name = text.substr(1, close - 1);
  const auto* found = std::find_if(kPlaceholders.begin(), kPlaceholders.end(),
                                   [name](const Placeholder& known) { return known.name == name; });
  return found == kPlaceholders.end() ? nullptr : found;
}

bool IsIdentifier(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
}

}  // namespace

const std::vector<std::string_view>& MessagePlaceholders() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Placeholder& placeholder : kPlaceholders) all.push_back(placeholder.name);
    return all;
  }();
  return names;
}

std::vector<std::string_view> PlaceholdersIn(std::string_view text) {
  std::vector<std::string_view> found;
  for (std::size_t open = text.find('{'); open != std::string_view::npos;
       open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == std::string_view::npos) break;
    const std::string_view word = text.substr(open + 1, close - open - 1);
    if (IsIdentifier(word)) found.push_back(word);
  }
  return found;
}

std::string RuleMessage(const PolicyRule& rule, const MountFacts& facts) {
  if (rule.message.empty()) {
    return fmt::format("{}: the policy rule \"{}\" does not allow this mount{}{}",
                       DescribeMount(*facts.container(), *facts.mount()), rule.name,
                       rule.description.empty() ? "" : ": ", rule.description);
  }
  std::string message;
  for (std::string_view rest = rule.message; !rest.empty();) {
    const Placeholder* placeholder = PlaceholderAt(rest);
    if (placeholder == nullptr) {
      message.push_back(rest.front());
      rest.remove_prefix(1);
    } else {
      message += placeholder->fill(rule, facts);
      rest.remove_prefix(placeholder->name.size() + 2);
    }
  }
  return message;
}

}  // namespace mountguard::policy

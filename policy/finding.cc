#include "policy/finding.h"

#include <array>

namespace mountguard::policy {
namespace {

constexpr std::array<std::string_view, 4> kOrigins = {"kubernetes", "policy", "advice", "input"};
constexpr std::array<std::string_view, 4> kActions = {"Off", "Audit", "Warn", "Deny"};
constexpr std::array<std::string_view, 5> kCauses = {"FieldValueRequired", "FieldValueNotFound",
                                                     "FieldValueInvalid", "FieldValueNotSupported",
                                                     "FieldValueForbidden"};
constexpr std::array<Action, 3> kStrongestFirst = {Action::kDeny, Action::kWarn, Action::kAudit};

}  // namespace

std::string_view ToString(Origin origin) { return kOrigins[static_cast<std::size_t>(origin)]; }

std::string_view ToString(Action action) { return kActions[static_cast<std::size_t>(action)]; }

std::optional<Action> ActionFromText(std::string_view text) {
  for (std::size_t i = 0; i < kActions.size(); ++i) {
    if (kActions[i] == text) return static_cast<Action>(i);
  }
  return std::nullopt;
}

std::string_view ToString(CauseType type) { return kCauses[static_cast<std::size_t>(type)]; }

Action ActionSet::Strongest() const {
  for (Action action : kStrongestFirst) {
    if (Has(action)) return action;
  }
  return Action::kOff;
}

ActionSet ActionSet::CappedAt(Action cap) const {
  ActionSet capped;
  for (Action action : kStrongestFirst) {
    if (Has(action)) capped.Add(action > cap ? cap : action);
  }
  return capped;
}

std::vector<Action> ActionSet::ToList() const {
  std::vector<Action> actions;
  for (Action action : kStrongestFirst) {
    if (Has(action)) actions.push_back(action);
  }
  return actions;
}

}  // namespace mountguard::policy

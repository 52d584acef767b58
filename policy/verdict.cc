#include "policy/verdict.h"

#include <fmt/format.h>

#include <algorithm>

namespace mountguard::policy {

Action Verdict::Decision() const {
  Action decision = Action::kOff;
  for (const Finding& finding : findings) {
    if (finding.excepted() || !finding.undetermined.empty()) continue;
    decision = std::max(decision, finding.actions.Strongest());
  }
  return decision;
}

std::string_view DecisionWord(Action decision) {
  switch (decision) {
    case Action::kDeny:
      return "deny";
    case Action::kWarn:
      return "warn";
    case Action::kAudit:
    case Action::kOff:
      return "allow";
  }
  return "allow";
}

std::string DescribeContainer(const core::ContainerView& container) {
  if (container.name.empty()) {
    return fmt::format("{}[{}]", core::FieldOf(container.type), container.index);
  }
  switch (container.type) {
    case core::ContainerType::kContainer:
      return fmt::format("container \"{}\"", container.name);
    case core::ContainerType::kInitContainer:
      return fmt::format("{} \"{}\"", container.sidecar ? "sidecar" : "init container",
                         container.name);
    case core::ContainerType::kEphemeralContainer:
      return fmt::format("ephemeral container \"{}\"", container.name);
  }
  return {};
}

std::string DescribeMount(const core::ContainerView& container, const core::VolumeMount& mount) {
  return fmt::format("{}, volume \"{}\" at \"{}\"", DescribeContainer(container), mount.name,
                     mount.mount_path);
}

std::string DescribeDevice(const core::ContainerView& container, const core::VolumeDevice& device) {
  return fmt::format("{}, volume \"{}\" as device \"{}\"", DescribeContainer(container),
                     device.name, device.device_path);
}

std::string WithRuleId(const Finding& finding) {
  return fmt::format("{} [{}]", finding.message, finding.rule);
}

}  // namespace mountguard::policy

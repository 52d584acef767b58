#include "policy/kubernetes/container_scope.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "policy/verdict.h"

namespace mountguard::policy {
namespace {

/// `list` is the container's field with the element in it.
std::string PathOf(const ContainerScope& scope, std::string_view list) {
  return core::PathOf(scope.pod_template.source.SpecPath(), scope.container())
      .append(".")
      .append(list);
}

/// A finding of this scope; the element, its field and the place in words are still to be told.
Finding NewFinding(const ContainerScope& scope, std::string_view rule, CauseType cause) {
  Finding finding;
  finding.rule = rule;
  finding.origin = Origin::kKubernetes;
  finding.actions = scope.actions;
  finding.cause = cause;
  finding.template_index = scope.template_index;
  finding.container = scope.container_index;
  return finding;
}

void Add(Finding finding, std::string_view error_path, std::string body, std::string_view where,
         const ContainerScope& scope) {
  finding.error = fmt::format("{}: {}", error_path, body);
  finding.message = fmt::format("{} ({})", body, where);
  finding.detail = std::move(body);
  scope.findings->push_back(std::move(finding));
}

void AddAtMount(const ContainerScope& scope, int mount, std::string_view rule,
                std::string_view field, FieldError error, bool error_has_index) {
  const std::string list = PathOf(scope, "volumeMounts");
  const core::VolumeMount& about = scope.mounts()[static_cast<std::size_t>(mount)];
  Finding finding = NewFinding(scope, rule, error.cause);
  finding.mount = mount;
  finding.field = fmt::format("{}[{}].{}", list, mount, field);
  const std::string path = error_has_index ? finding.field : fmt::format("{}.{}", list, field);
  Add(std::move(finding), path, std::move(error.body), DescribeMount(scope.container(), about),
      scope);
}

}  // namespace

void MountPlace::Say(std::string_view rule, std::string_view field, FieldError error) const {
  AddAtMount(scope_, mount_, rule, field, std::move(error), /*error_has_index=*/true);
}

void MountPlace::SayWithoutIndex(std::string_view rule, std::string_view field,
                                 FieldError error) const {
  AddAtMount(scope_, mount_, rule, field, std::move(error), /*error_has_index=*/false);
}

void DevicePlace::Say(std::string_view rule, std::string_view field, FieldError error) const {
  const core::VolumeDevice& about = scope_.devices()[static_cast<std::size_t>(device_)];
  Finding finding = NewFinding(scope_, rule, error.cause);
  finding.device = device_;
  finding.field = fmt::format("{}[{}].{}", PathOf(scope_, "volumeDevices"), device_, field);
  const std::string path = finding.field;
  Add(std::move(finding), path, std::move(error.body), DescribeDevice(scope_.container(), about),
      scope_);
}

}  // namespace mountguard::policy

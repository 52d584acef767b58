#include "node/container_id.h"

#include <algorithm>
#include <utility>

namespace mountguard::node {
namespace {

constexpr std::size_t kIdSize = 64;

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool DropPrefix(std::string_view prefix, std::string_view* text) {
  if (text->substr(0, prefix.size()) != prefix) return false;
  text->remove_prefix(prefix.size());
  return true;
}

void DropSuffix(std::string_view suffix, std::string_view* text) {
  if (text->size() >= suffix.size() && text->substr(text->size() - suffix.size()) == suffix) {
    text->remove_suffix(suffix.size());
  }
}

/// A pod's uid as the API has it, "" if `text` is none. systemd keeps dashes for its own hierarchy,
/// so the kubelet writes underscores there.
std::string PodUid(std::string_view text) {
  std::string uid(text);
  std::replace(uid.begin(), uid.end(), '_', '-');
  constexpr std::size_t kDashes[] = {8, 13, 18, 23};
  constexpr std::size_t kUuidSize = 36;
  constexpr std::size_t kHashSize = 32;  // of a static pod
  if (uid.size() == kHashSize && std::all_of(uid.begin(), uid.end(), IsHex)) return uid;
  if (uid.size() != kUuidSize) return "";
  for (std::size_t i = 0; i < uid.size(); ++i) {
    const bool dash = std::find(std::begin(kDashes), std::end(kDashes), i) != std::end(kDashes);
    if (dash ? uid[i] != '-' : !IsHex(uid[i])) return "";
  }
  return uid;
}

/// "podUID", "kubepods-podUID.slice" or "kubepods-burstable-podUID.slice".
std::string PodUidOfComponent(std::string_view component) {
  DropSuffix(".slice", &component);
  if (const std::size_t behind = component.rfind("-pod"); behind != std::string_view::npos) {
    component.remove_prefix(behind + 1);
  }
  return DropPrefix("pod", &component) ? PodUid(component) : "";
}

/// "ID", "cri-containerd-ID.scope" and the like; with an empty id if it is none.
ContainerId ContainerOfComponent(std::string_view component) {
  constexpr std::pair<std::string_view, std::string_view> kPrefixes[] = {
      {"cri-containerd", "containerd"},
      {"crio", "cri-o"},
      {"docker", "docker"},
      {"libpod", "podman"}};
  DropSuffix(".scope", &component);
  for (const auto& [prefix, runtime] : kPrefixes) {
    std::string_view id = component;
    // Between the two stands : where the runtime's driver is cgroupfs and the kubelet's is systemd.
    if (!DropPrefix(prefix, &id) || id.empty() || (id[0] != '-' && id[0] != ':')) continue;
    id.remove_prefix(1);
    if (IsContainerId(id)) return {std::string(id), "", std::string(runtime)};
  }
  if (IsContainerId(component)) return {std::string(component), "", ""};
  return {};
}

ContainerId ContainerOfPath(std::string_view path) {
  ContainerId found;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    std::string_view component = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    std::string_view slice = component.substr(0, component.find(':'));
    if (std::string uid = PodUidOfComponent(slice); !uid.empty()) {
      found = {"", std::move(uid), ""};
      if (slice.size() < component.size()) component.remove_prefix(slice.size() + 1);
    }
    ContainerId container = ContainerOfComponent(component);
    if (container.id.empty()) continue;
    found.id = std::move(container.id);
    found.runtime = std::move(container.runtime);
  }
  return found;
}

}  // namespace

bool IsContainerId(std::string_view text) {
  return text.size() == kIdSize && std::all_of(text.begin(), text.end(), IsHex);
}

std::optional<ContainerId> ContainerOfCgroups(std::string_view cgroups) {
  std::optional<ContainerId> found;
  while (!cgroups.empty()) {
    const std::size_t end = cgroups.find('\n');
    std::string_view line = cgroups.substr(0, end);
    cgroups.remove_prefix(end == std::string_view::npos ? cgroups.size() : end + 1);
    // "hierarchy:controllers:path"; what is named may hold colons as well, the path does.
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    ContainerId container = ContainerOfPath(line.substr(second + 1));
    if (container.id.empty()) continue;
    // Hierarchies of v1 may differ; the one with the pod says most.
    if (!container.pod_uid.empty()) return container;
    if (!found) found = std::move(container);
  }
  return found;
}

}  // namespace mountguard::node

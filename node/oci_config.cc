#include "node/oci_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/json_reader.h"
#include "core/path.h"

namespace mountguard::node {
namespace {

constexpr std::array<std::string_view, 8> kPropagations = {
    "private", "rprivate", "shared", "rshared", "slave", "rslave", "unbindable", "runbindable"};

/// CRI-O's own record of what the kubelet asked for: JSON in an annotation.
constexpr std::string_view kCrioVolumes = "io.kubernetes.cri-o.Volumes";

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

core::Runtime RuntimeOf(core::JsonValue annotations) {
  for (const auto& [key, value] : annotations.Members()) {
    if (StartsWith(key, "io.kubernetes.cri-o.")) return core::Runtime::kCrio;
    if (StartsWith(key, "io.kubernetes.cri.")) return core::Runtime::kContainerd;
  }
  return core::Runtime::kCriDockerd;
}

/// Takes what CRI-O wrote of the kubelet's wishes. Numbers are those of runtime.v1.
void TakeAsked(std::string text, std::vector<RecordedMount>* mounts) {
  core::JsonParser parser;
  const auto volumes = parser.Parse(text);
  if (!volumes) return;
  for (const core::JsonValue volume : volumes->Elements()) {
    const auto number = volume.Get("propagation").AsInt64();
    const std::int64_t asked = number.value_or(0);
    if (asked < 0 || asked > 2) continue;
    const std::string path = core::CleanPath(volume.Get("container_path").AsString());
    for (RecordedMount& mount : *mounts) {
      if (core::CleanPath(mount.destination) != path) continue;
      mount.asked = static_cast<core::CriPropagation>(asked);
    }
  }
}

}  // namespace

std::string_view RecordedMount::Propagation() const {
  for (auto option = options.rbegin(); option != options.rend(); ++option) {
    if (std::find(kPropagations.begin(), kPropagations.end(), *option) != kPropagations.end()) {
      return *option;
    }
  }
  return "";
}

bool RecordedMount::Has(std::string_view option) const {
  return std::find(options.begin(), options.end(), option) != options.end();
}

const RecordedMount* RecordedContainer::At(std::string_view path) const {
  const std::string wanted = core::CleanPath(path);
  const RecordedMount* found = nullptr;
  for (const RecordedMount& mount : mounts) {
    if (core::CleanPath(mount.destination) == wanted) found = &mount;
  }
  return found;
}

core::Result<RecordedContainer> ReadOciConfig(const core::FileReader& files,
                                              const std::string& file) {
  auto text = files.Read(file);
  if (!text) return core::Unexpected(text.error());
  core::JsonParser parser;
  const auto config = parser.Parse(*text);
  if (!config) return core::Failure(fmt::format("{}: {}", file, config.error().message));
  const core::JsonValue list = config->Get("mounts");
  if (!list.IsArray()) {
    return core::Failure(fmt::format(
        "{}: expected the OCI configuration of a container, found no list of mounts", file));
  }
  RecordedContainer container;
  container.file = file;
  container.runtime = RuntimeOf(config->Get("annotations"));
  container.rootfs_propagation = config->Get("linux").Get("rootfsPropagation").AsString();
  for (const core::JsonValue one : list.Elements()) {
    RecordedMount& mount = container.mounts.emplace_back();
    mount.destination = one.Get("destination").AsString();
    mount.type = one.Get("type").AsString();
    mount.source = one.Get("source").AsString();
    for (const core::JsonValue option : one.Get("options").Elements()) {
      mount.options.emplace_back(option.AsString());
    }
  }
  TakeAsked(std::string(config->Get("annotations").Get(kCrioVolumes).AsString()),
            &container.mounts);
  return container;
}

}  // namespace mountguard::node

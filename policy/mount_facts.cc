#include "policy/mount_facts.h"

#include <algorithm>
#include <initializer_list>

#include "core/cri.h"
#include "core/path.h"

namespace mountguard::policy {
namespace {

using core::JsonValue;

/// The API server's default for a pod without one (ServiceAccount admission).
constexpr std::string_view kDefaultServiceAccount = "default";

bool IsOneOf(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// True for /proc/PID/root, cwd and fd/N and what lies below, and for those of its threads: links
/// to wherever that process looks. `path` is clean.
bool LeadsThroughProcess(std::string_view path) {
  constexpr std::string_view kProc = "/proc/";
  if (path.substr(0, kProc.size()) != kProc) return false;
  path.remove_prefix(std::min(path.find('/', kProc.size()), path.size()));  // any process
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = std::min(path.find('/'), path.size());
    if (IsOneOf(path.substr(0, end), {"root", "cwd", "fd"})) return true;
    path.remove_prefix(end);
  }
  return false;
}

std::optional<std::size_t> ModeWord(const core::VolumeMount& mount) {
  if (!mount.mount_propagation) return kUnsetMode;
  const auto mode = core::MountPropagationModeFromText(*mount.mount_propagation);
  if (!mode) return std::nullopt;
  return static_cast<std::size_t>(*mode);
}

std::size_t TypeWord(const core::ContainerView& container) {
  const auto word = [&] {
    switch (container.type) {
      case core::ContainerType::kContainer:
        return ContainerWord::kContainer;
      case core::ContainerType::kInitContainer:
        return container.sidecar ? ContainerWord::kSidecar : ContainerWord::kInitContainer;
      case core::ContainerType::kEphemeralContainer:
        return ContainerWord::kEphemeralContainer;
    }
    return ContainerWord::kContainer;
  };
  return static_cast<std::size_t>(word());
}

std::optional<std::size_t> WordIn(BlockField field, std::string_view text) {
  const std::vector<std::string_view>& words = WordsOf(field);
  const auto found = std::find(words.begin(), words.end(), text);
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

TextFact KnownOr(const std::optional<std::string_view>& value, UnknownFact fact) {
  if (value) return {value, std::nullopt};
  return {std::nullopt, fact};
}

}  // namespace

MountFacts::MountFacts(const Subject& subject) : subject_(subject) {
  placeholders_.namespace_name = request().namespace_name;
  if (!placeholders_.namespace_name && !subject.object().namespace_name.empty()) {
    placeholders_.namespace_name = subject.object().namespace_name;
  }
  // Of a manifest with generateName alone the name is not known; a request knows that it has none.
  name_ = request().name;
  if (!subject.object().name.empty()) name_ = subject.object().name;
  placeholders_.service_account = kDefaultServiceAccount;
}

void MountFacts::Select(const JudgedTemplate* pod_template, const core::ContainerView* container,
                        const core::VolumeMount* mount) {
  if (container != container_) image_.reset();
  template_ = pod_template;
  container_ = container;
  mount_ = mount;
  placeholders_.service_account = kDefaultServiceAccount;
  if (pod() != nullptr && !pod()->service_account_name().empty()) {
    placeholders_.service_account = pod()->service_account_name();
  }
  if (mount_ != nullptr) ReadMount();
}

void MountFacts::ReadMount() {
  mode_ = ModeWord(*mount_);
  mount_path_ = core::CleanPath(mount_->mount_path, &mount_path_storage_);
  volume_ = pod()->FindVolume(mount_->name);
  host_path_ = {};
  if (volume_ == nullptr || volume_->host_path.empty()) return;
  std::string_view path = volume_->host_path;
  if (!mount_->sub_path.empty()) {
    joined_.assign(path).append("/").append(mount_->sub_path);
    path = joined_;
  }
  host_path_.path = core::CleanPath(path, &host_path_storage_);
  host_path_.open_end = !mount_->sub_path_expr.empty();
  host_path_.anywhere = LeadsThroughProcess(host_path_.path);
}

const ImageName& MountFacts::image() const {
  if (!image_) image_ = ParseImageName(container_->image);
  return *image_;
}

std::string_view MountFacts::csi_driver() const {
  if (volume_ == nullptr || volume_->type != core::VolumeType::kCsi) return {};
  return volume_->source.Get("driver").AsString();
}

bool MountFacts::Has(Scope scope) const {
  switch (scope) {
    case Scope::kRequest:
      return true;
    case Scope::kPod:
      return template_ != nullptr;
    case Scope::kContainer:
      return container_ != nullptr;
    case Scope::kMount:
      return mount_ != nullptr;
  }
  return false;
}

TextFact TextOf(BlockField field, const MountFacts& facts) {
  switch (field) {
    case BlockField::kUsers:
      return KnownOr(facts.request().user, UnknownFact::kUser);
    case BlockField::kNamespaces:
      return KnownOr(facts.namespace_name(), UnknownFact::kNamespace);
    case BlockField::kNames:
      return KnownOr(facts.name(), UnknownFact::kName);
    case BlockField::kServiceAccounts:
      return {facts.service_account(), std::nullopt};
    case BlockField::kRuntimeClasses:
      return {facts.pod()->runtime_class_name(), std::nullopt};
    case BlockField::kPriorityClasses:
      return {facts.pod()->priority_class_name(), std::nullopt};
    case BlockField::kContainers:
      return {facts.container()->name, std::nullopt};
    case BlockField::kVolumes:
      return {facts.mount()->name, std::nullopt};
    case BlockField::kCsiDrivers:
      if (facts.csi_driver().empty()) return {};
      return {facts.csi_driver(), std::nullopt};
    default:
      return {};
  }
}

Truth BoolOf(BlockField field, const MountFacts& facts) {
  switch (field) {
    case BlockField::kDryRun:
      return facts.request().dry_run ? Truth(*facts.request().dry_run)
                                     : Truth::Unknown(UnknownFact::kDryRun);
    case BlockField::kHostPid:
      return facts.pod()->host_pid();
    case BlockField::kHostNetwork:
      return facts.pod()->host_network();
    case BlockField::kHostUsers:
      return facts.pod()->host_users();
    case BlockField::kPrivileged:
      return facts.container()->privileged;
    case BlockField::kReadOnly:
      return facts.mount()->read_only;
    case BlockField::kSubPath:
      return facts.mount()->has_sub_path();
    default:
      return false;
  }
}

std::optional<std::size_t> WordOf(BlockField field, const MountFacts& facts) {
  switch (field) {
    case BlockField::kOperations:
      return WordIn(field, facts.request().operation);
    case BlockField::kOs:
      return WordIn(field, facts.pod()->windows() ? "windows" : "linux");
    case BlockField::kContainerTypes:
      return TypeWord(*facts.container());
    case BlockField::kMountPropagation:
      return facts.mode();
    case BlockField::kRecursiveReadOnly:
      return WordIn(field, facts.mount()->recursive_read_only.value_or("Disabled"));
    case BlockField::kVolumeTypes:
      if (facts.volume() == nullptr) return std::nullopt;
      return static_cast<std::size_t>(facts.volume()->type);
    default:
      return std::nullopt;
  }
}

std::string CapabilityName(std::string_view added) {
  constexpr std::string_view kPrefix = "CAP_";
  std::string name(added);
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  if (name.rfind(kPrefix, 0) == 0) name.erase(0, kPrefix.size());
  return name;
}

JsonValue LabelsOf(BlockField field, const MountFacts& facts) {
  return facts.pod_template()->source.metadata.Get(field == BlockField::kLabels ? "labels"
                                                                                : "annotations");
}

}  // namespace mountguard::policy

#ifndef MOUNTGUARD_POLICY_MOUNT_FACTS_H_
#define MOUNTGUARD_POLICY_MOUNT_FACTS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/pod_spec.h"
#include "policy/block.h"
#include "policy/glob.h"
#include "policy/image_name.h"
#include "policy/subject.h"
#include "policy/truth.h"

namespace mountguard::policy {

/// Where on the host a mount begins, as far as the object tells.
struct HostPath {
  std::string_view path;  // clean; "" where the volume is no hostPath
  bool open_end = false;  // anything below `path`, too: subPathExpr is filled on the node
  bool anywhere = false;  // leads through another process' view of the file system
};

/// One mount as blocks see it: the facts of its object, pod, container and volume, in the form in
/// which they are compared. Point it at a mount with Select; the rest is derived when asked for.
///
/// Borrows the subject. Not thread-safe.
class MountFacts {
 public:
  explicit MountFacts(const Subject& subject);

  /// Every argument may be null from the right: no mount, no container, no template.
  void Select(const JudgedTemplate* pod_template, const core::ContainerView* container,
              const core::VolumeMount* mount);

  const Subject& subject() const { return subject_; }
  const RequestFacts& request() const { return subject_.request(); }
  const JudgedTemplate* pod_template() const { return template_; }
  const core::PodSpecView* pod() const { return template_ == nullptr ? nullptr : &template_->pod; }
  const core::ContainerView* container() const { return container_; }
  const core::VolumeMount* mount() const { return mount_; }
  /// The mount's volume; null if the pod has none of that name.
  const core::Volume* volume() const { return volume_; }

  /// Nothing: unknown.
  const std::optional<std::string_view>& namespace_name() const {
    return placeholders_.namespace_name;
  }
  const std::optional<std::string_view>& name() const { return name_; }
  std::string_view service_account() const { return *placeholders_.service_account; }
  const PlaceholderValues& placeholders() const { return placeholders_; }
  const ImageName& image() const;
  const HostPath& host_path() const { return host_path_; }
  std::string_view mount_path() const { return mount_path_; }
  /// The driver of an inline CSI volume, else "".
  std::string_view csi_driver() const;
  /// The word of mountPropagation; nothing where the text is no mode.
  std::optional<std::size_t> mode() const { return mode_; }

  bool Has(Scope scope) const;

 private:
  void ReadMount();

  const Subject& subject_;
  const JudgedTemplate* template_ = nullptr;
  const core::ContainerView* container_ = nullptr;
  const core::VolumeMount* mount_ = nullptr;
  const core::Volume* volume_ = nullptr;
  PlaceholderValues placeholders_;
  std::optional<std::string_view> name_;
  HostPath host_path_;
  std::string_view mount_path_;
  std::optional<std::size_t> mode_;
  std::string joined_, host_path_storage_, mount_path_storage_;
  mutable std::optional<ImageName> image_;  // made when first asked for
};

/// The value of a field of type kPatterns (but for groups, which are many).
struct TextFact {
  std::optional<std::string_view> value;  // nothing: not known, or absent
  std::optional<UnknownFact> unknown;
};
TextFact TextOf(BlockField field, const MountFacts& facts);

/// The value of a field of type kWords as the word's place; nothing where it is none of the words,
/// or the volume is missing.
std::optional<std::size_t> WordOf(BlockField field, const MountFacts& facts);

/// What an added capability is called in policies: runtimes take names in any case, with and
/// without the prefix.
std::string CapabilityName(std::string_view added);
/// The name that stands for every capability.
inline constexpr std::string_view kAllCapabilities = "ALL";

/// The value of a field of type kBool.
Truth BoolOf(BlockField field, const MountFacts& facts);

/// The labels or annotations that a field of type kSelector is about.
core::JsonValue LabelsOf(BlockField field, const MountFacts& facts);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_MOUNT_FACTS_H_

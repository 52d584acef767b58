#include "policy/kubernetes/volume_source.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include "core/names.h"
#include "core/utf8.h"
#include "policy/kubernetes/claim_template.h"
#include "policy/kubernetes/field_check.h"
#include "policy/kubernetes/local_path.h"
#include "policy/kubernetes/quantity.h"
#include "policy/kubernetes/volume_files.h"

namespace mountguard::policy {
namespace {

using core::JsonValue;
using core::VolumeType;

constexpr std::size_t kNone = std::string_view::npos;

constexpr bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

bool IsPartition(JsonValue partition) { return IsWithin(partition, 0, 255); }
bool IsLun(JsonValue lun) { return IsWithin(lun, 0, 255); }

// Each validator takes the source after CheckDecodes and says what must hold beside the texts that
// the table below requires. Each is named after its source's field; upstream it is
// core/validation validate<Type>VolumeSource, v1.36.

bool GcePersistentDisk(JsonValue disk) { return IsPartition(disk.Get("partition")); }

bool AwsElasticBlockStore(JsonValue disk) { return IsPartition(disk.Get("partition")); }

bool AzureDisk(JsonValue disk) {
  const JsonValue caching = disk.Get("cachingMode");  // ReadWrite by default
  if (IsSet(caching) && !IsOneOf(caching.AsString(), {"None", "ReadOnly", "ReadWrite"})) {
    return false;
  }
  const std::string_view uri = disk.Get("diskURI").AsString();
  const std::string_view kind = disk.Get("kind").AsOptionalString().value_or("Shared");
  if (kind == "Managed") return StartsWith(uri, "/subscriptions/");
  return IsOneOf(kind, {"Shared", "Dedicated"}) && StartsWith(uri, "https://");
}

bool CephFs(JsonValue ceph) { return ceph.Get("monitors").Size() > 0; }

bool Rbd(JsonValue rbd) { return rbd.Get("monitors").Size() > 0; }

/// A reference to a secret, where there is one, names it.
bool NamesSecret(JsonValue secret_ref) {
  return !IsSet(secret_ref) || HasText(secret_ref.Get("name"));
}

bool Cinder(JsonValue cinder) { return NamesSecret(cinder.Get("secretRef")); }

bool IsCsiDriverName(std::string_view driver) {
  constexpr std::size_t kLongest = 63;
  return driver.size() <= kLongest &&
         (core::IsDns1123Subdomain(driver) || core::IsDns1123Subdomain(core::GoToLower(driver)));
}

bool Csi(JsonValue csi) {
  const JsonValue secret_ref = csi.Get("nodePublishSecretRef");
  return IsCsiDriverName(csi.Get("driver").AsString()) &&
         (!IsSet(secret_ref) || core::IsDns1123Subdomain(secret_ref.Get("name").AsString()));
}

bool EmptyDir(JsonValue empty_dir) { return SignOf(empty_dir.Get("sizeLimit")) >= 0; }

bool Ephemeral(JsonValue ephemeral) {
  const JsonValue claim_template = ephemeral.Get("volumeClaimTemplate");
  return IsSet(claim_template) && IsValidClaimTemplate(claim_template);
}

bool Fc(JsonValue fc) {
  const bool by_target = fc.Get("targetWWNs").Size() > 0;
  const bool by_id = fc.Get("wwids").Size() > 0;
  const JsonValue lun = fc.Get("lun");
  return by_target != by_id && (by_id || (IsSet(lun) && IsLun(lun)));
}

bool FlexVolume(JsonValue flex) {
  for (const auto& [option, value] : flex.Get("options").Members()) {
    const std::string domain = "." + core::GoToLower(option.substr(0, option.find('/')));
    if (domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io")) return false;
  }
  return true;
}

bool Flocker(JsonValue flocker) {
  const std::string_view name = flocker.Get("datasetName").AsString();
  return HasText(flocker.Get("datasetUUID")) == name.empty() && name.find('/') == kNone;
}

bool GitRepo(JsonValue repo) { return IsLocalDescending(repo.Get("directory").AsString()); }

bool HostPath(JsonValue host_path) {
  return !HasBackstep(host_path.Get("path").AsString()) &&
         IsOneOf(host_path.Get("type").AsString(),
                 {"", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket",
                  "CharDevice", "BlockDevice"});
}

bool Image(JsonValue image) {
  // Unset is Always or IfNotPresent by defaulting.
  return IsOneOf(image.Get("pullPolicy").AsString(), {"", "Always", "IfNotPresent", "Never"});
}

/// `text` begins with what `shape` says: 0 stands for a digit, anything else for itself.
bool HasShape(std::string_view text, std::string_view shape) {
  return text.size() >= shape.size() &&
         std::equal(shape.begin(), shape.end(), text.begin(), [](char wanted, char c) {
           return wanted == '0' ? c >= '0' && c <= '9' : c == wanted;
         });
}

/// Somewhere a dated domain, and from the colon behind it to the end what a target may be called.
/// Source: core/validation iscsiInitiatorIqnRegex, which is not anchored at the front.
bool HoldsIqn(std::string_view text) {
  constexpr std::string_view kShape = "iqn.0000-00.";
  for (std::size_t at = text.find("iqn."); at != kNone; at = text.find("iqn.", at + 1)) {
    if (!HasShape(text.substr(at), kShape)) continue;
    const std::string_view rest = text.substr(at + kShape.size());
    const std::size_t colon = rest.find(':');
    if (colon == 0 || colon == kNone || colon + 1 == rest.size()) continue;
    const std::string_view domain = rest.substr(0, colon);
    const bool plain = std::all_of(domain.begin(), domain.end(),
                                   [](char c) { return IsAlnum(c) || c == '-' || c == '.'; });
    if (plain && rest.find_first_of(",;*&$| \t\n\f\r", colon) == kNone) return true;
  }
  return false;
}

/// A prefix of three letters, any one character, then exactly `length` letters and digits.
/// Source: core/validation iscsiInitiatorEuiRegex and iscsiInitiatorNaaRegex.
bool IsNumberedName(std::string_view text, std::size_t length) {
  constexpr std::size_t kPrefix = 3;
  if (text.size() <= kPrefix || text[kPrefix] == '\n') return false;
  text.remove_prefix(kPrefix);
  text.remove_prefix(core::DecodeRune(text).length);
  return text.size() == length && std::all_of(text.begin(), text.end(), IsAlnum);
}

bool IsIscsiName(std::string_view name) {
  if (StartsWith(name, "iqn")) return HoldsIqn(name);
  if (StartsWith(name, "eui")) return IsNumberedName(name, 16);
  return StartsWith(name, "naa") && IsNumberedName(name, 32);
}

bool Iscsi(JsonValue iscsi) {
  const bool authenticates =
      iscsi.Get("chapAuthDiscovery").IsTrue() || iscsi.Get("chapAuthSession").IsTrue();
  const JsonValue initiator = iscsi.Get("initiatorName");
  return IsIscsiName(iscsi.Get("iqn").AsString()) && IsLun(iscsi.Get("lun")) &&
         (!authenticates || IsSet(iscsi.Get("secretRef"))) &&
         (!IsSet(initiator) || IsIscsiName(initiator.AsString()));
}

bool Nfs(JsonValue nfs) { return IsAbsolute(nfs.Get("path").AsString()); }

/// Source: Go's net.SplitHostPort.
bool IsHostPort(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == kNone) return false;
  if (text.front() != '[') {
    return text.find(':') == colon && text.find_first_of("[]") == kNone;
  }
  return text.find(']') + 1 == colon && text.find('[', 1) == kNone &&
         text.find(']', colon) == kNone;
}

bool Quobyte(JsonValue quobyte) {
  constexpr std::size_t kLongestTenant = 64;
  if (quobyte.Get("tenant").AsString().size() > kLongestTenant) return false;
  std::string_view rest = quobyte.Get("registry").AsString();
  for (std::size_t comma = rest.find(','); comma != kNone; comma = rest.find(',')) {
    if (!IsHostPort(rest.substr(0, comma))) return false;
    rest.remove_prefix(comma + 1);
  }
  return IsHostPort(rest);
}

bool StorageOs(JsonValue storage_os) {
  const std::string_view volume_namespace = storage_os.Get("volumeNamespace").AsString();
  return core::IsDns1123Label(storage_os.Get("volumeName").AsString()) &&
         (volume_namespace.empty() || core::IsDns1123Label(volume_namespace)) &&
         NamesSecret(storage_os.Get("secretRef"));
}

/// What makes a source valid: texts that must not be empty, and a validator for all else.
struct SourceRule {
  VolumeType type;
  std::array<std::string_view, 3> required;
  bool (*holds)(JsonValue source) = nullptr;
};

constexpr std::array kSourceRules = {
    SourceRule{VolumeType::kAwsElasticBlockStore, {"volumeID"}, AwsElasticBlockStore},
    SourceRule{VolumeType::kAzureDisk, {"diskName", "diskURI"}, AzureDisk},
    SourceRule{VolumeType::kAzureFile, {"secretName", "shareName"}},
    SourceRule{VolumeType::kCephfs, {}, CephFs},
    SourceRule{VolumeType::kCinder, {"volumeID"}, Cinder},
    SourceRule{VolumeType::kConfigMap, {}, IsValidConfigMap},
    SourceRule{VolumeType::kCsi, {}, Csi},
    SourceRule{VolumeType::kDownwardApi, {}, IsValidDownwardApi},
    SourceRule{VolumeType::kEmptyDir, {}, EmptyDir},
    SourceRule{VolumeType::kEphemeral, {}, Ephemeral},
    SourceRule{VolumeType::kFc, {}, Fc},
    SourceRule{VolumeType::kFlexVolume, {"driver"}, FlexVolume},
    SourceRule{VolumeType::kFlocker, {}, Flocker},
    SourceRule{VolumeType::kGcePersistentDisk, {"pdName"}, GcePersistentDisk},
    SourceRule{VolumeType::kGitRepo, {"repository"}, GitRepo},
    SourceRule{VolumeType::kGlusterfs, {"endpoints", "path"}},
    SourceRule{VolumeType::kHostPath, {"path"}, HostPath},
    SourceRule{VolumeType::kImage, {}, Image},
    SourceRule{VolumeType::kIscsi, {"targetPortal"}, Iscsi},
    SourceRule{VolumeType::kNfs, {"server"}, Nfs},
    SourceRule{VolumeType::kPersistentVolumeClaim, {"claimName"}},
    SourceRule{VolumeType::kPhotonPersistentDisk, {"pdID"}},
    SourceRule{VolumeType::kPortworxVolume, {"volumeID"}},
    SourceRule{VolumeType::kProjected, {}, IsValidProjected},
    SourceRule{VolumeType::kQuobyte, {"volume"}, Quobyte},
    SourceRule{VolumeType::kRbd, {"image"}, Rbd},
    SourceRule{VolumeType::kScaleIo, {"gateway", "system", "volumeName"}},
    SourceRule{VolumeType::kSecret, {}, IsValidSecret},
    SourceRule{VolumeType::kStorageOs, {}, StorageOs},
    SourceRule{VolumeType::kVsphereVolume, {"volumePath"}},
};

constexpr bool AreInOrder() {
  for (std::size_t i = 0; i < kSourceRules.size(); ++i) {
    if (kSourceRules[i].type != static_cast<VolumeType>(i)) return false;
  }
  return kSourceRules.size() == static_cast<std::size_t>(VolumeType::kVsphereVolume) + 1;
}
static_assert(AreInOrder(), "a source's rule is found by its type");

bool SatisfiesRule(const SourceRule& rule, JsonValue source) {
  for (std::string_view field : rule.required) {
    if (!field.empty() && !HasText(source.Get(field))) return false;
  }
  return rule.holds == nullptr || rule.holds(source);
}

/// The pod's name as validation sees it: a generated one has its random letters by then.
/// Source: apiserver pkg/storage/names, v0.36.
std::string PodName(JsonValue metadata) {
  constexpr std::size_t kLongestBase = 58;
  constexpr std::string_view kAnyLetters = "xxxxx";
  const std::string_view name = metadata.Get("name").AsString();
  const std::string_view base = metadata.Get("generateName").AsString();
  if (!name.empty() || base.empty()) return std::string(name);
  return std::string(base.substr(0, kLongestBase)).append(kAnyLetters);
}

/// The claim that will be made for an ephemeral volume is called <pod>-<volume>.
bool NamesValidClaim(const VolumeOwner& owner, std::string_view volume_name) {
  const std::string pod_name = owner.is_pod ? PodName(owner.metadata) : std::string();
  return pod_name.empty() || core::IsDns1123Subdomain(pod_name + "-" + std::string(volume_name));
}

/// An initiator's session is called <volume>:<portal>.
bool NamesShortSession(std::string_view volume_name, JsonValue iscsi) {
  constexpr std::size_t kLongest = 64;
  return !IsSet(iscsi.Get("initiatorName")) ||
         volume_name.size() + 1 + iscsi.Get("targetPortal").AsString().size() <= kLongest;
}

/// What hangs on the volume's name or on its pod. Source: validateVolumeSource.
bool FitsOwner(const core::Volume& volume, const VolumeOwner& owner) {
  switch (volume.type) {
    case VolumeType::kEphemeral:
      return NamesValidClaim(owner, volume.name);
    case VolumeType::kImage:
      return !owner.is_pod || HasText(volume.source.Get("reference"));
    case VolumeType::kIscsi:
      return NamesShortSession(volume.name, volume.source);
    default:
      return true;
  }
}

bool HasSeveralSources(const core::Volume& volume) {
  constexpr std::size_t kNameAndSource = 2;
  if (volume.json.Size() <= kNameAndSource) return false;
  for (const auto& [field, value] : volume.json.Members()) {
    if (field == "name" || !IsSet(value)) continue;
    const auto type = core::VolumeTypeFromField(field);
    if (type && *type != volume.type) return true;
  }
  return false;
}

}  // namespace

bool IsValid(const core::Volume& volume, const VolumeOwner& owner) {
  if (!core::IsDns1123Label(volume.name)) return false;
  // Made by defaulting, or by the StatefulSet controller of a claim template.
  if (!volume.source.exists()) return true;
  return !HasSeveralSources(volume) &&
         SatisfiesRule(kSourceRules[static_cast<std::size_t>(volume.type)], volume.source) &&
         FitsOwner(volume, owner);
}

}  // namespace mountguard::policy

#ifndef MOUNTGUARD_POLICY_BLOCK_H_
#define MOUNTGUARD_POLICY_BLOCK_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "core/source_pos.h"
#include "policy/glob.h"

namespace mountguard::policy {

/// The fields of a match block, in the order of what they are about: request, object, pod,
/// container, mount, volume. The one list that loader, matcher and documentation go by.
enum class BlockField : std::uint8_t {
  kOperations,
  kUsers,
  kGroups,
  kNamespaces,
  kDryRun,
  kKinds,
  kNames,
  kLabels,
  kAnnotations,
  kOs,
  kServiceAccounts,
  kRuntimeClasses,
  kPriorityClasses,
  kHostPid,
  kHostNetwork,
  kHostUsers,
  kContainers,
  kContainerTypes,
  kImages,
  kPrivileged,
  kCapabilities,
  kMountPropagation,
  kReadOnly,
  kRecursiveReadOnly,
  kSubPath,
  kMountPath,
  kVolumeTypes,
  kVolumes,
  kHostPath,
  kCsiDrivers,
};

/// How a field's value is written, and compared.
enum class ValueType : std::uint8_t {
  kWords,  // a list of words out of a fixed set
  kBool,
  kPatterns,      // a list of globs
  kImages,        // a list of globs over image names in full form
  kKinds,         // a list of Kind or Kind.group
  kCapabilities,  // a list of capability names
  kSelector,      // a Kubernetes label selector
  kPath,          // {is: [...], under: [...], covers: [...]}
};

/// What a field is about, from the outside in. A block holds for one mount; what is asked of a
/// mount that a finding does not have (it may be about a whole object) does not hold.
enum class Scope : std::uint8_t { kRequest, kPod, kContainer, kMount };

/// Whose choice a field's value is: what an exception may rest on goes by it.
enum class Choice : std::uint8_t {
  kWhat,    // says what is mounted and by what, not by whom
  kAuthor,  // a name or mark that whoever writes the pod gives it at will
  kOthers,  // who asks, where, and whose program it is: not the pod's author alone decides
};

struct BlockFieldInfo {
  std::string_view name;
  BlockField field;
  ValueType type;
  Scope scope;
  std::string_view description;  // one line, without a full stop
  Choice choice = Choice::kWhat;
};

const BlockFieldInfo& InfoOf(BlockField field);
/// Null if no field has that name.
const BlockFieldInfo* FindBlockField(std::string_view name);
/// All names, in the order of BlockField.
const std::vector<std::string_view>& BlockFieldNames();

/// The words that a field of type kWords takes; a word's place is its bit in a WordSet. Those of
/// volumeTypes are those of core::VolumeType.
const std::vector<std::string_view>& WordsOf(BlockField field);

struct WordSet {
  std::uint32_t bits = 0;

  void Add(std::size_t word) { bits |= std::uint32_t{1} << word; }
  bool Has(std::size_t word) const { return (bits >> word & 1U) != 0; }
};

/// Places of the words of mountPropagation: those of core::MountPropagationMode, then this.
inline constexpr std::size_t kUnsetMode = 3;
/// Places of the words of containerTypes.
enum class ContainerWord : std::uint8_t {
  kContainer,
  kInitContainer,
  kSidecar,
  kEphemeralContainer
};

/// A pattern of image names; an empty part matches any.
struct ImagePattern {
  std::string repository, tag, digest;
  friend bool operator<(const ImagePattern& a, const ImagePattern& b) {
    return std::tie(a.repository, a.tag, a.digest) < std::tie(b.repository, b.tag, b.digest);
  }
};

/// As Patterns, for images.
struct ImagePatterns {
  std::vector<ImagePattern> plain, negated;
};

/// `DaemonSet` (any group), `DaemonSet.apps`, `Pod.core`.
struct KindPattern {
  std::string kind;
  std::optional<std::string> group;  // "" is the core group
  friend bool operator<(const KindPattern& a, const KindPattern& b) {
    return std::tie(a.kind, a.group) < std::tie(b.kind, b.group);
  }
};

/// metav1.LabelSelector; every requirement must hold.
struct LabelSelector {
  enum class Operator : std::uint8_t { kIn, kNotIn, kExists, kDoesNotExist };
  struct Requirement {
    std::string key;
    Operator op = Operator::kExists;
    std::vector<std::string> values;  // sorted
    friend bool operator<(const Requirement& a, const Requirement& b) {
      return std::tie(a.key, a.op, a.values) < std::tie(b.key, b.op, b.values);
    }
  };
  std::vector<Requirement> requirements;
};

/// Every relation that is given must hold, for any of its paths. Paths are clean (core/path.h).
struct PathCondition {
  std::vector<std::string> is, under, covers;
};

/// One field of a block with its value.
struct Condition {
  BlockField field;
  std::variant<WordSet, bool, Patterns, ImagePatterns, std::vector<KindPattern>,
               std::vector<std::string>, LabelSelector, PathCondition>
      value;
  core::SourcePos position = {};  // of the field's name
};

/// Conditions that must all hold, ordered by field.
struct Block {
  std::vector<Condition> conditions;
  core::SourcePos position;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_BLOCK_H_

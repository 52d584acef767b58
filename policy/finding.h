#ifndef MOUNTGUARD_POLICY_FINDING_H_
#define MOUNTGUARD_POLICY_FINDING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mountguard::policy {

/// Who speaks: Kubernetes' own validation, a policy author's rule, built-in advice, or the reader
/// of the input.
enum class Origin : std::uint8_t { kKubernetes, kPolicy, kAdvice, kInput };
std::string_view ToString(Origin origin);

/// What follows from a finding, weakest first. Off is a setting, never an action of a finding.
enum class Action : std::uint8_t { kOff, kAudit, kWarn, kDeny };
std::string_view ToString(Action action);
/// "Deny", "Warn", "Audit", "Off"; nothing for any other text.
std::optional<Action> ActionFromText(std::string_view text);

/// ValidatingAdmissionPolicy's validationActions: a set of Audit, Warn, Deny.
class ActionSet {
 public:
  constexpr ActionSet() = default;
  constexpr ActionSet(Action action) { Add(action); }  // NOLINT: implicit on purpose
  constexpr void Add(Action action) {
    if (action != Action::kOff) bits_ |= Bit(action);
  }
  constexpr bool Has(Action action) const { return (bits_ & Bit(action)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  /// Off if the set is empty.
  Action Strongest() const;
  /// No action stronger than `cap`: stronger ones become it.
  ActionSet CappedAt(Action cap) const;
  /// Strongest first.
  std::vector<Action> ToList() const;
  friend constexpr bool operator==(ActionSet a, ActionSet b) { return a.bits_ == b.bits_; }

 private:
  static constexpr std::uint8_t Bit(Action action) {
    return static_cast<std::uint8_t>(1U << static_cast<unsigned>(action));
  }
  std::uint8_t bits_ = 0;
};

/// metav1.CauseType of a finding, in Kubernetes' words.
enum class CauseType : std::uint8_t { kRequired, kNotFound, kInvalid, kNotSupported, kForbidden };
/// "FieldValueRequired", "FieldValueNotFound", ...
std::string_view ToString(CauseType type);

/// One thing that a rule has to say of one mount, device or container.
struct Finding {
  /// Index into no list: the finding is not about one.
  static constexpr int kNone = -1;

  std::string_view rule;  // id; lives as long as the engine that made the finding
  Origin origin = Origin::kKubernetes;
  ActionSet actions;
  CauseType cause = CauseType::kForbidden;
  int template_index = 0;      // into Subject::templates
  int container = kNone;       // into the template's PodSpecView::containers()
  int mount = kNone;           // into the container's mounts
  int device = kNone;          // into the container's devices
  std::string field;           // "spec.containers[0].volumeMounts[1].mountPropagation"
  std::string error;           // Kubernetes' rules only: what the API server says, to the letter
  std::string detail;          // of `error`, what follows the path: "Forbidden: ..."
  std::string message;         // our sentence: container, volume, path, remedy
  std::string_view exception;  // the exception that spares it, or ""
  /// Facts on which the verdict hangs and which are not known here (CI): "namespace", "user", ...
  std::vector<std::string_view> undetermined;

  bool excepted() const { return !exception.empty(); }
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_FINDING_H_

#ifndef MOUNTGUARD_POLICY_TRUTH_H_
#define MOUNTGUARD_POLICY_TRUTH_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace mountguard::policy {

/// What may be unknown of an object in a file, as bits of a set.
enum class UnknownFact : std::uint8_t {
  kUser = 1,
  kGroups = 2,
  kNamespace = 4,
  kName = 8,
  kDryRun = 16,
};

/// The names of a set of unknown facts: "namespace", "user", ...
inline std::vector<std::string_view> NamesOf(std::uint8_t unknown_facts) {
  constexpr std::array<std::pair<UnknownFact, std::string_view>, 5> kNames = {{
      {UnknownFact::kUser, "user"},
      {UnknownFact::kGroups, "groups"},
      {UnknownFact::kNamespace, "namespace"},
      {UnknownFact::kName, "name"},
      {UnknownFact::kDryRun, "dryRun"},
  }};
  std::vector<std::string_view> names;
  for (const auto& [fact, name] : kNames) {
    if ((unknown_facts & static_cast<std::uint8_t>(fact)) != 0) names.push_back(name);
  }
  return names;
}

/// Yes, no, or unknown with the facts that it hangs on (Kleene's strong three-valued logic).
class Truth {
 public:
  static constexpr Truth Unknown(UnknownFact fact) {
    return Truth(kUnknown, static_cast<std::uint8_t>(fact));
  }
  constexpr Truth(bool value) : Truth(value ? kTrue : kFalse, 0) {}  // NOLINT: implicit on purpose

  constexpr bool IsTrue() const { return value_ == kTrue; }
  constexpr bool IsFalse() const { return value_ == kFalse; }
  constexpr std::uint8_t unknown_facts() const { return facts_; }

  friend constexpr Truth Not(Truth a) {
    return a.value_ == kUnknown ? a : Truth(a.value_ == kFalse);
  }
  friend constexpr Truth And(Truth a, Truth b) {
    if (a.IsFalse() || b.IsFalse()) return false;
    if (a.IsTrue() && b.IsTrue()) return true;
    return Truth(kUnknown, static_cast<std::uint8_t>(a.facts_ | b.facts_));
  }
  friend constexpr Truth Or(Truth a, Truth b) { return Not(And(Not(a), Not(b))); }

 private:
  enum Value : std::uint8_t { kFalse, kUnknown, kTrue };
  constexpr Truth(Value value, std::uint8_t facts) : value_(value), facts_(facts) {}

  Value value_;
  std::uint8_t facts_;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_TRUTH_H_

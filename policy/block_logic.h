#ifndef MOUNTGUARD_POLICY_BLOCK_LOGIC_H_
#define MOUNTGUARD_POLICY_BLOCK_LOGIC_H_

#include <cstddef>
#include <optional>
#include <string>

#include "core/source_pos.h"
#include "policy/block.h"

namespace mountguard::policy {

/// What follows from blocks alone, whatever the mount: that one can never hold, that two never hold
/// together, that one holds wherever another does.
///
/// Says so only where it is certain; "not certain" is the answer, too, once the work that one
/// object may do is used up, so that no policy makes it slow. Certain means: for every path on the
/// host. A mount whose path only the node knows (through subPathExpr or /proc/*/root) is taken for
/// what it may be by a match, and for nothing by an exclude (matcher.h).
///
/// Not thread-safe.
class BlockLogic {
 public:
  /// Why something cannot be, and the condition that is at fault.
  struct Clash {
    core::SourcePos position;
    std::string reason;  // a clause
  };

  /// Why no mount can satisfy the block; nothing if one may.
  std::optional<Clash> WhyImpossible(const Block& block);
  /// Why no mount can satisfy both, with the condition of `other` at fault. Both are possible by
  /// themselves; `match` is a rule's match.
  std::optional<Clash> WhyDisjoint(const Block& match, const Block& other);
  /// True if `other` holds for every mount for which `match` does.
  bool Implies(const Block& match, const Block& other);

 private:
  /// False once there is no more work to be done.
  bool Spend(std::size_t work);

  bool Covers(const std::vector<std::string>& outer, const std::string& inner);
  bool Meet(const Patterns& a, const Patterns& b);
  bool Possible(const Patterns& patterns);
  bool Possible(const ImagePatterns& images);
  bool Disjoint(const Condition& match, const Condition& other);
  bool Disjoint(BlockField field, const Patterns& match, const Patterns& other);
  bool Disjoint(const ImagePatterns& match, const ImagePatterns& other);
  bool Implies(const Condition& match, const Condition& other);
  bool Implies(BlockField field, const Patterns& match, const Patterns& other);
  bool Implies(const ImagePatterns& match, const ImagePatterns& other);

  static constexpr std::size_t kMostWork = 20'000'000;  // steps, of some nanoseconds each
  std::size_t work_ = 0;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_BLOCK_LOGIC_H_

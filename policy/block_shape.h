#ifndef MOUNTGUARD_POLICY_BLOCK_SHAPE_H_
#define MOUNTGUARD_POLICY_BLOCK_SHAPE_H_

#include <cstdint>

#include "policy/block.h"
#include "policy/mount_facts.h"

namespace mountguard::policy {

/// What a block asks of all fields that take words or true and false, in one number: a bit for
/// every value that such a field can have. Of a block the values that it admits, of a mount the
/// value that it has; what is not known or not there has no bit, so that it rules nothing out.
class BlockShape {
 public:
  static BlockShape Of(const Block& block);
  /// `facts` must be at a mount.
  static BlockShape Of(const MountFacts& facts);

  /// False if the block of this shape certainly does not hold for a mount of that shape.
  bool Admits(BlockShape mount) const { return (mount.bits_ & ~bits_) == 0; }

  friend bool operator==(BlockShape a, BlockShape b) { return a.bits_ == b.bits_; }
  std::uint64_t bits() const { return bits_; }

 private:
  std::uint64_t bits_ = 0;
};

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_BLOCK_SHAPE_H_

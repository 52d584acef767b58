#ifndef MOUNTGUARD_POLICY_MATCHER_H_
#define MOUNTGUARD_POLICY_MATCHER_H_

#include <cstdint>
#include <vector>

#include "policy/block.h"
#include "policy/mount_facts.h"
#include "policy/truth.h"

namespace mountguard::policy {

/// Which way to err where the node decides what a mount is (a path through subPathExpr or
/// /proc/*/root): a match that could hold holds, a require, exclude or exception that could fail
/// fails.
enum class Polarity : std::uint8_t { kCouldHold, kMustHold };

struct BlockTrace;
/// Receives how each block that is tried came out; null where nobody asks.
using BlockTraces = std::vector<BlockTrace>*;

/// Whether a block holds for the mount.
Truth Holds(const Block& block, const MountFacts& facts, Polarity polarity,
            BlockTraces traces = nullptr);
/// Whether any of them does; those behind one that does are not tried.
Truth AnyHolds(const std::vector<Block>& blocks, const MountFacts& facts, Polarity polarity,
               BlockTraces traces = nullptr);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_MATCHER_H_

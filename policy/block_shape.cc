#include "policy/block_shape.h"

#include <array>
#include <cstddef>
#include <optional>
#include <variant>

#include "policy/truth.h"

namespace mountguard::policy {
namespace {

/// A field and where its values' bits begin: a word's bit is its place behind that; of a boolean
/// the first bit is false, the second true.
struct Slot {
  BlockField field;
  unsigned first;
  unsigned count;
};

constexpr unsigned kVolumeTypeBits = 32;  // as many as a WordSet has

constexpr std::array<Slot, 13> kSlots = {{
    {BlockField::kOperations, 0, 2},
    {BlockField::kDryRun, 2, 2},
    {BlockField::kOs, 4, 2},
    {BlockField::kHostPid, 6, 2},
    {BlockField::kHostNetwork, 8, 2},
    {BlockField::kHostUsers, 10, 2},
    {BlockField::kContainerTypes, 12, 4},
    {BlockField::kPrivileged, 16, 2},
    {BlockField::kMountPropagation, 18, 4},
    {BlockField::kReadOnly, 22, 2},
    {BlockField::kRecursiveReadOnly, 24, 3},
    {BlockField::kSubPath, 27, 2},
    {BlockField::kVolumeTypes, 29, kVolumeTypeBits},
}};
static_assert(kSlots.back().first + kSlots.back().count <= 64);

constexpr std::uint64_t MaskOf(const Slot& slot) {
  return ((std::uint64_t{1} << slot.count) - 1) << slot.first;
}

std::uint64_t BitOf(const Slot& slot, std::size_t value) {
  return std::uint64_t{1} << (slot.first + value);
}

const Slot* FindSlot(BlockField field) {
  for (const Slot& slot : kSlots) {
    if (slot.field == field) return &slot;
  }
  return nullptr;
}

std::uint64_t AdmittedBy(const Condition& condition, const Slot& slot) {
  if (const bool* wanted = std::get_if<bool>(&condition.value)) {
    return BitOf(slot, std::size_t{*wanted});
  }
  const auto words = std::uint64_t{std::get<WordSet>(condition.value).bits};
  return (words << slot.first) & MaskOf(slot);
}

/// Nothing: not known, or not there.
std::optional<std::size_t> ValueOf(BlockField field, const MountFacts& facts) {
  if (InfoOf(field).type == ValueType::kWords) return WordOf(field, facts);
  const Truth truth = BoolOf(field, facts);
  if (truth.IsTrue()) return 1;
  if (truth.IsFalse()) return 0;
  return std::nullopt;
}

}  // namespace

BlockShape BlockShape::Of(const Block& block) {
  BlockShape shape;
  shape.bits_ = ~std::uint64_t{0};
  for (const Condition& condition : block.conditions) {
    const Slot* slot = FindSlot(condition.field);
    if (slot == nullptr) continue;
    shape.bits_ &= ~MaskOf(*slot) | AdmittedBy(condition, *slot);
  }
  return shape;
}

BlockShape BlockShape::Of(const MountFacts& facts) {
  BlockShape shape;
  for (const Slot& slot : kSlots) {
    const std::optional<std::size_t> value = ValueOf(slot.field, facts);
    if (value) shape.bits_ |= BitOf(slot, *value);
  }
  return shape;
}

}  // namespace mountguard::policy

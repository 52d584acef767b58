#include "core/yaml_memory.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace mountguard::core {
namespace {

constexpr std::size_t kStep = 16;
constexpr std::size_t kStepsEnd = 512;
constexpr std::size_t kStepClasses = kStepsEnd / kStep + 1;  // the first one: of no bytes
constexpr std::size_t kLargest = std::size_t{64} << 10;
constexpr std::size_t kMallocs = static_cast<std::size_t>(-1);  // a class: what malloc holds

constexpr std::size_t ClassOf(std::size_t size) {
  if (size <= kStepsEnd) return (size + kStep - 1) / kStep;
  if (size > kLargest) return kMallocs;
  return kStepClasses + static_cast<std::size_t>(std::bit_width((size - 1) / (2 * kStepsEnd)));
}

constexpr std::size_t CapacityOf(std::size_t size_class) {
  return size_class < kStepClasses ? std::max(size_class, std::size_t{1}) * kStep
                                   : (2 * kStepsEnd) << (size_class - kStepClasses);
}

thread_local constinit YamlMemory* used = nullptr;

}  // namespace

/// Stands before every block.
struct alignas(kStep) YamlMemory::Header {
  std::size_t size_class;
};

struct YamlMemory::FreeBlock {
  FreeBlock* next;
};

void* YamlMemory::Allocate(std::size_t size) {
  static_assert(ClassOf(kLargest) + 1 == kSizes && CapacityOf(kSizes - 1) == kLargest);
  const std::size_t size_class = ClassOf(size);
  if (size_class == kMallocs) return AllocateLarge(size);
  FreeBlock* const block = free_[size_class];
  if (block == nullptr) return Carve(size_class);
  free_[size_class] = block->next;
  return block;
}

[[gnu::noinline]] void* YamlMemory::AllocateLarge(std::size_t size) {
  void* const memory = std::malloc(sizeof(Header) + size);
  return memory == nullptr ? nullptr : new (memory) Header{kMallocs} + 1;
}

void* YamlMemory::Reallocate(void* block, std::size_t size) {
  if (block == nullptr) return Allocate(size);
  Header* const header = static_cast<Header*>(block) - 1;
  if (header->size_class == kMallocs) {
    void* const memory = std::realloc(header, sizeof(Header) + size);
    return memory == nullptr ? nullptr : static_cast<Header*>(memory) + 1;
  }
  const std::size_t held = CapacityOf(header->size_class);
  if (size <= held) return block;
  void* const moved = Allocate(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, held);
  Free(block);
  return moved;
}

void YamlMemory::Free(void* block) {
  if (block == nullptr) return;
  Header* const header = static_cast<Header*>(block) - 1;
  if (header->size_class == kMallocs) {
    std::free(header);
    return;
  }
  FreeBlock*& first = free_[header->size_class];
  first = new (block) FreeBlock{first};
}

/// A new block. What is left of a chunk that is too short for it is given up.
[[gnu::noinline]] void* YamlMemory::Carve(std::size_t size_class) {
  const std::size_t bytes = sizeof(Header) + CapacityOf(size_class);
  if (unused_bytes_ < bytes) {
    std::unique_ptr<std::byte[]> chunk(new (std::nothrow) std::byte[kChunkBytes]);
    if (!chunk) return nullptr;
    unused_ = chunk.get();
    unused_bytes_ = kChunkBytes;
    chunks_.push_back(std::move(chunk));
  }
  Header* const header = new (unused_) Header{size_class};
  unused_ += bytes;
  unused_bytes_ -= bytes;
  return header + 1;
}

YamlMemory::Use::Use(YamlMemory* memory) : before_(std::exchange(used, memory)) {}
YamlMemory::Use::~Use() { used = before_; }

}  // namespace mountguard::core

#ifndef MOUNTGUARD_SANITIZED

// Source: libyaml 0.2.5, yaml_private.h and api.c. Nothing in C++ may be thrown through them.
// Nearly every block goes the short way, which is inlined here; the others are kept out of it.
extern "C" {

[[gnu::flatten]] void* yaml_malloc(std::size_t size) noexcept {
  using mountguard::core::used;
  if (used != nullptr) return used->Allocate(size);
  return std::malloc(std::max(size, std::size_t{1}));
}

void* yaml_realloc(void* block, std::size_t size) noexcept {
  using mountguard::core::used;
  if (used != nullptr) return used->Reallocate(block, size);
  return std::realloc(block, std::max(size, std::size_t{1}));
}

void yaml_free(void* block) noexcept {
  using mountguard::core::used;
  if (used != nullptr) return used->Free(block);
  std::free(block);
}

char* yaml_strdup(const char* text) noexcept {
  if (text == nullptr) return nullptr;
  const std::size_t size = std::strlen(text) + 1;
  void* const copy = yaml_malloc(size);
  if (copy != nullptr) std::memcpy(copy, text, size);
  return static_cast<char*>(copy);
}

}  // extern "C"

#endif

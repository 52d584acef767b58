#ifndef MOUNTGUARD_CORE_YAML_MEMORY_H_
#define MOUNTGUARD_CORE_YAML_MEMORY_H_

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace mountguard::core {

/// Memory for libyaml's parser, which takes and gives back some 300 small blocks a kilobyte of
/// manifest: a tenth of what reading it costs, if malloc has to find them.
///
/// What is given back is kept by its size and given out again, so this grows to what the parser
/// held at one time, a few buffers and the values of the moment. Blocks of more than 64 KiB are
/// malloc's. Not thread-safe; one a thread that reads.
///
/// libyaml 0.2 takes all its memory by four functions of its own (yaml_malloc, yaml_realloc,
/// yaml_free, yaml_strdup), which it exports and calls as any exported function: what a program
/// defines by these names takes their place. See docs/decisions/0007-memory-for-libyaml.md.
class YamlMemory {
 public:
  YamlMemory() = default;
  YamlMemory(const YamlMemory&) = delete;
  YamlMemory& operator=(const YamlMemory&) = delete;

  /// As malloc, realloc and free, of blocks that come from here. A block is good until it is given
  /// back or this is gone; null where there is no memory.
  void* Allocate(std::size_t size);
  void* Reallocate(void* block, std::size_t size);
  void Free(void* block);

  /// Bytes taken for blocks that are kept.
  std::size_t reserved() const { return chunks_.size() * kChunkBytes; }

  /// While it lives, this thread's libyaml takes its memory from here; before it ends, all of that
  /// must be given back: who makes a parser makes it after this. Nothing of the kind is done in
  /// builds with sanitizers, which look at each block.
  class Use {
   public:
    explicit Use(YamlMemory* memory);
    ~Use();
    Use(const Use&) = delete;
    Use& operator=(const Use&) = delete;

   private:
    YamlMemory* before_;
  };

 private:
  struct Header;
  struct FreeBlock;

  static constexpr std::size_t kChunkBytes = std::size_t{128} << 10;
  static constexpr std::size_t kSizes = 40;  // in steps of 16 bytes to 512, then doubled to 64 KiB

  void* AllocateLarge(std::size_t size);
  void* Carve(std::size_t size_class);

  std::array<FreeBlock*, kSizes> free_{};
  std::vector<std::unique_ptr<std::byte[]>> chunks_;
  std::byte* unused_ = nullptr;  // of the last chunk
  std::size_t unused_bytes_ = 0;
};

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_YAML_MEMORY_H_

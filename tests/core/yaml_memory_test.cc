#include "core/yaml_memory.h"

#include <yaml.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using mountguard::core::YamlMemory;

namespace {

/// A block, and what was written into all of it.
struct Written {
  void* block = nullptr;
  std::size_t size = 0;
  unsigned char byte = 0;

  void Fill() const { std::memset(block, byte, size); }
  bool HasKept(std::size_t first_bytes) const {
    const auto* const bytes = static_cast<const unsigned char*>(block);
    return std::all_of(bytes, bytes + first_bytes, [this](auto at) { return at == byte; });
  }
};

bool IsAligned(const void* block) {
  return reinterpret_cast<std::uintptr_t>(block) % alignof(std::max_align_t) == 0;
}

/// Reads `text` with a parser of libyaml's own and counts the events; -1 for what is no YAML.
int CountEvents(std::string_view text) {
  yaml_parser_t parser;
  if (yaml_parser_initialize(&parser) == 0) return -1;
  yaml_parser_set_input_string(&parser, reinterpret_cast<const unsigned char*>(text.data()),
                               text.size());
  int events = 0;
  for (bool more = true; more;) {
    yaml_event_t event;
    if (yaml_parser_parse(&parser, &event) == 0) {
      events = -1;
      break;
    }
    more = event.type != YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    ++events;
  }
  yaml_parser_delete(&parser);
  return events;
}

constexpr std::string_view kText = "a: &x [b, \"c\", !!str d]\ne: *x\nf: |\n  g\n";
constexpr int kEvents = 16;

}  // namespace

TEST_CASE("YAML memory gives blocks of any size, whole, aligned and apart from each other") {
  YamlMemory memory;
  std::vector<Written> all;
  for (std::size_t size : {0,   1,    15,   16,   17,    31,    32,    33,    511,   512,
                           513, 1023, 1024, 1025, 16384, 49152, 65535, 65536, 65537, 200000}) {
    for (int i = 0; i < 3; ++i) {
      const auto byte = static_cast<unsigned char>(all.size() + 1);
      all.push_back({memory.Allocate(size), size, byte});
      REQUIRE(all.back().block != nullptr);
      CHECK(IsAligned(all.back().block));
      all.back().Fill();
    }
  }
  for (const Written& one : all) CHECK(one.HasKept(one.size));
  for (const Written& one : all) memory.Free(one.block);
  memory.Free(nullptr);
}

TEST_CASE("YAML memory gives out again what came back") {
  YamlMemory memory;
  std::size_t after_first = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<void*> blocks;
    for (std::size_t size = 1; size <= 65536; size = size * 3 / 2 + 1) {
      blocks.push_back(memory.Allocate(size));
    }
    for (void* block : blocks) memory.Free(block);
    if (round == 0) after_first = memory.reserved();
  }
  CHECK(after_first > 0);
  CHECK(memory.reserved() == after_first);
}

TEST_CASE("YAML memory keeps the content of blocks that become larger or smaller") {
  YamlMemory memory;
  void* const first = memory.Reallocate(nullptr, 10);
  Written grown{first, 10, 7};
  grown.Fill();
  for (std::size_t size :
       {11, 16, 17, 500, 513, 40000, 65536, 65537, 1000000, 70000, 100, 1000000}) {
    grown.block = memory.Reallocate(grown.block, size);
    REQUIRE(grown.block != nullptr);
    CHECK(IsAligned(grown.block));
    CHECK(grown.HasKept(std::min(grown.size, size)));
    grown.size = size;
    grown.Fill();
  }
  memory.Free(grown.block);
}

TEST_CASE("YAML memory stands any order of taking, changing and giving back") {
  YamlMemory memory;
  std::mt19937 random(GENERATE(1U, 2U, 3U));
  const auto below = [&random](std::size_t end) { return random() % end; };
  std::vector<Written> live;
  for (int step = 0; step < 20000; ++step) {
    const std::size_t size = below(20) == 0 ? below(100000) : below(600);
    if (live.empty() || below(3) == 0) {
      live.push_back({memory.Allocate(size), size, static_cast<unsigned char>(step)});
      live.back().Fill();
      continue;
    }
    Written& one = live[below(live.size())];
    if (!one.HasKept(one.size)) FAIL("a block was changed by another");
    if (below(2) == 0) {
      one.block = memory.Reallocate(one.block, size);
      if (!one.HasKept(std::min(size, one.size))) FAIL("a block lost content when it was moved");
      one.size = size;
      one.Fill();
    } else {
      memory.Free(one.block);
      one = live.back();
      live.pop_back();
    }
  }
  for (const Written& one : live) memory.Free(one.block);
  CHECK(memory.reserved() < std::size_t{64} << 20);
}

#ifndef MOUNTGUARD_SANITIZED

TEST_CASE("libyaml takes its memory where it is told to, on each thread from its own") {
  const auto read_often = [](YamlMemory* memory, bool* good) {
    const YamlMemory::Use use(memory);
    *good = true;
    for (int i = 0; i < 2000; ++i) *good = *good && CountEvents(kText) == kEvents;
  };
  YamlMemory memory;
  YamlMemory other;
  bool good = false;
  bool other_good = false;
  std::thread thread([&] { read_often(&other, &other_good); });
  read_often(&memory, &good);
  thread.join();
  CHECK(good);
  CHECK(other_good);
  // A text read two thousand times takes no more than one read once.
  YamlMemory once;
  {
    const YamlMemory::Use use(&once);
    CHECK(CountEvents(kText) == kEvents);
  }
  CHECK(once.reserved() > 0);
  CHECK(memory.reserved() == once.reserved());
  CHECK(other.reserved() == once.reserved());
}

#endif

TEST_CASE("libyaml works as ever where it is not told, and when it is no longer told") {
  CHECK(CountEvents(kText) == kEvents);
  YamlMemory memory;
  {
    const YamlMemory::Use use(&memory);
    CHECK(CountEvents("a: [") == -1);
  }
  const std::size_t reserved = memory.reserved();
  CHECK(CountEvents(kText) == kEvents);
  CHECK(memory.reserved() == reserved);
}

#include "core/text_map.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using mountguard::core::TextHash;
using mountguard::core::TextMap;
using mountguard::core::TextSet;

TEST_CASE("a text map keeps the first value of a key, however many keys it has") {
  const int size = GENERATE(1, 15, 16, 17, 18, 32, 33, 34, 1000);
  std::vector<std::string> keys;
  for (int i = 0; i < size; ++i) keys.push_back("key-" + std::to_string(i));
  TextMap<int> map;
  for (int i = 0; i < size; ++i) CHECK(map.Insert(keys[static_cast<std::size_t>(i)], i));
  for (int i = 0; i < size; ++i) CHECK_FALSE(map.Insert(keys[static_cast<std::size_t>(i)], -1));
  for (int i = 0; i < size; ++i) {
    const int* found = map.Find(keys[static_cast<std::size_t>(i)]);
    REQUIRE(found != nullptr);
    CHECK(*found == i);
  }
  CHECK(map.Find("other") == nullptr);
}

TEST_CASE("the empty text is a key like any other") {
  TextSet set;
  CHECK_FALSE(set.Contains(""));
  CHECK(set.Insert(""));
  CHECK(set.Contains(""));
  CHECK_FALSE(set.Insert(""));
}

TEST_CASE("texts that differ only in zero bytes at the end hash apart") {
  using namespace std::string_view_literals;
  const TextHash hash;
  CHECK(hash("a"sv) == hash(std::string("a")));
  CHECK(hash("a"sv) != hash("a\0"sv));
  CHECK(hash(""sv) != hash("\0"sv));
}

#include "core/json_tape.h"

#include <catch2/catch.hpp>

#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_writer.h"

using mountguard::core::AppendJson;
using mountguard::core::DeepEqual;
using mountguard::core::JsonParser;
using mountguard::core::JsonTape;
using mountguard::core::JsonType;
using mountguard::core::JsonValue;

namespace {

std::string Text(const JsonTape& tape) {
  std::string text;
  AppendJson(tape.root(), &text);
  return text;
}

/// A number whose bits look like an opened mapping on the tape.
const std::int64_t kLikeBracket = (std::int64_t{'{'} << 56) | 12345;

/// Writes random values.
class RandomTape {
 public:
  RandomTape(unsigned seed, JsonTape* tape) : random_(seed), tape_(*tape) {}

  void Value(int depth) {
    switch (random_() % (depth == 0 ? 7 : 10)) {
      case 0:
        return tape_.Null();
      case 1:
        return tape_.Bool(random_() % 2 == 0);
      case 2:
        return tape_.Int(random_() % 2 == 0 ? kLikeBracket : -5);
      case 3:
        return tape_.Uint(std::numeric_limits<std::uint64_t>::max() - random_() % 9);
      case 4:
        return tape_.Double(static_cast<double>(random_()) / 7);
      case 5:
      case 6:
        return tape_.String(std::string(random_() % 20, 'x') + "\"\xc3\xa4\n");
      default:
        break;
    }
    const std::size_t count = random_() % 5;
    const bool mapping = random_() % 2 == 0;
    const JsonTape::Index opened = mapping ? tape_.OpenMapping() : tape_.OpenSequence();
    for (std::size_t i = 0; i < count; ++i) {
      if (mapping) tape_.String("k" + std::to_string(i));
      Value(depth - 1);
    }
    tape_.Close(opened, count);
  }

 private:
  std::mt19937 random_;
  JsonTape& tape_;
};

}  // namespace

TEST_CASE("a tape has what was written, in its order") {
  JsonTape tape;
  CHECK_FALSE(tape.root().exists());
  const auto all = tape.OpenMapping();
  tape.String("a");
  const auto list = tape.OpenSequence();
  tape.Null();
  tape.Bool(true);
  tape.Int(std::numeric_limits<std::int64_t>::min());
  tape.Uint(std::numeric_limits<std::uint64_t>::max());
  tape.Double(1);
  tape.String("");
  tape.Close(tape.OpenMapping(), 0);
  tape.Close(list, 7);
  tape.String("b");
  tape.String("x\"y");
  tape.Close(all, 2);
  CHECK(Text(tape) ==
        R"({"a":[null,true,-9223372036854775808,18446744073709551615,1.0,"",{}],"b":"x\"y"})");
  CHECK(tape.root().Size() == 2);
  CHECK(tape.root().Get("a").Size() == 7);
  CHECK(tape.root().Get("a").At(6).IsObject());
  CHECK(tape.root().Get("b").AsString() == "x\"y");
  tape.Clear();
  CHECK_FALSE(tape.root().exists());
  tape.Int(3);
  CHECK(Text(tape) == "3");
}

TEST_CASE("a tape is what simdjson makes of its text") {
  JsonParser parser;
  JsonTape tape;
  for (unsigned seed = 0; seed < 300; ++seed) {
    tape.Clear();
    RandomTape(seed, &tape).Value(5);
    std::string text = Text(tape);
    const auto parsed = parser.Parse(text);
    INFO(text);
    REQUIRE(parsed);
    REQUIRE(DeepEqual(*parsed, tape.root()));
  }
}

TEST_CASE("values are repeated and moved whole, whatever their numbers look like") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::vector<std::string> texts;
    JsonTape tape;
    for (unsigned i = 0; i < 4; ++i) {
      tape.Clear();
      RandomTape(seed * 4 + i, &tape).Value(3);
      texts.push_back(Text(tape));
    }
    tape.Clear();
    const auto all = tape.OpenSequence();
    const auto first = tape.next();
    for (unsigned i = 0; i < 4; ++i) RandomTape(seed * 4 + i, &tape).Value(3);
    const auto last = tape.next();
    tape.Repeat(first, last);
    tape.Close(all, 8);
    const std::string list = texts[0] + "," + texts[1] + "," + texts[2] + "," + texts[3];
    REQUIRE(Text(tape) == "[" + list + "," + list + "]");

    tape.Clear();
    const auto again = tape.OpenSequence();
    std::vector<JsonTape::Index> pieces;
    for (unsigned i = 0; i < 4; ++i) {
      pieces.push_back(tape.next());
      RandomTape(seed * 4 + i, &tape).Value(3);
    }
    tape.Reverse(pieces);
    tape.Close(again, 4);
    REQUIRE(Text(tape) == "[" + texts[3] + "," + texts[2] + "," + texts[1] + "," + texts[0] + "]");
  }
}

TEST_CASE("numbers become what Go writes of them and reads again") {
  const auto written = [](double value) {
    JsonTape tape;
    tape.Number(value);
    return Text(tape);
  };
  CHECK(written(1000) == "1000");
  CHECK(written(-0.0) == "0");
  CHECK(written(1.5) == "1.5");
  CHECK(written(1e-7) == "1e-07");
  CHECK(written(9007199254740991) == "9007199254740991");
  CHECK(written(9007199254740992) == "9007199254740992");
  CHECK(written(1e18) == "1000000000000000000");
  // The shortest digits, not the exact ones: 1234567890123456768.
  CHECK(written(1234567890123456789) == "1234567890123456800");
  CHECK(written(-1234567890123456789) == "-1234567890123456800");
  CHECK(written(9223372036854774784) == "9223372036854775000");
  CHECK(written(9223372036854775808.0) == "9.223372036854776e+18");
  CHECK(written(-9223372036854775808.0) == "-9.223372036854776e+18");
  CHECK(written(1e300) == "1e+300");
}

TEST_CASE("text that is no UTF-8 is made valid, a byte at a time") {
  JsonTape tape;
  tape.String("a\xff\xe2\x82z\xc3\xa4");
  CHECK(tape.root().AsString() == "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\xc3\xa4");
}

TEST_CASE("the texts of keys are found by their place") {
  JsonTape tape;
  const auto opened = tape.OpenMapping();
  std::vector<std::size_t> places;
  for (int i = 0; i < 1000; ++i) {
    places.push_back(tape.next_text());
    tape.String(std::string(static_cast<std::size_t>(i), 'k'));
    tape.Null();
  }
  tape.Close(opened, 1000);
  for (std::size_t i = 0; i < places.size(); ++i) CHECK(tape.TextAt(places[i]).size() == i);
}

TEST_CASE("a list knows its size even beyond what its word can count") {
  constexpr std::size_t kElements = 0xFFFFFF + 2;
  JsonTape tape;
  const auto opened = tape.OpenSequence();
  for (std::size_t i = 0; i < kElements; ++i) tape.Null();
  tape.Close(opened, kElements);
  CHECK(tape.root().Size() == kElements);
  CHECK(tape.root().type() == JsonType::kArray);
}

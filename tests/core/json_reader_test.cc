#include "core/json_reader.h"

#include <catch2/catch.hpp>

#include <string>

using mountguard::core::DeepEqual;
using mountguard::core::JsonParser;
using mountguard::core::JsonType;
using mountguard::core::JsonValue;

namespace {

std::string Nested(std::size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

bool SameJson(std::string a, std::string b) {
  JsonParser left, right;
  return DeepEqual(left.Parse(a).value(), right.Parse(b).value());
}

}  // namespace

TEST_CASE("a JSON value answers for every type and says nothing for all others") {
  std::string text = R"({"s":"x","b":true,"i":-3,"u":18446744073709551615,"d":1.5,"n":null,
                         "a":[1,2],"o":{"k":"v"}})";
  JsonParser parser;
  const JsonValue root = parser.Parse(text).value();
  CHECK(root.type() == JsonType::kObject);
  CHECK(root.Size() == 8);
  CHECK(root.Get("s").AsString() == "x");
  CHECK(root.Get("b").AsBool() == true);
  CHECK(root.Get("i").AsInt64() == -3);
  CHECK(root.Get("u").type() == JsonType::kUint64);
  CHECK_FALSE(root.Get("u").AsInt64().has_value());
  CHECK(root.Get("d").AsDouble() == 1.5);
  CHECK(root.Get("n").IsAbsentOrNull());
  CHECK(root.Get("n").exists());
  CHECK(root.Get("a").At(1).AsInt64() == 2);
  CHECK_FALSE(root.Get("a").At(2).exists());
  CHECK(root.Get("o").Get("k").AsOptionalString() == "v");

  const JsonValue absent = root.Get("s").Get("deeper").At(3);
  CHECK(absent.type() == JsonType::kAbsent);
  CHECK(absent.IsAbsentOrNull());
  CHECK(absent.AsString().empty());
  CHECK(absent.Size() == 0);
  for (JsonValue element : absent.Elements()) FAIL_CHECK(element.AsString());
  for (const auto& member : absent.Members()) FAIL_CHECK(member.key);
}

TEST_CASE("of a repeated key the last value is taken, as Go takes it") {
  std::string text = R"({"mode":"Bidirectional","mode":"None"})";
  JsonParser parser;
  CHECK(parser.Parse(text).value().Get("mode").AsString() == "None");
}

TEST_CASE("10,000 levels are read and one more is refused") {
  JsonParser parser;
  std::string deep = Nested(10'000);
  CHECK(parser.Parse(deep).has_value());
  for (std::size_t levels : {10'001, 100'000}) {
    std::string deeper = Nested(levels);
    const auto refused = parser.Parse(deeper);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == "nested deeper than 10000 levels");
  }
}

TEST_CASE("what is no JSON is named for what it is") {
  JsonParser parser;
  const auto message = [&parser](std::string text) {
    auto parsed = parser.Parse(text);
    return parsed ? std::string("parsed") : parsed.error().message;
  };
  CHECK(message("") == "the text is empty");
  CHECK(message(" \n") == "the text is empty");
  CHECK(message("{\"a\":\"\xff\"}") == "not valid UTF-8");
  CHECK(message("{\"a\":\"b") == "a string is not closed");
  CHECK(message("{\"a\":\"\\x\"}") == "a string holds a bad escape");
  CHECK(message("{\"a\":\"\n\"}") == "a string holds an unescaped control character");
  CHECK(message("{\"a\":") == "not valid JSON");
  CHECK(message("{} {}") == "not valid JSON");
  CHECK(message("apiVersion: v1") == "not valid JSON");
  CHECK(message("{\"a\":1}") == "parsed");
}

TEST_CASE("deep equality is about values, not about the order of members") {
  CHECK(SameJson(R"({"a":1,"b":[1,{"c":null}]})", R"({"b":[1,{"c":null}],"a":1})"));
  CHECK(SameJson(R"([1.0,"x",true])", R"([1.0,"x",true])"));
  CHECK_FALSE(SameJson(R"([1,2])", R"([2,1])"));
  CHECK_FALSE(SameJson(R"({"a":1})", R"({"a":1,"b":2})"));
  CHECK_FALSE(SameJson(R"({"a":1})", R"({"b":1})"));
  CHECK_FALSE(SameJson(R"({"a":null})", R"({"b":null})"));
  CHECK_FALSE(SameJson(R"({"a":"1"})", R"({"a":1})"));
  CHECK(DeepEqual(JsonValue(), JsonValue()));
}

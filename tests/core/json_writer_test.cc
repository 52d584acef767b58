#include "core/json_writer.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include <limits>
#include <string>

using mountguard::core::AppendJsonString;
using mountguard::core::JsonWriter;

namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

}  // namespace

TEST_CASE("commas stand between values and nowhere else") {
  std::string out;
  JsonWriter json(&out);
  json.BeginObject();
  json.Key("a").Int(std::numeric_limits<std::int64_t>::min());
  json.Key("b").BeginArray().EndArray();
  json.Key("c").BeginArray().Bool(true).Null().BeginObject().EndObject().String("x").EndArray();
  json.Key("d").BeginObject().Key("e").Bool(false).EndObject();
  json.Key("f").Null();
  json.EndObject();
  CHECK(out ==
        R"({"a":-9223372036854775808,"b":[],"c":[true,null,{},"x"],"d":{"e":false},"f":null})");
}

TEST_CASE("strings are escaped where JSON asks for it") {
  CHECK(Quoted("") == R"("")");
  CHECK(Quoted("a\"b\\c/d") == R"("a\"b\\c/d")");
  CHECK(Quoted("\n\r\t") == R"("\n\r\t")");
  CHECK(Quoted(std::string_view("\0\x1f", 2)) == R"("\u0000\u001f")");
  CHECK(Quoted("\x7f") == "\"\x7f\"");
  CHECK(Quoted("\xc3\xa9\xf0\x9f\x98\x80") == "\"\xc3\xa9\xf0\x9f\x98\x80\"");
}

TEST_CASE("bytes that are no UTF-8 become replacement characters, one each") {
  const std::string replacement = "\xef\xbf\xbd";
  CHECK(Quoted("a\xff"
               "b") == "\"a" + replacement + "b\"");
  CHECK(Quoted("\xc3") == "\"" + replacement + "\"");
  CHECK(Quoted("\xe2\x82") == "\"" + replacement + replacement + "\"");
  CHECK(Quoted("\xed\xa0\x80") == "\"" + replacement + replacement + replacement + "\"");
}

TEST_CASE("every byte is escaped or not, wherever it stands") {
  const auto escaped = [](int byte) -> std::string {
    switch (byte) {
      case '"':
        return "\\\"";
      case '\\':
        return "\\\\";
      case '\n':
        return "\\n";
      case '\r':
        return "\\r";
      case '\t':
        return "\\t";
      default:
        break;
    }
    if (byte < ' ') return fmt::format("\\u{:04x}", byte);
    return byte < 0x80 ? std::string(1, static_cast<char>(byte)) : "\xef\xbf\xbd";
  };
  const char around = GENERATE('~', ' ', '!', '#');
  for (std::size_t length = 1; length < 20; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(length, around);
        text[at] = static_cast<char>(byte);
        const std::string expected = '"' + std::string(at, around) + escaped(byte) +
                                     std::string(length - at - 1, around) + '"';
        if (Quoted(text) != expected) FAIL("byte " << byte << " at " << at << " of " << length);
      }
    }
  }
}

TEST_CASE("a parsed value is written as it was read") {
  const std::string text =
      R"({"a":[],"b":{},"c":[1,-2.5,true,false,null,"x\"y",[{"d":1.5e+300}]],"e":{"f":{"g":""}}})";
  std::string parsed = text;
  mountguard::core::JsonParser parser;
  std::string out;
  mountguard::core::AppendJson(parser.Parse(parsed).value(), &out);
  mountguard::core::AppendJson(mountguard::core::JsonValue(), &out);  // absent: nothing
  CHECK(out == text);
}

#include "cli/json_stream.h"

#include <catch2/catch.hpp>

#include <sstream>
#include <string>

namespace mountguard::cli {
namespace {

/// Writes `value` with as much begun and ended by hand as there is: all levels down to `depth`.
void Write(const Json& value, int depth, JsonStream* stream) {
  if (depth == 0 || !value.is_structured()) {
    stream->Value(value);
  } else if (value.is_object()) {
    stream->BeginObject();
    for (const auto& [name, member] : value.items()) {
      stream->Key(name);
      Write(member, depth - 1, stream);
    }
    stream->End();
  } else {
    stream->BeginList();
    for (const Json& element : value) Write(element, depth - 1, stream);
    stream->End();
  }
}

}  // namespace

TEST_CASE("JSON written part by part has the bytes of JSON written as a whole", "[json_stream]") {
  const std::vector<Json> values = {
      Json::object(),
      Json::array(),
      {{"empty", Json::object()}, {"none", Json::array()}, {"null", nullptr}},
      {{"b", 1}, {"a", {{"deep", {1, {{"er", "x\ny"}}, Json::array({Json::array()})}}}}},
      Json::array({1, "two", {{"three", 3.5}}, {{"no UTF-8", "\xff"}}, {{"\"\xff\n", true}}})};
  for (const Json& value : values) {
    std::ostringstream whole;
    WriteJson(value, whole);
    for (int depth = 1; depth < 6; ++depth) {
      std::ostringstream parts;
      JsonStream json(parts);
      Write(value, depth, &json);
      CHECK(parts.str() == whole.str());
    }
  }
}

}  // namespace mountguard::cli

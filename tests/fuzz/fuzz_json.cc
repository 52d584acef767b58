// A JSON manifest through splitter and reader: whatever of it our JSON parser takes by itself must
// come out as the same value, and every value's place must lie inside the text and point at its
// first byte.

#include <cstdint>
#include <cstdlib>
#include <string>

#include "tests/fuzz/documents.h"
#include "tests/fuzz/places.h"

using namespace mountguard;  // NOLINT: a program of one function

namespace {

constexpr int kMostLevels = 1000;

/// Compares what simdjson reads with what we read, where an integer that only fits without a sign
/// is floating point, as to the API server.
bool SameValue(core::JsonValue parsed, core::JsonValue read, int level) {
  if (level > kMostLevels) return true;
  if (parsed.type() == core::JsonType::kUint64) {
    return read.type() == core::JsonType::kDouble && *parsed.AsDouble() == *read.AsDouble();
  }
  if (!parsed.IsObject() && !parsed.IsArray()) return core::DeepEqual(parsed, read);
  if (parsed.type() != read.type() || parsed.Size() != read.Size()) return false;
  auto element = read.Elements().begin();
  for (const core::JsonValue one : parsed.Elements()) {
    if (!SameValue(one, *element, level + 1)) return false;
    ++element;
  }
  auto member = read.Members().begin();
  for (const core::JsonValue::Member& one : parsed.Members()) {
    if (one.key != (*member).key || !SameValue(one.value, (*member).value, level + 1)) return false;
    ++member;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  core::JsonParser parser;
  const auto check = [&parser](const std::string& manifest, const core::DocumentText& text,
                               const core::YamlDocument& document, core::JsonValue root) {
    if (!text.json) return;
    std::string json(text.text);
    if (const auto parsed = parser.Parse(json); parsed && !SameValue(*parsed, root, 0))
      std::abort();
    fuzz::CheckPlaces(manifest, document, root, fuzz::Style::kJson);
  };
  fuzz::ForEachDocument(data, size, check);
  return 0;
}

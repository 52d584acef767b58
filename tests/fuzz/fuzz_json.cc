// A JSON manifest through splitter and reader: whatever of it our JSON parser takes by itself must
// come out as the same value, and every value's place must lie inside the text and point at its
// first byte.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/json_reader.h"
#include "core/json_writer.h"
#include "core/yaml_reader.h"
#include "tests/fuzz/places.h"

using namespace mountguard;  // NOLINT: a program of one function

namespace {

constexpr std::size_t kMaxInput = 64 * 1024;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxInput) return 0;
  const std::string manifest(reinterpret_cast<const char*>(data), size);
  core::YamlReader reader;
  core::YamlDocument document;
  core::JsonParser parser;
  core::DocumentSplitter splitter(manifest);
  while (const auto text = splitter.Next()) {
    const auto read = reader.Read(*text, &document);
    if (!read) {
      if (read.error().message.empty()) std::abort();
      continue;
    }
    if (document.json.empty()) continue;
    const auto root = parser.Parse(document.json);
    if (!root) std::abort();
    if (text->json) fuzz::CheckPlaces(manifest, document, *root, fuzz::Style::kJson);
  }
  return 0;
}

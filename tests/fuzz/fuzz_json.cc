// A JSON manifest through splitter and reader: whatever of it our JSON parser takes by itself must
// come out as the same value, and every value's place must lie inside the text and point at its
// first byte.

#include <cstdint>
#include <string>

#include "tests/fuzz/documents.h"
#include "tests/fuzz/places.h"

using namespace mountguard;  // NOLINT: a program of one function

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto check = [](const std::string& manifest, const core::DocumentText& text,
                        const core::YamlDocument& document, core::JsonValue root) {
    if (text.json) fuzz::CheckPlaces(manifest, document, root, fuzz::Style::kJson);
  };
  fuzz::ForEachDocument(data, size, check);
  return 0;
}

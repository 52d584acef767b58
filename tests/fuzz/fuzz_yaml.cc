// A manifest through splitter and reader: what it gives is JSON, and every duplicate key that it
// reports has a place.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/json_reader.h"
#include "core/yaml_reader.h"

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
    if (!parser.Parse(document.json)) std::abort();
    for (const core::DuplicateKey& key : document.duplicate_keys) {
      if (!key.last.known()) std::abort();
      if (!document.Find(key.field).value.known()) std::abort();
    }
    document.Find("spec.template.spec.containers[0].volumeMounts[0].mountPropagation");
  }
  return 0;
}

// Look-ups in the source map of a YAML document: of every field that the document has, which must
// be found inside the text, and of any path at all, which must not crash. The first line of the
// input is the path.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/json_reader.h"
#include "core/yaml_reader.h"
#include "tests/fuzz/places.h"

using namespace mountguard;  // NOLINT: a program of one function

namespace {

constexpr std::size_t kMaxInput = 16 * 1024;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > kMaxInput) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  const std::string_view path = input.substr(0, line);
  const std::string manifest(input.substr(line + 1));
  core::YamlReader reader;
  core::YamlDocument document;
  core::DocumentSplitter splitter(manifest);
  while (const auto text = splitter.Next()) {
    if (!reader.Read(*text, &document) || !document.json.root().exists()) continue;
    fuzz::CheckPlace(manifest, document.Find(path));
    fuzz::CheckPlaces(manifest, document, document.json.root(),
                      text->json ? fuzz::Style::kJson : fuzz::Style::kYaml);
  }
  return 0;
}

#ifndef MOUNTGUARD_TESTS_FUZZ_DOCUMENTS_H_
#define MOUNTGUARD_TESTS_FUZZ_DOCUMENTS_H_

#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/document_splitter.h"
#include "core/json_reader.h"
#include "core/json_writer.h"
#include "core/yaml_reader.h"

namespace mountguard::fuzz {

/// Reads a manifest as `check` does and hands on each document that is read: visit(manifest, its
/// text, the document, its value). Aborts where a refusal has no words, or where what is read does
/// not come out of its JSON again.
template <class Visit>
void ForEachDocument(const std::uint8_t* data, std::size_t size, const Visit& visit) {
  constexpr std::size_t kMaxInput = 64 * 1024;
  if (size > kMaxInput) return;
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
    const core::JsonValue root = document.json.root();
    if (!root.exists()) continue;
    std::string json;
    core::AppendJson(root, &json);
    const auto parsed = parser.Parse(json);
    if (!parsed || !core::DeepEqual(*parsed, root)) std::abort();
    visit(manifest, *text, document, root);
  }
}

}  // namespace mountguard::fuzz

#endif  // MOUNTGUARD_TESTS_FUZZ_DOCUMENTS_H_

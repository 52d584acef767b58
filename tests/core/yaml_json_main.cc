// yaml_json: prints the JSON that core::YamlReader makes of YAML, for comparison with kubectl's
// reader by tests/reference/yamldiffer.
//
//   yaml_json              every frame is one document: answered by "J <json>" or "E <message>"
//   yaml_json --manifests  every frame is a manifest: such a line for each document, then "."
//
// Frames are a decimal length, a line feed and that many bytes on standard input.

#include <iostream>
#include <string>
#include <string_view>

#include "core/json_writer.h"
#include "core/yaml_reader.h"

namespace {

using mountguard::core::DocumentSplitter;
using mountguard::core::DocumentText;
using mountguard::core::YamlDocument;
using mountguard::core::YamlReader;

void Answer(const DocumentText& text) {
  static YamlReader reader;
  static YamlDocument document;
  if (const auto read = reader.Read(text, &document)) {
    std::string json;
    mountguard::core::AppendJson(document.json.root(), &json);
    std::cout << "J " << (json.empty() ? "null" : json) << '\n';
  } else {
    std::string quoted;
    mountguard::core::AppendJsonString(read.error().message, &quoted);
    std::cout << "E " << quoted << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool manifests = argc > 1 && std::string_view(argv[1]) == "--manifests";
  std::string text;
  std::size_t size = 0;
  while (std::cin >> size) {
    std::cin.get();
    text.resize(size);
    std::cin.read(text.data(), static_cast<std::streamsize>(size));
    if (manifests) {
      DocumentSplitter documents(text);
      while (const auto document = documents.Next()) Answer(*document);
      std::cout << ".\n";
    } else {
      DocumentText frame;
      frame.text = text;
      Answer(frame);
    }
    if (std::cin.rdbuf()->in_avail() <= 0) std::cout.flush();
  }
}

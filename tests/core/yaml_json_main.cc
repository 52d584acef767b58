// yaml_json: prints the JSON that core::YamlReader makes of YAML documents, for comparison with
// tests/reference/cmd/yamljson, whose protocol it speaks: frames of a decimal length, a line feed
// and that many bytes on standard input, and for each a line "J <json>" or "E <message>".

#include <iostream>
#include <string>

#include "core/json_writer.h"
#include "core/yaml_reader.h"

int main() {
  mountguard::core::YamlReader reader;
  mountguard::core::YamlDocument document;
  std::string text;
  std::string quoted;
  std::size_t size = 0;
  while (std::cin >> size) {
    std::cin.get();
    text.resize(size);
    std::cin.read(text.data(), static_cast<std::streamsize>(size));
    mountguard::core::DocumentText frame;
    frame.text = text;
    if (const auto read = reader.Read(frame, &document)) {
      std::cout << "J " << (document.json.empty() ? "null" : document.json) << '\n';
    } else {
      quoted.clear();
      mountguard::core::AppendJsonString(read.error().message, &quoted);
      std::cout << "E " << quoted << '\n';
    }
    if (std::cin.rdbuf()->in_avail() <= 0) std::cout.flush();
  }
}

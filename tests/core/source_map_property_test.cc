// For random documents whose values were written down with their places, the source map gives these
// places: YAML in block and flow style, JSON pretty and minified, with wide characters, CRLF, a
// byte order mark, anchors and merge keys.

#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "core/yaml_reader.h"
#include "tests/core/random_document.h"

using mountguard::core::DocumentSplitter;
using mountguard::core::FieldLocation;
using mountguard::core::RandomDocument;
using mountguard::core::SourcePos;
using mountguard::core::YamlDocument;
using mountguard::core::YamlReader;

namespace {

using Place = RandomDocument::Place;

/// What is wrong with what the last document of a manifest, which starts at that line, says of the
/// places; "" if nothing is.
std::string Compare(const std::string& manifest, const std::vector<Place>& places, int first_line) {
  YamlReader reader;
  YamlDocument document;
  DocumentSplitter documents(manifest);
  auto text = documents.Next();
  if (first_line > 1) text = documents.Next();
  if (const auto read = reader.Read(*text, &document); !read) return read.error().message;
  const auto moved = [&](SourcePos pos) {
    return pos.known() ? SourcePos{pos.line + first_line - 1, pos.column} : pos;
  };
  for (const Place& place : places) {
    const FieldLocation found = document.Find(place.field);
    if (found.exact && found.value == moved(place.value) &&
        found.definition == moved(place.definition)) {
      continue;
    }
    return place.field + ": found at " + std::to_string(found.value.line) + ":" +
           std::to_string(found.value.column) + ", written at " +
           std::to_string(moved(place.value).line) + ":" + std::to_string(place.value.column);
  }
  return "";
}

}  // namespace

TEST_CASE("the source map gives the place at which each value was written") {
  using Style = RandomDocument::Style;
  std::size_t compared = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    for (const Style style : {Style::kBlock, Style::kFlow, Style::kJson, Style::kMinified}) {
      for (const char* line_end : {"\n", "\r\n"}) {
        RandomDocument written(seed, style, line_end);
        written.Write();
        INFO(written.text());
        CHECK(Compare(written.text(), written.places(), 1) == "");
        compared += written.places().size();
        if (style == Style::kJson || style == Style::kMinified) continue;
        CHECK(Compare("\ufeff" + written.text(), written.places(), 1) == "");
        CHECK(Compare("a: \u4e16\n---\n" + written.text(), written.places(), 3) == "");
      }
    }
  }
  CHECK(compared > 10'000);
}

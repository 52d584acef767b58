#include "core/document_splitter.h"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

using mountguard::core::DocumentSplitter;
using mountguard::core::DocumentText;
using mountguard::core::SourcePos;

namespace {

/// The views are into `manifest`.
std::vector<DocumentText> Split(const std::string& manifest) {
  std::vector<DocumentText> documents;
  DocumentSplitter splitter(manifest);
  while (auto document = splitter.Next()) documents.push_back(*std::move(document));
  return documents;
}

std::vector<std::string> Texts(const std::string& manifest) {
  std::vector<std::string> texts;
  for (const DocumentText& document : Split(manifest)) texts.emplace_back(document.text);
  return texts;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("documents are cut at lines of three dashes and count from 0, empty ones included") {
  CHECK(Texts("") == Strings{});
  CHECK(Texts("a: 1\n") == Strings{"a: 1\n"});
  CHECK(Texts("a: 1\n---\nb: 2\n") == Strings{"a: 1\n", "b: 2\n"});
  CHECK(Texts("a: 1\n---\n# none\n---\nb: 2") == Strings{"a: 1\n", "# none\n", "b: 2"});
  CHECK(Texts("a: 1\n--- # next\nb: 2\n") == Strings{"a: 1\n", "b: 2\n"});
  CHECK(Texts("a: 1\r\n---\r\nb: 2\r\n") == Strings{"a: 1\r\n", "b: 2\r\n"});
  CHECK(Texts("a: |\n  ---\n  x\n") == Strings{"a: |\n  ---\n  x\n"});
}

TEST_CASE(
    "three dashes with nothing before them belong to the document, as kubectl leaves them there") {
  CHECK(Texts("---\na: 1\n---\n---\nb: 2") == Strings{"---\na: 1\n", "", "---\nb: 2"});
  const std::string manifest = "---\n# Source: x.yaml\na: 1\n";
  const auto documents = Split(manifest);
  REQUIRE(documents.size() == 1);
  CHECK(documents[0].start == SourcePos{1, 1});
  CHECK(documents[0].lines == documents[0].text);
  CHECK(documents[0].helm_source == "x.yaml");
}

TEST_CASE(
    "comments before the first three dashes are read where something may be wrong with them") {
  const std::string manifest = "# \x01\n---\na: 1\n";
  const auto documents = Split(manifest);
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].preamble);
  CHECK(documents[0].text == "# \x01\n");
  CHECK(documents[1].index == 0);
  CHECK_FALSE(documents[1].preamble);
}

TEST_CASE("white space behind three dashes and before a brace is what Unicode says it is") {
  CHECK_FALSE(Split("--- \u3000# x\na: 1\n")[0].refused);
  CHECK(Texts("\u00a0{a: 1}\n") == Strings{"{a: 1}\n"});
  CHECK(Texts("{\"a\": 1}\n\n  b: 2\n  c: 3\n")[1] == "\n  b: 2\n  c: 3\n");
}

TEST_CASE(
    "comments before the first three dashes are no document, behind them they are an empty one") {
  CHECK(Texts("# licence\n\n---\na: 1\n") == Strings{"a: 1\n"});
  CHECK(Texts("# only this\n") == Strings{"# only this\n"});
  CHECK(Texts("a: 1\n---\n# gone\n---\nb: 2\n") == Strings{"a: 1\n", "# gone\n", "b: 2\n"});
  const std::string manifest = "# licence\n---\na: 1\n---\nb: 2\n";
  const auto documents = Split(manifest);
  REQUIRE(documents.size() == 2);
  CHECK(documents[0].index == 0);
  CHECK(documents[0].start == SourcePos{3, 1});
  CHECK(documents[1].index == 1);
  CHECK(documents[1].start == SourcePos{5, 1});
}

TEST_CASE("text behind three dashes is refused with its place, and spoils only its own document") {
  const std::string manifest = "a: 1\n--- {b: 2}\nc: 3\n---\nd: 4\n";
  const auto documents = Split(manifest);
  REQUIRE(documents.size() == 3);
  CHECK_FALSE(documents[0].refused);
  REQUIRE(documents[1].refused);
  CHECK(documents[1].refused->pos == SourcePos{2, 1});
  CHECK(documents[1].refused->message.find("invalid Yaml document separator: {b: 2}") == 0);
  CHECK_FALSE(documents[2].refused);
}

TEST_CASE("a file that starts with a brace is a stream of JSON values") {
  const std::string stream = "{\"a\": 1}{\"b\": [2]}\n  {\"c\": \"}\"}\n";
  const auto documents = Split(stream);
  REQUIRE(documents.size() == 3);
  CHECK(documents[1].json);
  CHECK(documents[1].text == "{\"b\": [2]}");
  CHECK(documents[1].start == SourcePos{1, 9});
  CHECK(documents[1].lines == "{\"a\": 1}{\"b\": [2]}");
  CHECK(documents[2].text == "{\"c\": \"}\"}");
  CHECK(documents[2].start == SourcePos{2, 3});
}

TEST_CASE("behind one JSON value YAML may go on, behind several it may not") {
  const std::string one = "{\"a\": 1}\n---\nb: 2\n";
  const auto mixed = Split(one);
  REQUIRE(mixed.size() == 2);
  CHECK(mixed[0].json);
  CHECK_FALSE(mixed[1].json);
  CHECK(mixed[1].text == "---\nb: 2\n");
  CHECK(mixed[1].start == SourcePos{2, 1});

  const std::string two = "{\"a\": 1}\n{\"b\": 2}\n---\nc: 3\n";
  const auto refused = Split(two);
  REQUIRE(refused.size() == 3);
  REQUIRE(refused[2].refused);
  CHECK(refused[2].refused->pos == SourcePos{3, 1});

  const std::string flow = "{a: 1}\n---\n{b: 2}\n";
  CHECK_FALSE(Split(flow)[0].json);
  CHECK(Split(flow).size() == 2);
}

TEST_CASE("the template that Helm made a document of is remembered") {
  const std::string manifest =
      "---\n# Source: chart/templates/a.yaml\na: 1\n---\n\n# note\n# Source: chart/b.yaml\r\nb: "
      "2\n---\n"
      "c: 3\n# Source: too/late.yaml\n";
  const auto documents = Split(manifest);
  REQUIRE(documents.size() == 3);
  CHECK(documents[0].helm_source == "chart/templates/a.yaml");
  CHECK(documents[1].helm_source == "chart/b.yaml");
  CHECK(documents[2].helm_source.empty());
}

TEST_CASE("a Source comment without a template is no template") {
  const std::string alone = "# Source: ";
  CHECK(Split(alone)[0].helm_source.empty());
  const std::string before = "# Source: \na: 1\n";
  CHECK(Split(before)[0].helm_source.empty());
}

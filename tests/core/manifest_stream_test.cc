#include "core/manifest_stream.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

using mountguard::core::ByteSource;
using mountguard::core::DocumentSplitter;
using mountguard::core::DocumentText;
using mountguard::core::ManifestPiece;
using mountguard::core::ManifestStream;
using mountguard::core::Result;

namespace {

/// Gives at most `stride` bytes at a time, as a pipe does.
class Trickle final : public ByteSource {
 public:
  Trickle(std::string text, std::size_t stride) : text_(std::move(text)), stride_(stride) {}
  Result<std::size_t> Read(char* buffer, std::size_t size) override {
    const std::size_t count = text_.copy(buffer, std::min(size, stride_), at_);
    at_ += count;
    return count;
  }

 private:
  std::string text_;
  std::size_t stride_;
  std::size_t at_ = 0;
};

std::string Describe(const DocumentText& document) {
  return std::to_string(document.index) + (document.preamble ? "p" : "") +
         (document.json ? "j" : "") + "@" + std::to_string(document.start.line) + ":" +
         std::to_string(document.start.column) + (document.refused ? " refused " : " ") +
         std::string(document.helm_source) + "|" + std::to_string(document.lines.size()) + "|" +
         std::string(document.text);
}

std::vector<std::string> InOneGo(const std::string& manifest) {
  std::vector<std::string> documents;
  DocumentSplitter splitter(manifest);
  while (const auto document = splitter.Next()) documents.push_back(Describe(*document));
  return documents;
}

struct Streamed {
  std::vector<std::string> documents;
  std::size_t pieces = 0;
  std::size_t largest = 0;
};

Streamed InPieces(const std::string& manifest, std::size_t stride) {
  Streamed streamed;
  ManifestStream stream(std::make_unique<Trickle>(manifest, stride));
  for (bool more = true; more; ++streamed.pieces) {
    const auto piece = stream.Next();
    REQUIRE(piece);
    CHECK((*piece)->first == (streamed.pieces == 0));
    for (const DocumentText& document : (*piece)->documents) {
      streamed.documents.push_back(Describe(document));
    }
    streamed.largest = std::max(streamed.largest, (*piece)->text.size());
    more = !(*piece)->last;
  }
  return streamed;
}

std::string Repeat(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("a manifest in pieces has the documents of the whole") {
  const std::string yaml = "# Source: a.yaml\nkey: value \u00e9\nlist: [1, 2]\n---\n";
  const std::string json = "{\"a\": [1, 2.5, \"\\u00e9\"], \"b\": {\"c\": true}}";
  const std::vector<std::string> manifests = {
      "",
      "a: 1",
      Repeat(yaml, 8'000),
      "# licence\n" + Repeat("---\n", 100) + Repeat(yaml, 4'000) + "--- {x: 1}\na: 1\n",
      Repeat(json, 8'000),
      Repeat(json + "\n", 8'000) + "{",
      Repeat(json + "\n", 8'000) + "---\na: 1\n",
      json + "\n---\n" + Repeat(yaml, 8'000),
      "{\"a\": \"" + std::string(700'000, 'x') + "\"}\n" + json,
      "{flow: " + std::string(300'000, 'x') + "}\n---\n" + Repeat(yaml, 4'000),
      "a: " + std::string(1'000'000, 'x') + "\n---\nb: 1\n",
  };
  for (const std::string& manifest : manifests) {
    const std::vector<std::string> expected = InOneGo(manifest);
    for (const std::size_t stride : {std::size_t{1} << 20, std::size_t{4099}}) {
      CHECK(InPieces(manifest, stride).documents == expected);
    }
  }
}

TEST_CASE("a large manifest is held in small pieces, a large document in one") {
  const Streamed many = InPieces(Repeat("a: 1\n---\n", 120'000), std::size_t{1} << 20);
  CHECK(many.pieces > 3);
  CHECK(many.largest <= std::size_t{256} << 10);
  const Streamed one = InPieces("a: " + std::string(5'000'000, 'x'), std::size_t{1} << 20);
  CHECK(one.pieces == 1);
}

TEST_CASE("a binary file is refused, a text with a stray control character is not") {
  ManifestStream binary(std::make_unique<Trickle>(std::string("\x7f"
                                                              "ELF\0\0\0\0\0\0\0",
                                                              11),
                                                  100));
  const auto refused = binary.Next();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "a binary file: expected YAML or JSON");
  CHECK(ManifestStream(std::make_unique<Trickle>("a: \x01\n", 100)).Next());
}

TEST_CASE("a source that fails half way is told") {
  class Broken final : public ByteSource {
   public:
    Result<std::size_t> Read(char* buffer, std::size_t size) override {
      if (++reads_ > 40) return mountguard::core::Failure("x: Input/output error");
      const std::size_t count = std::min<std::size_t>(size, 10'000);
      for (std::size_t i = 0; i < count; ++i) buffer[i] = "a: 1\n---\n"[at_++ % 9];
      return count;
    }

   private:
    int reads_ = 0;
    std::size_t at_ = 0;
  };
  ManifestStream stream(std::make_unique<Broken>());
  CHECK(stream.Next());
  const auto second = stream.Next();
  REQUIRE_FALSE(second);
  CHECK(second.error().message == "x: Input/output error");
}

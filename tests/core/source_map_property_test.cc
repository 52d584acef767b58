// For random documents whose values were written down with their places, the source map gives these
// places: YAML in block and flow style, JSON pretty and minified, with wide characters, CRLF, a
// byte order mark, anchors and merge keys.

#include <catch2/catch.hpp>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/utf8.h"
#include "core/yaml_reader.h"

using mountguard::core::CountRunes;
using mountguard::core::DocumentSplitter;
using mountguard::core::FieldLocation;
using mountguard::core::SourcePos;
using mountguard::core::YamlDocument;
using mountguard::core::YamlReader;

namespace {

struct Place {
  std::string field;
  SourcePos value;
  SourcePos definition;  // where the value stands if it is used through an alias or a merge
};

/// Writes a random document and remembers where each value starts.
class Writer {
 public:
  enum class Style { kBlock, kFlow, kJson, kMinified };

  Writer(unsigned seed, Style style, std::string line_end)
      : random_(seed), style_(style), line_end_(std::move(line_end)) {}

  void Write() {
    if (style_ == Style::kBlock) {
      BlockMapping("", 0, 4);
      return;
    }
    if (style_ == Style::kFlow) {
      Put("root: ");
      Remember("root");
      FlowValue("root", 4);
      EndLine();
      return;
    }
    Remember("");
    FlowMapping("", 4);
    EndLine();
  }

  const std::string& text() const { return text_; }
  const std::vector<Place>& places() const { return places_; }

 private:
  struct Anchor {
    std::string name;
    SourcePos start;
    SourcePos inner;
  };

  int Pick(int count) { return std::uniform_int_distribution<int>(0, count - 1)(random_); }
  const std::string& Pick(const std::vector<std::string>& from) {
    return from[static_cast<std::size_t>(Pick(static_cast<int>(from.size())))];
  }
  bool json() const { return style_ == Style::kJson || style_ == Style::kMinified; }

  void Put(const std::string& text) {
    text_ += text;
    at_.column += static_cast<int>(CountRunes(text));
  }
  void EndLine() {
    text_ += line_end_;
    at_ = {at_.line + 1, 1};
  }
  void Remember(const std::string& field) { places_.push_back({field, at_, {}}); }

  std::string Key() {
    static const std::vector<std::string> kKeys{"name",     "spec", "volumeMounts", "\u4e16\u754c",
                                                "k\u00e9y", "a-b",  "\U0001F600"};
    return Pick(kKeys) + std::to_string(next_key_++);
  }

  std::string Scalar() {
    static const std::vector<std::string> kJson{
        "1", "true", "null", R"("x")", "\"\u4e16 \\\"y\"", "-2.5e3", R"("")"};
    static const std::vector<std::string> kYaml{
        "plain", "two words", "'single ''quoted'", R"("d\u00e9")", "~", "0644", "\U0001F600 x"};
    return Pick(json() ? kJson : kYaml);
  }

  static std::string Member(const std::string& field, const std::string& key) {
    return field.empty() ? key : field + "." + key;
  }

  void Space() {
    if (style_ == Style::kMinified) return;
    if (style_ == Style::kJson && Pick(3) == 0) EndLine();
    for (int i = Pick(3); i > 0; --i) Put(" ");
    if (style_ == Style::kJson && Pick(4) == 0) Put("\t");
  }

  // --- flow style and JSON

  void FlowValue(const std::string& field, int depth) {
    switch (depth == 0 ? 0 : Pick(3)) {
      case 0:
        return Put(Scalar());
      case 1:
        return FlowMapping(field, depth);
      default:
        return FlowSequence(field, depth);
    }
  }

  void FlowMapping(const std::string& field, int depth) {
    Put("{");
    for (int i = 0, count = Pick(4); i < count; ++i) {
      if (i > 0) Put(",");
      Space();
      const std::string key = Key();
      Put(json() ? "\"" + key + "\":" : key + ": ");
      Space();
      Remember(Member(field, key));
      FlowValue(Member(field, key), depth - 1);
      Space();
    }
    Put("}");
  }

  void FlowSequence(const std::string& field, int depth) {
    Put("[");
    for (int i = 0, count = Pick(4); i < count; ++i) {
      if (i > 0) Put(",");
      Space();
      const std::string element = field + "[" + std::to_string(i) + "]";
      Remember(element);
      FlowValue(element, depth - 1);
      Space();
    }
    Put("]");
  }

  // --- block style

  void Indent(int indent) { Put(std::string(static_cast<std::size_t>(indent), ' ')); }

  /// The cursor stands where the first key begins.
  void BlockMapping(const std::string& field, int indent, int depth) {
    const int count = 1 + Pick(4);
    for (int i = 0; i < count; ++i) {
      if (i > 0) Indent(indent);
      if (i > 0 && Pick(6) == 0) Comment(indent);
      const std::string key = Key();
      Put(key + ":");
      BlockValue(Member(field, key), indent, depth - 1);
    }
  }

  void Comment(int indent) {
    Put("# \u4e16 comment\u2028# and\u0085# more\r# of it");
    EndLine();
    Indent(indent);
  }

  /// Behind `key:` or `-`, up to the end of the line.
  void BlockValue(const std::string& field, int indent, int depth) {
    switch (depth <= 0 ? Pick(2) : Pick(6)) {
      case 0:
        Put(" ");
        Remember(field);
        Put(Scalar());
        return EndLine();
      case 1:
        Put(" ");
        Remember(field);
        FlowValue(field, 2);
        return EndLine();
      case 2:
        EndLine();
        Indent(indent + 2);
        Remember(field);
        return BlockMapping(field, indent + 2, depth);
      case 3:
        return BlockSequence(field, indent, depth);
      case 4:
        return BlockText(field, indent);
      default:
        return Alias(field);
    }
  }

  void BlockSequence(const std::string& field, int indent, int depth) {
    EndLine();
    const int count = 1 + Pick(3);
    for (int i = 0; i < count; ++i) {
      Indent(indent + 2);
      const std::string element = field + "[" + std::to_string(i) + "]";
      if (i == 0) Remember(field);
      Put("-");
      if (Pick(2) == 0) {
        Put(" ");
        Remember(element);
        BlockMapping(element, indent + 4, depth);
      } else {
        BlockValue(element, indent + 2, 0);
      }
    }
  }

  void BlockText(const std::string& field, int indent) {
    Put(" ");
    Remember(field);
    Put(Pick(2) == 0 ? "|" : ">-");
    EndLine();
    for (int i = 0; i < 2; ++i) {
      Indent(indent + 2);
      Put("text: [ \u4e16");
      EndLine();
    }
  }

  /// An anchor at its first use; then aliases and merges of it.
  void Alias(const std::string& field) {
    Put(" ");
    if (anchors_.empty() || Pick(2) == 0) {
      Anchor anchor{"a" + std::to_string(anchors_.size()), at_, {}};
      Remember(field);  // what has an anchor starts with it
      Put("&" + anchor.name + " {inner: ");
      anchor.inner = at_;
      Remember(field + ".inner");
      Put("1}");
      anchors_.push_back(anchor);
      return EndLine();
    }
    const Anchor& anchor =
        anchors_[static_cast<std::size_t>(Pick(static_cast<int>(anchors_.size())))];
    if (Pick(2) == 0) {
      places_.push_back({field, at_, anchor.start});
      places_.push_back({field + ".inner", at_, anchor.inner});
      Put("*" + anchor.name);
    } else {
      Remember(field);
      Put("{own: 1, <<: ");
      places_.push_back({field + ".inner", at_, anchor.inner});
      Put("*" + anchor.name + "}");
    }
    EndLine();
  }

  std::mt19937 random_;
  Style style_;
  std::string line_end_;
  std::string text_;
  SourcePos at_{1, 1};
  std::vector<Place> places_;
  std::vector<Anchor> anchors_;
  int next_key_ = 0;
};

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
  using Style = Writer::Style;
  std::size_t compared = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    for (const Style style : {Style::kBlock, Style::kFlow, Style::kJson, Style::kMinified}) {
      for (const char* line_end : {"\n", "\r\n"}) {
        Writer writer(seed, style, line_end);
        writer.Write();
        INFO(writer.text());
        CHECK(Compare(writer.text(), writer.places(), 1) == "");
        compared += writer.places().size();
        if (style == Style::kJson || style == Style::kMinified) continue;
        CHECK(Compare("\ufeff" + writer.text(), writer.places(), 1) == "");
        CHECK(Compare("a: \u4e16\n---\n" + writer.text(), writer.places(), 3) == "");
      }
    }
  }
  CHECK(compared > 10'000);
}

#include "core/yaml_reader.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_reader.h"
#include "core/json_writer.h"

using mountguard::core::DocumentSplitter;
using mountguard::core::DocumentText;
using mountguard::core::InputError;
using mountguard::core::JsonParser;
using mountguard::core::JsonValue;
using mountguard::core::Result;
using mountguard::core::SourcePos;
using mountguard::core::YamlDocument;
using mountguard::core::YamlReader;

namespace fs = std::filesystem;

namespace {

Result<YamlDocument, InputError> ReadOne(std::string_view text) {
  DocumentText source;
  source.text = text;
  YamlReader reader;
  YamlDocument document;
  if (auto read = reader.Read(source, &document); !read) {
    return mountguard::core::Unexpected(std::move(read).error());
  }
  return document;
}

/// "" for an empty document.
std::string Text(const YamlDocument& document) {
  std::string text;
  mountguard::core::AppendJson(document.json.root(), &text);
  return text;
}

std::string Json(std::string_view text) {
  auto document = ReadOne(text);
  return document ? Text(*document) : "refused: " + document.error().message;
}

/// The value of `{v: TEXT}`.
std::string Value(const std::string& text) {
  const std::string json = Json("v: " + text + "\n");
  return json.rfind("{\"v\":", 0) == 0 ? json.substr(5, json.size() - 6) : json;
}

std::string Refusal(std::string_view text) {
  const auto document = ReadOne(text);
  if (document) return "accepted: " + Text(*document);
  return std::to_string(document.error().pos.line) + ":" +
         std::to_string(document.error().pos.column) + ": " + document.error().message;
}

std::string ReadText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string Repeat(std::string_view text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("plain scalars mean what they mean to kubectl") {
  for (const char* yes :
       {"y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"}) {
    CHECK(Value(yes) == "true");
  }
  for (const char* no :
       {"n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"}) {
    CHECK(Value(no) == "false");
  }
  for (const char* null : {"", "~", "null", "Null", "NULL"}) CHECK(Value(null) == "null");
  for (const char* text : {"yEs", "oFF", "nULL", "tRUE", "none", "yes and no"}) {
    CHECK(Value(text) == "\"" + std::string(text) + "\"");
  }
}

TEST_CASE("numbers are read as go-yaml reads them") {
  const std::vector<std::pair<const char*, const char*>> numbers = {
      {"12", "12"},
      {"+12", "12"},
      {"-12", "-12"},
      {"0644", "420"},
      {"0o17", "15"},
      {"0x1F", "31"},
      {"0b101", "5"},
      {"-0b11", "-3"},
      {"0b-1", "-1"},
      {"1_000", "1000"},
      {"08", "8"},
      {"1.50", "1.5"},
      {"1e3", "1000"},
      {".5", "0.5"},
      {"1.", "1"},
      {"1e-7", "1e-07"},
      {"1e21", "1e+21"},
      {".1e1_0", "1000000000"},
      {"9223372036854775807", "9223372036854775807"},
      {"18446744073709551615", "18446744073709551615"},
      {"123456789012345678901", "1.2345678901234568e+20"},
      {"1234567890123456789.0", "1234567890123456800"},
  };
  for (const auto& [text, json] : numbers) CHECK(Value(text) == json);
  for (const char* text : {"1:30", "190:20:30", "0x", "1e400", "2001-01-01", "2001-12-14 21:59:43",
                           "0b12", "1.2.3", "+", "1a", "._5"}) {
    CHECK(Value(text) == "\"" + std::string(text) + "\"");
  }
}

TEST_CASE("what JSON cannot hold is refused") {
  CHECK(Refusal("v: .inf\n") ==
        "1:4: `.inf` is no number that JSON can hold: quote it if it is text");
  CHECK(Value("\".inf\"") == "\".inf\"");
  CHECK(Json(".inf: x\n") == "{\".inf\":\"x\"}");
}

TEST_CASE("tags decide, and a value that is not what its tag says is refused") {
  CHECK(Value("!!str 12") == "\"12\"");
  CHECK(Value("!!int \"12\"") == "12");
  CHECK(Value("!!float 3") == "3");
  CHECK(Value("!!binary aGVsbG8=") == "\"hello\"");
  CHECK(Value("!!timestamp 2001-01-01") == "\"2001-01-01\"");
  CHECK(Value("!mine 12") == "\"12\"");
  CHECK(Refusal("v: !!int x\n") ==
        "1:4: `x` is not what its tag !!int says: remove the tag or mend the value");
  CHECK(Refusal("v: !!timestamp 2001-02-30\n").find("1:4: ") == 0);
  CHECK(Refusal("v: !!binary x\n").find("no base64") != std::string::npos);
}

TEST_CASE("keys become strings") {
  CHECK(Json("{1: a, 1.5: b, yes: c, 0x10: d, 1e6: e}\n") ==
        R"({"1":"a","1.5":"b","true":"c","16":"d","1e+06":"e"})");
  CHECK(Refusal("~: x\n").find("1:1: a key is missing or null") == 0);
  CHECK(Refusal("? [a]\n: x\n").find("1:3: a list stands where a key must") == 0);
}

TEST_CASE("block and quoted scalars keep their text") {
  CHECK(Value("|\n  a\n   b\n\n") == R"("a\n b\n")");
  CHECK(Value(">-\n  a\n  b\n\n  c\n") == R"("a b\nc")");
  CHECK(Value("'it''s'") == R"("it's")");
  CHECK(Value("\"\\x41\\u00e9\\n\\\"\"") == "\"A\xc3\xa9\\n\\\"\"");
}

TEST_CASE("aliases stand for their anchor, a redefined anchor for its latest meaning") {
  CHECK(Json("a: &x [1, &y {k: v}]\nb: *x\nc: *y\n") ==
        R"({"a":[1,{"k":"v"}],"b":[1,{"k":"v"}],"c":{"k":"v"}})");
  CHECK(Json("a: &x 1\nb: *x\nc: &x 2\nd: *x\n*x : e\n") == R"({"a":1,"b":1,"c":2,"d":2,"2":"e"})");
  CHECK(Refusal("a: *x\n") == "1:4: there is no anchor `&x` before this alias `*x`");
  CHECK(Refusal("a: &x [*x]\n") == "1:8: the alias `*x` stands inside its own anchor");
}

TEST_CASE("merge keys put their members in, where they stand") {
  const std::string base = "b: &b {k: 1, l: 2}\n";
  const auto merged = [&base](const std::string& rest) {
    std::string json = Json(base + rest);
    JsonParser parser;
    const auto m = parser.Parse(json).value().Get("m");
    std::string text;
    mountguard::core::AppendJson(m, &text);
    text += '|';
    mountguard::core::AppendJson(m.Get("k"), &text);
    return text;
  };
  CHECK(merged("m:\n  <<: *b\n  k: 3\n") == R"({"k":1,"l":2,"k":3}|3)");
  CHECK(merged("m:\n  k: 3\n  <<: *b\n") == R"({"k":3,"k":1,"l":2}|1)");
  CHECK(merged("m: {<<: {k: 4}, q: 5}\n") == R"({"k":4,"q":5}|4)");
  CHECK(merged("m: {q: 5, <<: {}, <<: {k: 4}}\n") == R"({"q":5,"k":4}|4)");
  CHECK(merged("m: {<<: [{k: 7}, *b, {k: 8}]}\n") == R"({"k":8,"k":1,"l":2,"k":7}|7)");
  CHECK(merged("m: {<<: &i {k: 9}, j: *i}\n") == R"({"k":9,"j":{"k":9}}|9)");
  CHECK(Json("m: {\"<<\": 1}\n") == R"({"m":{"<<":1}})");
  CHECK(Refusal("s: &s [{a: 1}]\nm: {<<: *s}\n").find("2:9: `<<` merges a mapping") == 0);
  CHECK(Refusal("m: {<<: 1}\n").find("1:9: `<<` merges a mapping") == 0);
}

TEST_CASE("of repeated keys the last counts, and both places are told") {
  const auto document = ReadOne(
      "spec:\n  containers:\n  - volumeMounts: [1]\n    name: a\n"
      "    volumeMounts: [2]\na.b: 1\na.b: 2\n");
  REQUIRE(document);
  REQUIRE(document->duplicate_keys.size() == 2);
  CHECK(document->duplicate_keys[0].field == "spec.containers[0].volumeMounts");
  CHECK(document->duplicate_keys[0].first == SourcePos{3, 5});
  CHECK(document->duplicate_keys[0].last == SourcePos{5, 5});
  CHECK(document->duplicate_keys[1].field == "[a.b]");

  std::string many;
  for (int i = 0; i < 1000; ++i) many += "k" + std::to_string(i) + ": 1\n";
  const auto large = ReadOne(many + "k7: 2\n");
  REQUIRE(large);
  REQUIRE(large->duplicate_keys.size() == 1);
  CHECK(large->duplicate_keys[0].first == SourcePos{8, 1});
  CHECK(large->duplicate_keys[0].last == SourcePos{1001, 1});
}

TEST_CASE("text behind the end of a document is dropped, and that is told") {
  const auto dots = ReadOne("a: 1\n...\nb: 2\n");
  REQUIRE(dots);
  CHECK(Text(*dots) == "{\"a\":1}");
  CHECK(dots->dropped == SourcePos{3, 1});
  CHECK(ReadOne("{a: 1} {b: 2}\n").value().dropped == SourcePos{1, 8});
  // Of what follows kubectl looks at one token, or at an empty collection.
  const auto collection = ReadOne("{a: 1}\n{}- b\n");
  REQUIRE(collection.has_value());
  CHECK(Text(*collection) == R"({"a":1})");
  CHECK(collection->dropped == SourcePos{2, 1});
  CHECK_FALSE(ReadOne("a: 1\n...\n# nothing\n").value().dropped.known());
}

TEST_CASE("comments, byte order mark, CRLF and UTF-16 are read as kubectl reads them") {
  CHECK(Json("# nothing\n").empty());
  CHECK(Json("\xef\xbb\xbf"
             "a: 1\r\nb:\r\n- c\r\n") == R"({"a":1,"b":["c"]})");
  CHECK(Json(std::string_view("\xfe\xff\0a\0:\0 \0001\0\n", 12)) == R"({"a":1})");
  CHECK(Refusal(std::string_view("\xff\xfe"
                                 "a\0:\0 \0001\0\n\0",
                                 12))
            .find("UTF-16") != std::string::npos);
}

TEST_CASE("10,000 levels are read and one more is refused, through aliases too") {
  CHECK(Json(Repeat("[", 10000) + Repeat("]", 10000)) == Repeat("[", 10000) + Repeat("]", 10000));
  CHECK(Refusal(Repeat("[", 10001) + Repeat("]", 10001)).find("nested deeper than 10000 levels") !=
        std::string::npos);
  CHECK(Refusal("[&a " + Repeat("[", 6000) + Repeat("]", 6000) + "," + Repeat("[", 6000) + "*a" +
                Repeat("]", 6000) + "]")
            .find("nested deeper") != std::string::npos);
}

TEST_CASE("long lists deep inside brackets are refused before they take minutes") {
  CHECK(Refusal(Repeat("[", 9000) + Repeat("1,", 200000) + "1" + Repeat("]", 9000))
            .find("too many values inside more than 100 levels") != std::string::npos);
  CHECK(Json(Repeat("[", 90) + Repeat("1,", 200000) + "1" + Repeat("]", 90)).size() == 400181);
}

TEST_CASE("what is anchored inside merged mappings is found where it came to lie") {
  CHECK(Json("m:\n"
             "  <<: [{a: &x {q: 1.5}}, {b: &y [1, [2]], c: &z t}, {}]\n"
             "  own: &o {r: s}\n"
             "u: [*x, *y, *z, *o]\n") ==
        R"({"m":{"b":[1,[2]],"c":"t","a":{"q":1.5},"own":{"r":"s"}},)"
        R"("u":[{"q":1.5},[1,[2]],"t",{"r":"s"}]})");
  CHECK(Json("m:\n"
             "  <<: &n {a: &x [1], b: 2}\n"
             "  <<: [*n, &e {}, &f {c: *x}]\n"
             "u: [*n, *e, *f]\n") ==
        R"({"m":{"a":[1],"b":2,"c":[1],"a":[1],"b":2},"u":[{"a":[1],"b":2},{},{"c":[1]}]})");
  CHECK(Json("&k 1: a\n? *k\n: b\nu: *k\n") == R"({"1":"a","1":"b","u":1})");
}

TEST_CASE("documents that explode through aliases are refused quickly") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  CHECK(Refusal(bomb).find("aliases excessively") != std::string::npos);
  // As values they share the text, as keys they do not.
  const std::string large = "a: &a \"" + std::string(1 << 20, 'x') + "\"\nb: [";
  std::string values = large;
  std::string keys = large;
  for (int i = 0; i < 100; ++i) {
    values += "*a, ";
    keys += "{*a : 1}, ";
  }
  const auto read = ReadOne(values + "]\n");
  REQUIRE(read);
  CHECK(read->json.root().Get("b").At(99).AsString().size() == 1 << 20);
  CHECK(Refusal(keys + "]\n").find("grow to more than 64 MiB") != std::string::npos);
}

TEST_CASE("JSON values are read by JSON's rules") {
  const std::string text =
      "{\"a\":\"\\ud83d\\ude00\\ud800\\/\", \"n\":[1.0, 123456789012345678901],\n"
      " \"a\":null}";
  DocumentSplitter splitter(text);
  const auto source = splitter.Next();
  REQUIRE(source);
  REQUIRE(source->json);
  YamlReader reader;
  YamlDocument document;
  REQUIRE(reader.Read(*source, &document));
  CHECK(Text(document) ==
        "{\"a\":\"\xf0\x9f\x98\x80\xef\xbf\xbd/\",\"n\":[1.0,1.2345678901234568e+20],"
        "\"a\":null}");
  REQUIRE(document.duplicate_keys.size() == 1);
  CHECK(document.duplicate_keys[0].first == SourcePos{1, 2});
  CHECK(document.duplicate_keys[0].last == SourcePos{2, 2});
}

TEST_CASE("integers of JSON are exact as far as 64 bits go") {
  const auto number = [](const std::string& digits) {
    const std::string text = "{\"a\":" + digits + "}";
    DocumentSplitter splitter(text);
    YamlReader reader;
    YamlDocument document;
    const auto source = splitter.Next();
    REQUIRE(source);
    REQUIRE(reader.Read(*source, &document));
    return Text(document);
  };
  CHECK(number("9223372036854775807") == R"({"a":9223372036854775807})");
  CHECK(number("-9223372036854775808") == R"({"a":-9223372036854775808})");
  CHECK(number("9223372036854775808") == R"({"a":9.223372036854776e+18})");
}

// Each document of testdata/yaml/broken.yaml ends in a comment with the refusal that is expected.
TEST_CASE("refusals say where, what was expected, and the remedy") {
  const std::string manifest = ReadText(fs::path(MOUNTGUARD_TESTDATA) / "yaml" / "broken.yaml");
  REQUIRE_FALSE(manifest.empty());
  constexpr std::string_view kExpected = "# expected: ";
  DocumentSplitter documents(manifest);
  YamlReader reader;
  YamlDocument document;
  int count = 0;
  while (const auto source = documents.Next()) {
    const std::size_t at = source->text.find(kExpected);
    REQUIRE(at != std::string_view::npos);
    const std::size_t start = at + kExpected.size();
    const std::string expected(source->text.substr(start, source->text.find('\n', start) - start));
    const auto read = reader.Read(*source, &document);
    REQUIRE_FALSE(read);
    CHECK(std::to_string(read.error().pos.line - source->start.line + 1) + ":" +
              std::to_string(read.error().pos.column) + ": " + read.error().message ==
          expected);
    ++count;
  }
  CHECK(count >= 15);
}

TEST_CASE("what libyaml reads otherwise than go-yaml is read as go-yaml does") {
  CHECK(Json("a: \"it\\'s\"\nb: it\\'s\nc: 'x\\'\n") == R"({"a":"it's","b":"it\\'s","c":"x\\"})");
  CHECK(Json("a: x\\/y\nb: '\\/'\n") == R"({"a":"x\\/y","b":"\\/"})");
  CHECK(Json("a: 1\n\ufeffb: \ufeff2\n") == "{\"a\":1,\"\ufeffb\":\"\ufeff2\"}");
  CHECK(Json("m: {cpu:, memory: 1}\n") == R"({"m":{"cpu:":null,"memory":1}})");
  CHECK(Json("[a:, {c:}]\n") == R"(["a:",{"c:":null}])");
  CHECK(Json("[!x, y]\n") == R"(["y"])");
  CHECK(Json("- !![str 1\n- !x],y z\n") == R"(["1","z"])");
  CHECK(Json("{}: x\ny: z\n") == "{}");
  CHECK(Json("{} x \"y\n") == "{}");
  CHECK(Json("---\n[ ] {a} }\n") == "[]");
  CHECK(Json("\"a\"\n{} x \"y\n") == R"("a")");
  CHECK(Refusal("{a: 1}: x\n").find("1:1: a mapping stands where a key must") == 0);
}

TEST_CASE("a JSON number that is too large is refused at its place") {
  const std::string manifest = "{\"a\": 1,\n \"b\": 1e999, \"c\": 1e-999}";
  DocumentSplitter splitter(manifest);
  YamlDocument document;
  const auto read = YamlReader().Read(*splitter.Next(), &document);
  REQUIRE_FALSE(read);
  CHECK(read.error().pos == SourcePos{2, 7});
  CHECK(read.error().message.find("the number is too large") == 0);
}

TEST_CASE("stand-ins do not move what stands behind them") {
  const std::string text = "a: \"it\\'s\" # \ufeff\nb: {c:, d: \ufeffe, f: 1}\n";
  DocumentText document_text;
  document_text.text = text;
  YamlDocument document;
  REQUIRE(YamlReader().Read(document_text, &document));
  CHECK(document.Find("b.d").value == SourcePos{2, 12});
  CHECK(document.Find("b.f").value == SourcePos{2, 19});
  CHECK(document.Find("b[c:]").key == SourcePos{2, 5});
}

TEST_CASE("brackets without end in which every value ends in a colon do not take for ever") {
  std::string text = "a: [";
  for (int i = 0; i < 60'000; ++i) text += "b:, ";
  CHECK(Refusal(text + "]\n").find("1:1: too many values inside brackets end in a colon") == 0);
}

TEST_CASE("bytes that are no text are refused with their place") {
  CHECK(Refusal("a: 1\nb: \"\xff\"\n") ==
        "2:5: the text is not valid UTF-8: save the file as UTF-8");
  CHECK(Refusal("a: \xc3\xa4\x07\n").find("1:5: the control character U+0007") == 0);
  CHECK(Refusal("\ufeff\ufeffa: 1\n").find("1:1: the text begins with two byte order marks") == 0);
}

TEST_CASE("no real manifest crashes the reader, and what it makes of them is JSON") {
  const char* named = std::getenv("MOUNTGUARD_CORPUS");
  const fs::path corpus = named != nullptr
                              ? fs::path(named)
                              : fs::path(MOUNTGUARD_TESTDATA) / "../../../shared/corpus/files";
  if (!fs::is_directory(corpus)) {
    WARN(
        "no corpus of real manifests beside the checkout, and MOUNTGUARD_CORPUS names none: "
        "skipped");
    return;
  }
  YamlReader reader;
  YamlDocument document;
  JsonParser parser;
  int objects = 0;
  for (const auto& entry : fs::recursive_directory_iterator(corpus)) {
    if (!entry.is_regular_file()) continue;
    const std::string manifest = ReadText(entry.path());
    DocumentSplitter documents(manifest);
    while (const auto source = documents.Next()) {
      if (!reader.Read(*source, &document)) continue;
      const JsonValue root = document.json.root();
      std::string json = Text(document);
      INFO(entry.path());
      if (!root.exists()) continue;
      const auto parsed = parser.Parse(json);
      REQUIRE(parsed);
      REQUIRE(DeepEqual(*parsed, root));
      if (!root.Get("kind").exists()) continue;
      ++objects;
      CHECK(document.Find("kind").exact);
    }
  }
  CHECK(objects > 0);
}

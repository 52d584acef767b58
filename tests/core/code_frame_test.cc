#include "core/code_frame.h"

#include <catch2/catch.hpp>
#include <string>

#include "core/display_width.h"

namespace mountguard::core {
namespace {

std::string Frame(const std::string& text, SourcePos position, int width = 60) {
  return ToText(MakeCodeFrame(LineIndex(text), position, width));
}

TEST_CASE("A frame shows the line before and after, and a caret under the whole value",
          "[code_frame]") {
  const std::string text = "volumeMounts:\n- mountPropagation: Bidirectional # why\n  name: h\nx\n";
  CHECK(Frame(text, {2, 21}) ==
        "  1 | volumeMounts:\n"
        "  2 | - mountPropagation: Bidirectional # why\n"
        "    |                     ^^^^^^^^^^^^^\n"
        "  3 |   name: h\n");
}

TEST_CASE("A value ends where YAML and JSON say it does", "[code_frame]") {
  const auto caret = [](const std::string& line, int column) {
    return MakeCodeFrame(LineIndex(line), {1, column}, 60).caret_width;
  };
  CHECK(caret("name: x", 1) == 4);
  CHECK(caret("a: \"b c\" # d", 4) == 5);
  CHECK(caret("a: \"b\\\"c\",", 4) == 6);
  CHECK(caret("a: 'b c'", 4) == 5);
  CHECK(caret("{a: b, c: d}", 5) == 1);
  CHECK(caret("{\"a\":true}", 6) == 4);
  CHECK(caret("a: http://x:80/y  ", 4) == 13);
  CHECK(caret("{a: b}", 1) == 1);
  CHECK(caret("a:", 9) == 1);
}

TEST_CASE("The caret stands under its value behind tabs, wide characters and combining marks",
          "[code_frame]") {
  CHECK(Frame("\tab: x", {1, 6}) == "  1 |         ab: x\n    |             ^\n");
  CHECK(Frame("名前: x", {1, 5}) == "  1 | 名前: x\n    |       ^\n");
  CHECK(Frame("e\u0301: x", {1, 5}) == "  1 | e\u0301: x\n    |    ^\n");
  CHECK(Frame("a: 名前", {1, 4}) == "  1 | a: 名前\n    |    ^^^^\n");
}

TEST_CASE("A long line is cut around the value, and its neighbours with it", "[code_frame]") {
  const std::string head = std::string(100, 'a') + " ";
  const std::string text = "short\n" + head + "value " + std::string(100, 'b') + "\n" + head + "\n";
  const CodeFrame frame = MakeCodeFrame(LineIndex(text), {2, 102}, 40);
  REQUIRE(frame.lines.size() == 2);  // nothing of "short" stands in the window
  CHECK(frame.lines[0].text == "…" + std::string(18, 'a') + " value " + std::string(14, 'b') + "…");
  CHECK(DisplayWidth(frame.lines[0].text) == 41);
  CHECK(frame.caret_column == 20);
  CHECK(frame.target == 0);
}

TEST_CASE("Far to the right in a line of megabytes a frame is as anywhere else", "[code_frame]") {
  const std::string many = "名é" + std::string(100'000, 'a');  // 100,002 code points
  const std::string text = "short\n" + many + many + " value " + many + "\n";
  const CodeFrame frame = MakeCodeFrame(LineIndex(text), {2, 2 * 100'002 + 2}, 40);
  REQUIRE(frame.lines.size() == 1);
  CHECK(frame.lines[0].number == 2);
  CHECK(frame.lines[0].text ==
        "…" + std::string(18, 'a') + " value 名é" + std::string(11, 'a') + "…");
  CHECK(frame.caret_column == 20);
  CHECK(frame.caret_width == 20);
  CHECK(frame.value_length == 6 + 100'002);
}

TEST_CASE("A line that ends behind the value is cut at its front only", "[code_frame]") {
  const std::string text = std::string(30, 'a') + " value b";
  const CodeFrame frame = MakeCodeFrame(LineIndex(text), {1, 32}, 20);
  CHECK(frame.lines[0].text == "…" + std::string(11, 'a') + " value b");
  CHECK(frame.caret_column == 13);
}

TEST_CASE("Nothing in a file can steer the terminal", "[code_frame]") {
  CHECK(Frame("a\x1b[31m: \xff", {1, 1}) == "  1 | a␛[31m: \uFFFD\n    | ^^^^^^\n");
  CHECK(Frame("\u202Ex: y", {1, 1}).find("\u202E") == std::string::npos);
}

TEST_CASE("Frames stop at the ends of the text and skip blank neighbours", "[code_frame]") {
  CHECK(Frame("\r\na: b\r\n", {2, 4}) == "  2 | a: b\n    |    ^\n");
  CHECK(Frame("a: b", {7, 1}).empty());
  CHECK(Frame("a: b", {}).empty());
  CHECK(Frame("", {1, 1}) == "  1 |\n    | ^\n");
}

TEST_CASE("A part of a file is numbered as the file is", "[code_frame]") {
  const std::string part = "a: b\nc: d";
  const LineIndex lines(part, 41);
  CHECK(lines.Line(42) == "c: d");
  CHECK(lines.Line(40).empty());
  CHECK(lines.Line(1).empty());
  CHECK(ToText(MakeCodeFrame(lines, {42, 4}, 60)) == "  41 | a: b\n  42 | c: d\n     |    ^\n");
}

TEST_CASE("Widths are those of terminals", "[display_width]") {
  CHECK(DisplayWidth(U'a') == 1);
  CHECK(DisplayWidth(U'é') == 1);
  CHECK(DisplayWidth(U'\u0301') == 0);
  CHECK(DisplayWidth(U'\u200B') == 0);
  CHECK(DisplayWidth(U'漢') == 2);
  CHECK(DisplayWidth(U'\U0001F600') == 2);
  CHECK(DisplayWidth(U'ｶ') == 1);
  CHECK(DisplayWidth(U'Ａ') == 2);
  CHECK(DisplayWidth("a漢\xff") == 4);
}

}  // namespace
}  // namespace mountguard::core

#include "core/go_quote.h"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using mountguard::core::GoJsonQuote;
using mountguard::core::GoQuote;

namespace {

struct Row {
  std::string_view text, quoted, json;
};

}  // namespace

TEST_CASE("a text is quoted as Go's %q and as Go's json.Marshal quote it") {
  using namespace std::string_view_literals;
  const Row row = GENERATE(values<Row>({
      {"", R"("")", R"("")"},
      {"plain", R"("plain")", R"("plain")"},
      {"a\"b\\c", R"("a\"b\\c")", R"("a\"b\\c")"},
      {"\b\f\n\r\t", R"("\b\f\n\r\t")", R"("\b\f\n\r\t")"},
      {"\a\v", R"("\a\v")", R"("\u0007\u000b")"},
      {"\0\x1f"sv, R"("\x00\x1f")", R"("\u0000\u001f")"},
      {"\x7f", R"("\x7f")", "\"\x7f\""},
      {"<a&b>", R"("<a&b>")", R"("\u003ca\u0026b\u003e")"},
      {"é", "\"é\"", "\"é\""},
      {"\xc2\x80", R"("\u0080")", "\"\xc2\x80\""},               // a control character
      {"\xc2\xa0", R"("\u00a0")", "\"\xc2\xa0\""},               // a space that does not break
      {"\xc2\xad", R"("\u00ad")", "\"\xc2\xad\""},               // a soft hyphen
      {"\xe2\x80\xa8", R"("\u2028")", R"("\u2028")"},            // a line separator
      {"\xe2\x80\xa9", R"("\u2029")", R"("\u2029")"},            // a paragraph separator
      {"\xee\x80\x80", R"("\ue000")", "\"\xee\x80\x80\""},       // private use
      {"\xcd\xb8", R"("\u0378")", "\"\xcd\xb8\""},               // not assigned
      {"\xef\xbf\xbd", "\"\xef\xbf\xbd\"", "\"\xef\xbf\xbd\""},  // U+FFFD itself
      {"😀", "\"😀\"", "\"😀\""},
      {"\xf3\xa0\x80\x81", R"("\U000e0001")", "\"\xf3\xa0\x80\x81\""},   // a language tag
      {"a\xff", R"("a\xff")", R"("a\ufffd")"},                           // no UTF-8
      {"\xc3", R"("\xc3")", R"("\ufffd")"},                              // cut short
      {"\xed\xa0\x80", R"("\xed\xa0\x80")", R"("\ufffd\ufffd\ufffd")"},  // a surrogate
  }));
  CAPTURE(row.text);
  CHECK(GoQuote(row.text) == row.quoted);
  CHECK(GoJsonQuote(row.text) == row.json);
}

#include "core/utf8.h"

#include <catch2/catch.hpp>

#include <string>

using mountguard::core::AppendRune;
using mountguard::core::CountRunes;
using mountguard::core::DecodeRune;
using mountguard::core::IsPrintableAscii;
using mountguard::core::IsValidUtf8;

TEST_CASE("every length of code point goes through both ways") {
  for (char32_t code_point :
       {U'a', U'\x7f', U'\x80', U'\x7ff', U'\x800', U'\xffff', U'\x10000', U'\x10ffff'}) {
    std::string text;
    AppendRune(code_point, &text);
    const auto rune = DecodeRune(text + "rest");
    CHECK(rune.valid);
    CHECK(rune.code_point == code_point);
    CHECK(rune.length == text.size());
  }
}

TEST_CASE("what Go's decoder refuses is refused, a byte at a time") {
  for (const char* text :
       {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xc3("}) {
    const auto rune = DecodeRune(text);
    CHECK_FALSE(rune.valid);
    CHECK(rune.length == 1);
    CHECK_FALSE(IsValidUtf8(text));
  }
}

TEST_CASE("code points are counted, not bytes") {
  CHECK(CountRunes("") == 0);
  CHECK(CountRunes("abc") == 3);
  CHECK(CountRunes("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") == 3);
  CHECK(CountRunes("a\xff") == 2);
  CHECK(IsValidUtf8("\xe2\x82\xac"));
}

TEST_CASE("printable ASCII is told from all else, wherever it stands") {
  CHECK(IsPrintableAscii(""));
  for (std::size_t length = 1; length < 20; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(length, '~');
        text[at] = static_cast<char>(byte);
        if (IsPrintableAscii(text) == (byte >= ' ' && byte <= '~')) continue;
        FAIL("byte " << byte << " at " << at << " of " << length);
      }
    }
  }
}

#include "core/base64.h"

#include <catch2/catch.hpp>

#include <string>

using mountguard::core::DecodeBase64;
using mountguard::core::EncodeBase64;

// The vectors of RFC 4648, chapter 10.
TEST_CASE("base64 is written and read as RFC 4648 has it") {
  const std::pair<std::string, std::string> rows[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xff\xfe\xfb", "//77"},
  };
  for (const auto& [bytes, text] : rows) {
    CHECK(EncodeBase64(bytes) == text);
    CHECK(DecodeBase64(text) == bytes);
  }
}

TEST_CASE("every byte comes back, and line breaks do no harm") {
  std::string bytes;
  for (int i = 0; i < 1024; ++i) bytes.push_back(static_cast<char>(i * 7));
  std::string text = EncodeBase64(bytes);
  CHECK(DecodeBase64(text) == bytes);
  for (std::size_t i = 76; i < text.size(); i += 78) text.insert(i, "\r\n");
  CHECK(DecodeBase64(text) == bytes);
}

TEST_CASE("what is no base64 is refused") {
  for (const char* text : {"Zg", "Zg=", "Z===", "Zm9v!", "Zm 9v", "=Zg="}) {
    CHECK_FALSE(DecodeBase64(text).has_value());
  }
}

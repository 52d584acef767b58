#include "core/rfc3339.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <string>

using mountguard::core::FormatRfc3339;
using mountguard::core::ParseDate;
using mountguard::core::ParseRfc3339;

namespace {

std::string Parsed(std::string_view text) {
  const auto time = ParseRfc3339(text);
  return time ? FormatRfc3339(*time) : "none";
}

}  // namespace

TEST_CASE("a time is read with its offset") {
  CHECK(Parsed("2026-05-01T12:30:15Z") == "2026-05-01T12:30:15Z");
  CHECK(Parsed("2026-05-01T12:30:15+02:00") == "2026-05-01T10:30:15Z");
  CHECK(Parsed("2026-05-01T23:30:00-01:30") == "2026-05-02T01:00:00Z");
  CHECK(Parsed("1969-12-31T23:59:59Z") == "1969-12-31T23:59:59Z");
}

TEST_CASE("a fraction of a second counts") {
  CHECK(*ParseRfc3339("2026-05-01T00:00:00.25Z") - *ParseRfc3339("2026-05-01T00:00:00Z") ==
        std::chrono::milliseconds(250));
  CHECK(Parsed("2026-05-01T00:00:00.0000000000009Z") == "2026-05-01T00:00:00Z");
}

TEST_CASE("what the calendar or the clock lacks is no time") {
  for (const char* text :
       {"", "2026-05-01", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-05-01T24:00:00Z",
        "2026-05-01T00:60:00Z", "2026-05-01T00:00:00", "2026-05-01 00:00:00Z",
        "2026-05-01T00:00:00.Z", "2026-05-01T00:00:00+2:00", "2026-05-01T00:00:00Zx",
        "26-05-01T00:00:00Z"}) {
    CAPTURE(text);
    CHECK_FALSE(ParseRfc3339(text).has_value());
  }
}

TEST_CASE("a date is the midnight in UTC that begins it") {
  CHECK(FormatRfc3339(*ParseDate("2026-05-01")) == "2026-05-01T00:00:00Z");
  CHECK(ParseDate("2028-02-29").has_value());
  CHECK_FALSE(ParseDate("2026-02-29").has_value());
  CHECK_FALSE(ParseDate("2026-5-1").has_value());
  CHECK_FALSE(ParseDate("2026-05-01T00:00:00Z").has_value());
}

TEST_CASE("a year beyond the clock's end is the last one that it can tell") {
  CHECK(*ParseDate("9999-12-31") > *ParseDate("2259-12-31"));
  CHECK(*ParseDate("0000-02-29") < *ParseDate("1700-01-01"));
}

#include "core/api_scalars.h"

#include <catch2/catch.hpp>

namespace mountguard::core {
namespace {

TEST_CASE("quantities are taken as Kubernetes takes them") {
  for (const char* text : {"1", "0", "-1", "+.5", "1.", "-", "100m", "1.5Gi", "1e3", "1E-2", "12E",
                           " 1Ki\xC2\xA0", "1e+3", ".e5"}) {
    INFO(text);
    CHECK_FALSE(QuantityError(text));
  }
}

TEST_CASE("a quantity is refused for its form, its suffix or its digits") {
  for (const char* text : {"", " ", "1 Gi", "abc", "1.5.5", "1Gj", "1Gi1x", "\t1", "1<", "true"}) {
    INFO(text);
    CHECK(QuantityError(text) == QuantityFormatError());
  }
  for (const char* text : {"1K", "1ki", "e", "1e+", "1e99999999999999999999", "1Mi5"}) {
    INFO(text);
    CHECK(QuantityError(text) == "unable to parse quantity's suffix");
  }
  for (const char* text : {".Ei", "-e-10"}) {
    INFO(text);
    CHECK(QuantityError(text) == "unable to parse numeric part of quantity");
  }
}

TEST_CASE("timestamps are taken as Go takes them, which is more than RFC 3339 allows") {
  for (const char* text : {"2024-02-29T03:04:05Z", "2023-01-02T3:04:05,123+24:60"}) {
    INFO(text);
    CHECK_FALSE(TimeError(text));
  }
}

TEST_CASE("a timestamp's error names the piece that Go stumbles on") {
  CHECK(TimeError("2020-01-02") ==
        "parsing time \"2020-01-02\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"T\"");
  CHECK(TimeError("20\xC3\xA9") ==
        "parsing time \"20\\xc3\\xa9\" as \"2006-01-02T15:04:05Z07:00\": cannot parse "
        "\"20\\xc3\\xa9\" as \"2006\"");
  CHECK(TimeError("2020-13-02T03:04:05Z") ==
        "parsing time \"2020-13-02T03:04:05Z\": month out of range");
  CHECK(TimeError("2023-02-29T03:04:05Z") ==
        "parsing time \"2023-02-29T03:04:05Z\": day out of range");
  CHECK(TimeError("2023-02-28T03:04:05+25:61") ==
        "parsing time \"2023-02-28T03:04:05+25:61\": time zone offset minute out of range");
  CHECK(TimeError("2023-02-28T03:04:05Zx") ==
        "parsing time \"2023-02-28T03:04:05Zx\": extra text: \"x\"");
}

TEST_CASE("floats are written as Go's JSON encoder writes them") {
  CHECK(GoFloatText(1.5) == "1.5");
  CHECK(GoFloatText(420.0) == "420");
  CHECK(GoFloatText(1e20) == "100000000000000000000");
  CHECK(GoFloatText(1e21) == "1e+21");
  CHECK(GoFloatText(2.5e-8) == "2.5e-8");
  CHECK(GoFloatText(1e-10) == "1e-10");
  CHECK(GoFloatText(-0.000001) == "-0.000001");
}

}  // namespace
}  // namespace mountguard::core

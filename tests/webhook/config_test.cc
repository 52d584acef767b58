#include "webhook/config.h"

#include <catch2/catch.hpp>

using mountguard::webhook::ParseDuration;
using mountguard::webhook::ParseEndpoint;
using std::chrono::milliseconds;

TEST_CASE("durations are read as Kubernetes' flags are") {
  CHECK(*ParseDuration("0") == milliseconds(0));
  CHECK(*ParseDuration("0s") == milliseconds(0));
  CHECK(*ParseDuration("5s") == milliseconds(5'000));
  CHECK(*ParseDuration("250ms") == milliseconds(250));
  CHECK(*ParseDuration("1m30s") == milliseconds(90'000));
  CHECK(*ParseDuration("1.5h") == milliseconds(5'400'000));
  for (const char* text :
       {"", "5", "s", "-5s", "5 s", "5sec", "inf", "nans", "1e300h", "9999999h"}) {
    CAPTURE(text);
    const auto duration = ParseDuration(text);
    REQUIRE_FALSE(duration);
    CHECK(duration.error().message ==
          "\"" + std::string(text) +
              "\" is no duration; expected such as 5s, 1m30s or 250ms, at most 1000h");
  }
}

TEST_CASE("addresses are read with and without a host") {
  CHECK(ParseEndpoint("127.0.0.1:8080")->host == "127.0.0.1");
  CHECK(ParseEndpoint("127.0.0.1:8080")->port == 8080);
  CHECK(ParseEndpoint(":0")->host.empty());
  CHECK(ParseEndpoint("[::1]:9")->host == "::1");
  for (const char* text : {"", "8080", "localhost", "::1:9", "a:b", "a:", "a:65536", "a:-1"}) {
    CAPTURE(text);
    const auto endpoint = ParseEndpoint(text);
    REQUIRE_FALSE(endpoint);
    CHECK(endpoint.error().message ==
          "\"" + std::string(text) +
              "\" is no address; expected HOST:PORT such as 127.0.0.1:8080, [::1]:8080 or :8080");
  }
}

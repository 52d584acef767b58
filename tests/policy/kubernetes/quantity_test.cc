#include "policy/kubernetes/quantity.h"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mountguard::policy {
namespace {

int Sign(std::string json) {
  core::JsonParser parser;
  return SignOf(parser.Parse(json).value());
}

std::optional<std::string_view> Unit(std::string json) {
  core::JsonParser parser;
  return UnitSuffixOf(parser.Parse(json).value());
}

TEST_CASE("a quantity's sign is that of its digits, however small") {
  for (const std::string zero :
       {"null", "0", R"("0")", R"("-0")", R"("0.000")", R"("0e5")", R"("-0Gi")", "-0.0"}) {
    CAPTURE(zero);
    CHECK(Sign(zero) == 0);
  }
  for (const std::string positive : {"1", "1.5", R"("1Gi")", R"("+1")", R"(".1n")", R"(" 1 ")",
                                     R"("0.00000000000001")", "18446744073709551615"}) {
    CAPTURE(positive);
    CHECK(Sign(positive) == 1);
  }
  for (const std::string negative : {"-1", "-0.5", R"("-1Gi")", R"("-0.1n")", R"("-1e-5")"}) {
    CAPTURE(negative);
    CHECK(Sign(negative) == -1);
  }
  CHECK(SignOf(core::JsonValue()) == 0);
}

TEST_CASE("a quantity is a unit if its canonical text is 1 and a suffix") {
  struct Row {
    std::string quantity, suffix;
  };
  const std::vector<Row> rows = {
      {R"("1")", ""},
      {"1", ""},
      {R"("1m")", "m"},
      {R"("0.001")", "m"},
      {R"("1000m")", ""},
      {R"("1.000")", ""},
      {R"("10e-1")", ""},
      {R"("1k")", "k"},
      {"1000", "k"},
      {R"("1000k")", "M"},
      {R"("0.1E")", "?"},
      {R"("1E")", "E"},
      {R"("1Mi")", "Mi"},
      {R"("1024Ki")", "Mi"},
      {R"("1048576Ki")", "Gi"},
      {R"("0.5Mi")", "?"},
      {R"("0.9765625Ki")", "k"},
      {R"("0.0009765625Ki")", ""},
      {R"("1.0Ki")", "Ki"},
      {R"("1Ei")", "Ei"},
      {R"("1u")", "u"},
      {R"("1000E")", ""},  // beyond E the suffix is lost
  };
  for (const Row& row : rows) {
    CAPTURE(row.quantity);
    if (row.suffix == "?") {
      CHECK_FALSE(Unit(row.quantity).has_value());
    } else {
      CHECK(Unit(row.quantity) == row.suffix);
    }
  }
}

TEST_CASE("a quantity that looks canonical keeps its text and is then no unit") {
  for (const std::string kept : {R"("+1")", R"("01")", R"("1.")", R"("1e0")", R"("1e3")",
                                 R"("01Ki")", R"("+1Mi")", R"("1.k")"}) {
    CAPTURE(kept);
    CHECK_FALSE(Unit(kept).has_value());
  }
  // From Pi on it is parsed another way, and printed anew.
  CHECK(Unit(R"("+1Pi")") == "Pi");
}

TEST_CASE("what is no power is no unit") {
  for (const std::string other :
       {"null", "0", "2", "1024", "-1", R"("-1Mi")", R"("2Mi")", R"("10")", R"("3Ki")", R"("0.5")",
        R"("123456789012345678901234567890")"}) {
    CAPTURE(other);
    CHECK_FALSE(Unit(other).has_value());
  }
}

}  // namespace
}  // namespace mountguard::policy

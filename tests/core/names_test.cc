#include "core/names.h"

#include <catch2/catch.hpp>

#include <string>

using mountguard::core::GoToLower;
using mountguard::core::IsDns1123Label;
using mountguard::core::IsDns1123Subdomain;
using mountguard::core::IsLabelValue;
using mountguard::core::IsQualifiedName;

TEST_CASE("a DNS label has at most 63 lower-case letters, digits and inner hyphens") {
  for (const std::string good : {"a", "0", "a-b", "a--b", "0a"}) {
    CAPTURE(good);
    CHECK(IsDns1123Label(good));
  }
  for (const std::string bad : {"", "-a", "a-", "-", "A", "a.b", "a_b", "é", "a b"}) {
    CAPTURE(bad);
    CHECK_FALSE(IsDns1123Label(bad));
  }
  CHECK(IsDns1123Label(std::string(63, 'a')));
  CHECK_FALSE(IsDns1123Label(std::string(64, 'a')));
}

TEST_CASE("a DNS subdomain is labels joined by dots, 253 bytes in all") {
  for (const std::string good : {"a", "a.b", "a-b.c0"}) {
    CAPTURE(good);
    CHECK(IsDns1123Subdomain(good));
  }
  for (const std::string bad : {"", ".", "a.", ".a", "a..b", "a.-b", "a-.b", "A.b"}) {
    CAPTURE(bad);
    CHECK_FALSE(IsDns1123Subdomain(bad));
  }
  // Its labels have no limit of their own.
  CHECK(IsDns1123Subdomain(std::string(253, 'a')));
  CHECK_FALSE(IsDns1123Subdomain(std::string(254, 'a')));
}

TEST_CASE("a label's key is a name with an optional subdomain in front") {
  for (const std::string good : {"a", "A_b.c-d", "example.com/Name", "x/0"}) {
    CAPTURE(good);
    CHECK(IsQualifiedName(good));
  }
  for (const std::string bad : {"", "/a", "a/", "a/b/c", "A.io/a", "-a", "a.", "a b"}) {
    CAPTURE(bad);
    CHECK_FALSE(IsQualifiedName(bad));
  }
  CHECK(IsQualifiedName("x/" + std::string(63, 'a')));
  CHECK_FALSE(IsQualifiedName("x/" + std::string(64, 'a')));
}

TEST_CASE("a label's value may be empty") {
  CHECK(IsLabelValue(""));
  CHECK(IsLabelValue("My_value.1"));
  CHECK_FALSE(IsLabelValue("-"));
  CHECK_FALSE(IsLabelValue("a/b"));
  CHECK_FALSE(IsLabelValue(std::string(64, 'a')));
}

TEST_CASE("lower case turns the two letters beyond ASCII that become ASCII") {
  CHECK(GoToLower("AbZ-09") == "abz-09");
  CHECK(GoToLower("\u212A8s.\u0130o") == "k8s.io");
  CHECK(GoToLower("É") == "É");
}

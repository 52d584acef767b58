#include "core/did_you_mean.h"

#include <catch2/catch.hpp>
#include <string>

namespace mountguard::core {
namespace {

const std::vector<std::string_view> kWords = {"check", "certs", "mountPropagation", "name"};

TEST_CASE("A slip of the keyboard finds the word that was meant", "[did_you_mean]") {
  CHECK(Nearest("chekc", kWords) == "check");
  CHECK(Nearest("cert", kWords) == "certs");
  CHECK(Nearest("mountpropagations", kWords) == "mountPropagation");
  CHECK(Nearest("CHECK", kWords) == "check");
}

TEST_CASE("A word that is like none finds none", "[did_you_mean]") {
  CHECK(Nearest("volume", kWords).empty());
  CHECK(Nearest("", kWords).empty());
  CHECK(Nearest("x", {"y", "z"}).empty());
  CHECK(Nearest(std::string(10'000, 'c'), kWords).empty());
}

TEST_CASE("The proposal is ready to be put behind a message", "[did_you_mean]") {
  CHECK(DidYouMean("chek", kWords) == "; did you mean \"check\"?");
  CHECK(DidYouMean("volume", kWords).empty());
}

}  // namespace
}  // namespace mountguard::core

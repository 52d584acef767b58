#include "webhook/connection_limits.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>

namespace mountguard::webhook {
namespace {

TEST_CASE("connections are as many as wanted where descriptors are plenty") {
  CHECK(ShareOut(std::nullopt, 2048)->secure == 2048);
  CHECK(ShareOut(1'000'000, 2048)->secure == 2048);
  CHECK(ShareOut(1'000'000, 2048)->metrics == 16);
  CHECK(ShareOut(1'000'000, 1)->secure == 1);
}

TEST_CASE("whatever the limit on open files, something is left for files") {
  for (std::size_t free = 32; free < 5000; ++free) {
    INFO(free << " descriptors");
    const auto limits = ShareOut(free, 2048);
    REQUIRE(limits);
    CHECK(limits->secure >= limits->metrics);
    CHECK(limits->metrics >= 4);
    CHECK(limits->secure + limits->metrics + std::min<std::size_t>(48, free / 2) <= free);
  }
  CHECK(ShareOut(1000, 2048)->secure == 936);
}

TEST_CASE("too few descriptors are refused with how many more it takes") {
  for (std::size_t free = 0; free < 32; ++free) {
    const auto limits = ShareOut(free, 2048);
    if (limits) continue;
    INFO(limits.error().message);
    CHECK(limits.error().message.find("ulimit -n") != std::string::npos);
    CHECK(ShareOut(free + (32 - free), 2048));
  }
  CHECK(ShareOut(20, 2048).error().message ==
        "the limit on open files leaves 20 descriptors, too few to serve with; raise it "
        "(ulimit -n), at least by 12");
}

TEST_CASE("an open file is one free descriptor less") {
  const auto before = FreeDescriptors();
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (before) CHECK(*FreeDescriptors() == *before - 1);
  ::close(file);
}

}  // namespace
}  // namespace mountguard::webhook

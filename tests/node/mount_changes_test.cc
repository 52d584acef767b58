#include "node/mount_changes.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace mountguard::node {
namespace {

using Lines = std::vector<std::string>;

/// "appeared /a", one a change.
Lines Changes(const std::string& before, const std::string& after) {
  const auto old_table = ParseMountInfo(before);
  const auto new_table = ParseMountInfo(after);
  REQUIRE(old_table.has_value());
  REQUIRE(new_table.has_value());
  Lines lines;
  for (const MountChange& one : ChangesBetween(*old_table, *new_table)) {
    CHECK((one.before == nullptr) == (one.kind == MountChange::Kind::kAppeared));
    CHECK((one.after == nullptr) == (one.kind == MountChange::Kind::kGone));
    lines.push_back(std::string(ToString(one.kind)) + " " + std::string(one.mount().mount_point));
  }
  return lines;
}

constexpr char kBase[] = "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n";
constexpr char kMountA[] = "21 20 0:40 / /a rw shared:2 - tmpfs a rw\n";
constexpr char kMountB[] = "22 21 0:41 / /a/b rw shared:3 - tmpfs b rw\n";

TEST_CASE("Nothing has changed where tables are alike", "[mount changes]") {
  CHECK(Changes(std::string(kBase) + kMountA, std::string(kBase) + kMountA).empty());
  CHECK(Changes("", "").empty());
}

TEST_CASE("Mounts appear from the bottom up and go from the top down", "[mount changes]") {
  const std::string all = std::string(kBase) + kMountA + kMountB;
  CHECK(Changes(kBase, all) == Lines{"appeared /a", "appeared /a/b"});
  CHECK(Changes(all, kBase) == Lines{"gone /a/b", "gone /a"});
}

TEST_CASE("A mount of another state has changed", "[mount changes]") {
  for (const char* after :
       {"21 20 0:40 / /a ro shared:2 - tmpfs a rw\n", "21 20 0:40 / /a rw - tmpfs a rw\n",
        "21 20 0:40 / /a rw master:2 - tmpfs a rw\n",
        "21 20 0:40 / /a rw unbindable - tmpfs a rw\n",
        "21 22 0:40 / /a rw shared:2 - tmpfs a rw\n",
        "21 20 0:40 / /a rw shared:2 - tmpfs a ro\n"}) {
    CAPTURE(after);
    CHECK(Changes(kMountA, after) == Lines{"changed /a"});
  }
  CHECK(Changes(kMountA, "21 20 0:40 / /moved rw shared:2 - tmpfs a rw\n") ==
        Lines{"changed /moved"});
  CHECK(Changes("21 20 0:40 /part /a rw - tmpfs a rw\n",
                "21 20 0:40 /part//deleted /a rw - tmpfs a rw\n") == Lines{"changed /a"});
}

TEST_CASE("An id that was given anew is another mount", "[mount changes]") {
  CHECK(Changes(kMountA, "21 20 0:50 / /a rw shared:2 - tmpfs a rw\n") ==
        Lines{"gone /a", "appeared /a"});
  CHECK(Changes(kMountA, "21 20 0:40 /part /a rw shared:2 - tmpfs a rw\n") ==
        Lines{"gone /a", "appeared /a"});
}

}  // namespace
}  // namespace mountguard::node

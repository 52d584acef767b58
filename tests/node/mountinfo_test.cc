#include "node/mountinfo.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>

namespace mountguard::node {
namespace {

/// The table's only mount; its texts live as long as `table`.
Mount OnlyMount(const std::string& line, MountTable* table) {
  auto parsed = ParseMountInfo(line);
  INFO((parsed ? "" : parsed.error().message));
  REQUIRE(parsed.has_value());
  *table = *std::move(parsed);
  REQUIRE(table->mounts().size() == 1);
  return table->mounts().front();
}

TEST_CASE("Every field of a line is what proc(5) says it is", "[mountinfo]") {
  MountTable table;
  const Mount mount = OnlyMount(
      "36 35 98:4 /mnt1 /mnt2 rw,noatime shared:12 master:1 propagate_from:7 - ext3 /dev/root "
      "rw,errors=continue\n",
      &table);
  CHECK(mount.id == 36);
  CHECK(mount.parent == 35);
  CHECK(mount.device == Device{98, 4});
  CHECK(mount.root == "/mnt1");
  CHECK(mount.mount_point == "/mnt2");
  CHECK(mount.options == "rw,noatime");
  CHECK(mount.shared == 12);
  CHECK(mount.master == 1);
  CHECK(mount.propagate_from == 7);
  CHECK_FALSE(mount.unbindable);
  CHECK(mount.other_fields.empty());
  CHECK(mount.type == "ext3");
  CHECK(mount.source == "/dev/root");
  CHECK(mount.super_options == "rw,errors=continue");
}

TEST_CASE("The optional fields tell the propagation type", "[mountinfo]") {
  const std::pair<std::string, std::string_view> cases[] = {{"", "private"},
                                                            {"shared:1 ", "shared"},
                                                            {"master:1 ", "slave"},
                                                            {"shared:2 master:1 ", "slave+shared"},
                                                            {"master:1 shared:2 ", "slave+shared"},
                                                            {"unbindable ", "unbindable"},
                                                            {"master:3 propagate_from:1 ", "slave"},
                                                            {"later:9 ", "private"}};
  for (const auto& [fields, type] : cases) {
    INFO(fields);
    MountTable table;
    const Mount mount = OnlyMount("1 0 8:1 / / rw " + fields + "- ext4 /dev/sda rw", &table);
    CHECK(ToString(mount.Propagation()) == type);
  }
}

TEST_CASE("Optional fields of kernels to come are kept", "[mountinfo]") {
  MountTable table;
  Mount mount = OnlyMount("1 0 8:1 / / rw later:9 beyond shared:3 - ext4 /dev/sda rw", &table);
  CHECK(mount.other_fields == "later:9 beyond");
  CHECK(mount.shared == 3);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += fmt::format("field{}:{} ", i, i);
  mount = OnlyMount("1 0 8:1 / / rw " + many + "master:3 - ext4 /dev/sda rw", &table);
  CHECK(mount.other_fields.size() == many.size() - 1);
  CHECK(mount.master == 3);
}

TEST_CASE("Escapes are decoded, and what is none stays", "[mountinfo]") {
  MountTable table;
  const Mount mount = OnlyMount(
      R"(1 0 0:5 /a\040b /with\011tab\012line\134slash\043hash rw - fuse.x\040y s\040rc rw,dir=/a\054b)",
      &table);
  CHECK(mount.root == "/a b");
  CHECK(mount.mount_point == "/with\ttab\nline\\slash#hash");
  CHECK(mount.type == "fuse.x y");
  CHECK(mount.source == "s rc");
  CHECK(mount.super_options == R"(rw,dir=/a\054b)");  // a decoded comma would part an option
  const Mount odd = OnlyMount(R"(1 0 0:5 / /a\04 rw - x \999\40 rw)", &table);
  CHECK(odd.mount_point == R"(/a\04)");
  CHECK(odd.source == R"(\999\40)");
}

TEST_CASE("An empty source, blanks in options and a removed root are real", "[mountinfo]") {
  MountTable table;
  Mount mount = OnlyMount("1 0 0:5 / /t rw - tmpfs  rw,size=1k", &table);
  CHECK(mount.source.empty());
  CHECK(mount.super_options == "rw,size=1k");
  mount = OnlyMount("1 0 0:5 / /t rw - 9p host rw,trans=a b", &table);
  CHECK(mount.super_options == "rw,trans=a b");
  mount = OnlyMount("1 0 8:1 /srv/gone//deleted /m rw - ext4 /dev/sda rw", &table);
  CHECK(mount.root == "/srv/gone");
  CHECK(mount.root_deleted);
  mount = OnlyMount("1 0 8:1 / /m\\040(deleted) rw - ext4 /dev/sda rw", &table);
  CHECK(mount.mount_point == "/m (deleted)");
  CHECK_FALSE(mount.root_deleted);
  mount = OnlyMount("1 0 0:4 net:[4026532500] /run/netns/a rw - nsfs nsfs rw", &table);
  CHECK(mount.root == "net:[4026532500]");
}

TEST_CASE("A process that has ended has no mounts", "[mountinfo]") {
  const auto table = ParseMountInfo("");
  REQUIRE(table.has_value());
  CHECK(table->mounts().empty());
}

TEST_CASE("Views stay good when a table is moved", "[mountinfo]") {
  auto parsed = ParseMountInfo("1 0 0:1 / / r - a b c");
  REQUIRE(parsed.has_value());
  const char* const before = parsed->mounts().front().mount_point.data();
  const MountTable moved = *std::move(parsed);
  CHECK(moved.mounts().front().mount_point.data() == before);
  CHECK(moved.mounts().front().super_options == "c");
}

TEST_CASE("Lines of megabytes and tables of 100,000 mounts are read", "[mountinfo]") {
  MountTable table;
  const std::string layers(4 << 20, 'l');
  CHECK(OnlyMount("1 0 0:5 / / rw - overlay o lowerdir=" + layers, &table).super_options.size() ==
        layers.size() + 9);
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += fmt::format("{} 1 0:5 / /m/{} rw - t s rw\n", i + 2, i);
  const auto parsed = ParseMountInfo(many);
  REQUIRE(parsed.has_value());
  CHECK(parsed->mounts().size() == 100'000);
  CHECK(parsed->mounts().back().mount_point == "/m/99999");
}

TEST_CASE("A bad line is named with its field and what was expected", "[mountinfo]") {
  const std::string good = "1 0 8:1 / / rw - ext4 /dev/sda rw\n";
  const std::pair<std::string, std::string> cases[] = {
      {"", "field 1 (mount id): expected a whole number, got nothing"},
      {"x 0 8:1 / / rw - ext4 s rw", "field 1 (mount id): expected a whole number, got \"x\""},
      {"-1 0 8:1 / / rw - ext4 s rw", "field 1 (mount id): expected a whole number, got \"-1\""},
      {"1 99999999999 8:1 / / rw - e s rw", "field 2 (parent id): expected a whole number"},
      {"1", "field 2 (parent id): expected a whole number, got nothing"},
      {"1 0 8 / / rw - ext4 s rw", "field 3 (major:minor): expected two numbers with a colon"},
      {"1 0 8:1:2 / / rw - ext4 s rw", "field 3 (major:minor): expected two numbers"},
      {"1 0 8:1  / rw - ext4 s rw", "field 4 (root): expected a path, got nothing"},
      {"1 0 8:1 / mnt rw - ext4 s rw",
       "field 5 (mount point): expected a path that begins with /, got \"mnt\""},
      {"1 0 8:1 / /", "field 6 (options): expected options such as rw, got nothing"},
      {"1 0 8:1 / / rw shared:x - ext4 s rw",
       "field 7 (optional fields): expected a peer group's number behind the colon, got "
       "\"shared:x\""},
      {"1 0 8:1 / / rw master:0 - ext4 s rw", "a peer group's number behind the colon"},
      {"1 0 8:1 / / rw master:1 ext4 s rw", "field 7 (optional fields): expected a - behind them"},
      {"1 0 8:1 / / rw -", "field type: expected a file system behind the -, got nothing"},
      {"1 0 8:1 / / rw - ext4", "field source: expected a source behind the file system"},
      {"1 0 8:1 / / rw - ext4 /dev/sda", "field super options: expected options behind the source"},
      {"/dev/sda1 / ext4 rw 0 0", "field 1 (mount id): expected a whole number, got \"/dev/sda1\""},
      {std::string(500, 'x'), "got \"" + std::string(60, 'x') + "\"..."},
      {std::string("1 0 \x1b[31m / / rw - ext4 s rw"), "got \"␛[31m\""},
  };
  for (const auto& [line, message] : cases) {
    INFO(line);
    const auto parsed = ParseMountInfo(good + line + "\n" + good);
    REQUIRE_FALSE(parsed.has_value());
    CHECK_THAT(parsed.error().message,
               Catch::Matchers::StartsWith("line 2, ") && Catch::Matchers::Contains(message) &&
                   Catch::Matchers::EndsWith("this is no whole /proc/PID/mountinfo "
                                             "(/proc/PID/mounts is written otherwise)"));
  }
}

}  // namespace
}  // namespace mountguard::node

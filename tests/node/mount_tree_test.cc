#include "node/mount_tree.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>

namespace mountguard::node {
namespace {

/// A table of lines "id parent mountpoint [root [device]]", in brief.
struct Brief {
  int id;
  int parent;
  std::string mount_point;
  std::string root = "/";
  std::string device = "8:1";
};

MountTable TableOf(const std::vector<Brief>& mounts) {
  std::string text;
  for (const Brief& one : mounts) {
    text += fmt::format("{} {} {} {} {} rw - ext4 /dev/sda rw\n", one.id, one.parent, one.device,
                        one.root, one.mount_point);
  }
  auto table = ParseMountInfo(text);
  REQUIRE(table.has_value());
  return *std::move(table);
}

int IdAt(const MountTree& tree, std::string_view path) {
  const Mount* mount = tree.MountAt(path);
  return mount == nullptr ? 0 : mount->id;
}

TEST_CASE("A path leads to the mount at its longest prefix", "[mount_tree]") {
  const MountTable table = TableOf({{1, 0, "/"}, {2, 1, "/var"}, {3, 2, "/var/lib/kubelet"}});
  const MountTree tree(table);
  CHECK(IdAt(tree, "/") == 1);
  CHECK(IdAt(tree, "/etc") == 1);
  CHECK(IdAt(tree, "/var") == 2);
  CHECK(IdAt(tree, "/var/lib") == 2);
  CHECK(IdAt(tree, "/var/lib/kubelet") == 3);
  CHECK(IdAt(tree, "/var/lib/kubelet/pods/x") == 3);
  CHECK(IdAt(tree, "/var/lib/kubelet2") == 2);  // on the borders of components
  CHECK(IdAt(tree, "/variable") == 1);
  CHECK(IdAt(tree, "var") == 0);
  CHECK(IdAt(tree, "") == 0);
  for (const Mount& mount : table.mounts()) CHECK(tree.IsVisible(mount));
  CHECK(tree.Parent(table.mounts()[0]) == nullptr);
  CHECK(tree.Parent(table.mounts()[2])->id == 2);
}

TEST_CASE("Of stacked mounts the topmost is seen, whatever their order", "[mount_tree]") {
  const MountTable table =
      TableOf({{1, 0, "/"}, {4, 3, "/m"}, {2, 1, "/m"}, {3, 2, "/m"}, {5, 2, "/m/below"}});
  const MountTree tree(table);
  CHECK(IdAt(tree, "/m") == 4);
  CHECK(IdAt(tree, "/m/below") == 4);
  CHECK(tree.CoveredBy(table.mounts()[2])->id == 3);
  CHECK(tree.CoveredBy(table.mounts()[3])->id == 4);
  CHECK(tree.CoveredBy(table.mounts()[1]) == nullptr);
  CHECK(tree.IsVisible(table.mounts()[1]));
  CHECK_FALSE(tree.IsVisible(table.mounts()[2]));
  CHECK_FALSE(tree.IsVisible(table.mounts()[4]));  // it hangs on a covered mount
}

TEST_CASE("A mount over a directory hides the mounts in it", "[mount_tree]") {
  const MountTable table =
      TableOf({{1, 0, "/"}, {2, 1, "/a/b/c"}, {3, 2, "/a/b/c/d"}, {4, 1, "/a"}, {5, 4, "/a/b"}});
  const MountTree tree(table);
  CHECK(IdAt(tree, "/a/b/c/d") == 5);
  CHECK(IdAt(tree, "/a/x") == 4);
  CHECK_FALSE(tree.IsVisible(table.mounts()[1]));
  CHECK_FALSE(tree.IsVisible(table.mounts()[2]));
  CHECK(tree.IsVisible(table.mounts()[3]));
  CHECK(tree.IsVisible(table.mounts()[4]));
}

TEST_CASE("A mount on top of / is the root of all", "[mount_tree]") {
  const MountTable table = TableOf({{1, 1, "/"}, {2, 1, "/"}, {3, 1, "/old"}, {4, 2, "/new"}});
  const MountTree tree(table);
  CHECK(IdAt(tree, "/") == 2);
  CHECK(IdAt(tree, "/old") == 2);
  CHECK(IdAt(tree, "/new/x") == 4);
  CHECK(tree.Parent(table.mounts()[0]) == nullptr);  // its own parent
}

TEST_CASE("A process in a changed root may see no mount at /", "[mount_tree]") {
  const MountTable table = TableOf({{7, 1, "/proc"}, {8, 1, "/dev"}, {9, 8, "/dev/pts"}});
  const MountTree tree(table);
  CHECK(IdAt(tree, "/") == 0);
  CHECK(IdAt(tree, "/etc") == 0);
  CHECK(IdAt(tree, "/proc/1") == 7);
  CHECK(IdAt(tree, "/dev/pts/0") == 9);
  CHECK(tree.IsVisible(table.mounts()[0]));
}

TEST_CASE("A table that contradicts itself hides what cannot be reached", "[mount_tree]") {
  const MountTable table = TableOf({{1, 0, "/"},
                                    {2, 3, "/a"},
                                    {3, 2, "/a"},
                                    {4, 3, "/a/b"},
                                    {1, 0, "/twice"},
                                    {6, 1, "/ab"},
                                    {7, 6, "/cd"}});
  const MountTree tree(table);
  CHECK(IdAt(tree, "/a/b") == 1);
  CHECK(IdAt(tree, "/cd") == 1);
  for (const std::size_t i : {1, 2, 3, 6}) CHECK_FALSE(tree.IsVisible(table.mounts()[i]));
}

TEST_CASE("Mounts on one path are counted, and those among them that are alike", "[mount_tree]") {
  std::vector<Brief> mounts = {{1, 0, "/"}, {2, 1, "/once"}};
  for (int i = 0; i < 7; ++i) mounts.push_back({10 + i, i == 0 ? 1 : 9 + i, "/srv/ex", "/srv/ex"});
  mounts.push_back({30, 1, "/proc/sys/fs/binfmt_misc", "/", "0:31"});
  mounts.push_back({31, 30, "/proc/sys/fs/binfmt_misc", "/", "0:47"});
  const MountTable table = TableOf(mounts);
  const auto stacked = MountTree(table).StackedPaths();
  REQUIRE(stacked.size() == 2);
  CHECK(stacked[0].path == "/srv/ex");
  CHECK(stacked[0].mounts == 7);
  CHECK(stacked[0].alike == 7);
  CHECK(stacked[1].path == "/proc/sys/fs/binfmt_misc");
  CHECK(stacked[1].mounts == 2);
  CHECK(stacked[1].alike == 1);
}

TEST_CASE("An empty table has nothing", "[mount_tree]") {
  const MountTable table;
  const MountTree tree(table);
  CHECK(tree.MountAt("/") == nullptr);
  CHECK(tree.StackedPaths().empty());
}

TEST_CASE("A stack of 30,000 mounts is walked in a moment", "[mount_tree]") {
  std::vector<Brief> mounts = {{1, 0, "/"}};
  for (int i = 0; i < 30'000; ++i) mounts.push_back({i + 2, i + 1, "/m"});
  const MountTable table = TableOf(mounts);
  const MountTree tree(table);
  CHECK(IdAt(tree, "/m/x") == 30'001);
  CHECK(tree.StackedPaths().front().mounts == 30'000);
  CHECK(tree.IsVisible(table.mounts().back()));
  CHECK_FALSE(tree.IsVisible(table.mounts()[1]));
}

}  // namespace
}  // namespace mountguard::node

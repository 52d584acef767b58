#include "node/peer_groups.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace mountguard::node {
namespace {

MountTable TableWith(const std::vector<std::string>& optional_fields) {
  std::string text;
  int id = 1;
  for (const std::string& fields : optional_fields) {
    text += std::to_string(id) + " 0 8:1 / / rw " + fields + " - ext4 /dev/sda rw\n";
    ++id;
  }
  auto table = ParseMountInfo(text);
  REQUIRE(table.has_value());
  return *std::move(table);
}

/// The groups whose mount events reach the mount, each at its first place.
std::vector<int> SourcesOf(const PeerGroups& groups, const Mount& mount) {
  std::vector<int> sources;
  groups.AnySourceOf(mount, [&sources](int group) {
    if (std::find(sources.begin(), sources.end(), group) == sources.end()) sources.push_back(group);
    return false;  // all of them
  });
  return sources;
}

TEST_CASE("A mount hears its own group, its master and what stands above", "[peer_groups]") {
  const MountTable host = TableWith({"shared:1", "shared:2"});
  const MountTable middle = TableWith({"shared:5 master:1"});
  const MountTable container =
      TableWith({"shared:5 master:1", "master:5", "master:2", "unbindable", "shared:9"});
  PeerGroups groups;
  for (const MountTable* table : {&host, &middle, &container}) groups.Add(*table);
  using Groups = std::vector<int>;
  CHECK(SourcesOf(groups, host.mounts()[0]) == Groups{1});
  CHECK(SourcesOf(groups, container.mounts()[0]) == Groups{5, 1});
  CHECK(SourcesOf(groups, container.mounts()[1]) == Groups{5, 1});
  CHECK(SourcesOf(groups, container.mounts()[2]) == Groups{2});
  CHECK(SourcesOf(groups, container.mounts()[3]).empty());
  CHECK(SourcesOf(groups, container.mounts()[4]) == Groups{9});
  CHECK(groups.Reaches(1, container.mounts()[1]));
  CHECK_FALSE(groups.Reaches(5, host.mounts()[0]));  // never upwards
  CHECK_FALSE(groups.Reaches(0, container.mounts()[3]));
  CHECK(groups.MasterOf(5) == 1);
  CHECK(groups.MasterOf(1) == 0);
}

TEST_CASE("Groups out of sight are bridged by propagate_from", "[peer_groups]") {
  const MountTable container = TableWith({"master:5 propagate_from:1"});
  PeerGroups groups;
  groups.Add(container);
  CHECK(groups.Reaches(1, container.mounts()[0]));
  // Who sees the group in between knows better.
  const MountTable middle = TableWith({"shared:5 master:3", "shared:3 master:1"});
  groups.Add(middle);
  CHECK(SourcesOf(groups, container.mounts()[0]) == std::vector<int>{5, 3, 1});
}

TEST_CASE("Tables that contradict each other end", "[peer_groups]") {
  const MountTable table = TableWith({"shared:1 master:2", "shared:2 master:1", "master:2"});
  PeerGroups groups;
  groups.Add(table);
  CHECK(SourcesOf(groups, table.mounts()[2]) == std::vector<int>{2, 1});
}

}  // namespace
}  // namespace mountguard::node

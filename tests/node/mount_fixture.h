#ifndef MOUNTGUARD_TESTS_NODE_MOUNT_FIXTURE_H_
#define MOUNTGUARD_TESTS_NODE_MOUNT_FIXTURE_H_

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/node/namespace_world.h"

namespace mountguard::node {

inline constexpr std::string_view kTypes[] = {"private", "shared", "slave", "slave+shared",
                                              "unbindable"};

/// A host and a container of mounts of given types, nested, bound and stacked, below one directory:
///   p        a file system of type `parent`, with a peer or master at pp
///   p/b      a file system of type `child` in it, with a peer or master at pb
///   p/c      two file systems on one directory
///   bound    a bind mount of p/a
///   ctr      in the container alone: p with all below it, of type `container`
struct MountFixture {
  static constexpr int kHost = 0;

  NamespaceWorld world;
  std::string base;
  int container = -1;
  bool bound = false;

  void Must(const std::string& refused) const {
    INFO(refused);
    REQUIRE(refused.empty());
  }

  /// A file system with two directories, of that type.
  void AddFileSystem(const std::string& name, std::string_view type, const std::string& peer) {
    const std::string path = base + "/" + name;
    Must(world.MountTmpfs(kHost, "fs-" + peer, path));
    Must(world.SetType(kHost, path, "private", false));
    for (const std::string folder : {"/a", "/b", "/c", "/a/deep"}) {
      Must(world.MakeDirectory(kHost, path + folder));
    }
    SetType(kHost, path, type, base + "/" + peer, false);
  }

  /// slave needs a master: the mount's former peer at `peer`.
  void SetType(int process, const std::string& path, std::string_view type, const std::string& peer,
               bool recursive) {
    const bool shared_first = type == "slave" || type == "slave+shared";
    if (shared_first && !peer.empty()) {
      Must(world.SetType(process, path, "shared", recursive));
      Must(world.Bind(process, path, peer, false));
    }
    if (type == "slave+shared") {
      Must(world.SetType(process, path, "slave", recursive));
      Must(world.SetType(process, path, "shared", recursive));
    } else {
      Must(world.SetType(process, path, std::string(type), recursive));
    }
  }

  void Build(const std::string& directory, std::string_view parent, std::string_view child,
             std::string_view in_container, NamespaceWorld::Users users) {
    base = directory;
    Must(world.MountTmpfs(kHost, "base", base));
    Must(world.SetType(kHost, base, "private", false));
    for (const std::string folder : {"/p", "/pp", "/pb", "/bound", "/ctr"}) {
      Must(world.MakeDirectory(kHost, base + folder));
    }
    AddFileSystem("p", parent, "pp");
    AddFileSystem("p/b", child, "pb");
    Must(world.MountTmpfs(kHost, "stack-1", base + "/p/c"));
    Must(world.MountTmpfs(kHost, "stack-2", base + "/p/c"));
    bound = parent != "unbindable";  // which the kernel refuses to bind
    if (bound) Must(world.Bind(kHost, base + "/p/a", base + "/bound", false));
    container = world.Spawn(users);
    Must(world.error());
    if (!bound) return;
    Must(world.Bind(container, base + "/p", base + "/ctr", true));
    SetType(container, base + "/ctr", in_container, "", true);
  }

  /// Where a test mounts something: process and path.
  std::vector<std::pair<int, std::string>> Probes() const {
    std::vector<std::pair<int, std::string>> probes;
    const auto add = [&](int process, const std::vector<std::string>& paths) {
      for (const std::string& path : paths) probes.emplace_back(process, base + path);
    };
    add(kHost, {"/p/a", "/p/a/deep", "/p/b", "/p/b/a", "/p/b/a/deep", "/p/c", "/p", "/pp", "/pb"});
    add(container, {"/p/a", "/p/b/a", "/bound"});
    if (!bound) return probes;
    add(kHost, {"/bound", "/bound/deep"});
    add(container, {"/ctr", "/ctr/a", "/ctr/a/deep", "/ctr/b", "/ctr/b/a", "/ctr/c"});
    return probes;
  }
};

}  // namespace mountguard::node

#endif  // MOUNTGUARD_TESTS_NODE_MOUNT_FIXTURE_H_

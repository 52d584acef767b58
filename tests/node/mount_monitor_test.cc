#include "node/mount_monitor.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "core/file_reader.h"
#include "node/process.h"
#include "tests/node/namespace_world.h"
#include "tests/temporary_directory.h"

namespace mountguard::node {
namespace {

/// A namespace with many mounts in one directory: a table that the kernel gives in many pieces.
struct CrowdedWorld {
  static constexpr int kCrowd = 3000;

  tests::TemporaryDirectory directory;
  NamespaceWorld world;

  std::string PathOf(int member) const {
    return fmt::format("{}/member-{}", directory.path(), member % kCrowd);
  }

  /// "" if all is well, as of NamespaceWorld's functions.
  std::string Build() {
    std::string refused = world.MountTmpfs(0, "base", directory.path());
    if (refused.empty()) refused = world.SetType(0, directory.path(), "private", false);
    for (int i = 0; i < kCrowd && refused.empty(); ++i) {
      refused = world.MakeDirectory(0, PathOf(i));
      if (refused.empty()) refused = Add(i);
    }
    return refused;
  }
  std::string Add(int member) { return world.Bind(0, PathOf(member), PathOf(member), false); }

  /// Unmounts a few members, the oldest first, and mounts them anew: they are the youngest then.
  void Rotate(int burst) {
    constexpr int kEach = 2;
    for (int i = 0; i < kEach; ++i) {
      const int member = kEach * burst + i;
      if (!world.Unmount(0, PathOf(member)).empty() || !Add(member).empty()) failed = true;
    }
  }

  int MembersIn(const MountTable& table) const {
    int members = 0;
    for (const Mount& mount : table.mounts()) {
      members += mount.mount_point.find("/member-") != std::string_view::npos ? 1 : 0;
    }
    return members;
  }

  std::atomic<bool> failed{false};
};

TEST_CASE("A table is read whole while mounts come and go", "[mount monitor][namespaces]") {
  CrowdedWorld crowd;
  if (!crowd.world.error().empty()) {
    std::printf("skipped: no mount namespaces here (%s), so no changing table is read\n",
                crowd.world.error().c_str());
    return;
  }
  const std::string refused = crowd.Build();
  INFO(refused);
  REQUIRE(refused.empty());
  // One burst a read, however slow the machine is: mounts that never rest cannot be read whole. It
  // comes at another moment of the read each time.
  constexpr int kReads = 100;
  std::atomic<int> reads{0};
  std::thread rotation([&] {
    for (int burst = 0; burst < kReads; ++burst) {
      while (reads <= burst) std::this_thread::sleep_for(std::chrono::microseconds(50));
      std::this_thread::sleep_for(std::chrono::microseconds(burst * 20));
      crowd.Rotate(burst);
    }
  });
  const core::SystemFileReader files;
  const ProcessReader reader(files);
  int least = CrowdedWorld::kCrowd;
  int most = 0;
  int unread = 0;
  while (reads < kReads) {
    ++reads;
    const auto table = reader.Mounts(crowd.world.pid(0));
    if (!table) ++unread;
    const int members = table ? crowd.MembersIn(*table) : CrowdedWorld::kCrowd;
    least = std::min(least, members);
    most = std::max(most, members);
  }
  rotation.join();
  CHECK_FALSE(crowd.failed);
  CHECK(unread == 0);
  // At any one moment all are there, or all but the one that is about to come back.
  CHECK(least >= CrowdedWorld::kCrowd - 1);
  CHECK(most == CrowdedWorld::kCrowd);
}

TEST_CASE("A monitor is told of what happened since it read last", "[mount monitor][namespaces]") {
  NamespaceWorld world;
  if (!world.error().empty()) {
    std::printf("skipped: no mount namespaces here (%s), so none is monitored\n",
                world.error().c_str());
    return;
  }
  const tests::TemporaryDirectory directory;
  auto monitor = MountMonitor::Open(fmt::format("/proc/{}/mountinfo", world.pid(0)));
  REQUIRE(monitor.has_value());
  const auto told = [&monitor] {
    pollfd one = {monitor->fd(), POLLPRI, 0};
    return ::poll(&one, 1, 0) == 1 && (one.revents & POLLPRI) != 0;
  };
  const auto before = monitor->Read();
  REQUIRE(before.has_value());
  CHECK_FALSE(told());
  REQUIRE(world.MountTmpfs(0, "new", directory.path()).empty());
  const auto after = monitor->Read();
  REQUIRE(after.has_value());
  CHECK(after->mounts().size() == before->mounts().size() + 1);
  CHECK_FALSE(told());
  REQUIRE(world.Unmount(0, directory.path()).empty());
  CHECK(told());
}

TEST_CASE("What cannot be monitored is an error with its path", "[mount monitor]") {
  CHECK(MountMonitor::Open("/nowhere/mountinfo").error().message ==
        "/nowhere/mountinfo: No such file or directory");
}

}  // namespace
}  // namespace mountguard::node

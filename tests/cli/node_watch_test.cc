// `node watch` over namespaces of the test's own, in which something is mounted and unmounted.

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/cli/run.h"
#include "tests/node/fake_node.h"
#include "tests/node/namespace_world.h"
#include "tests/temporary_directory.h"

namespace mountguard::cli {
namespace {

/// Keeps what is written, and lets another thread wait until it is flushed.
class FlushCounter : public std::stringbuf {
 public:
  /// False if nothing is flushed within half a minute.
  bool WaitForFlush() {
    std::unique_lock lock(mutex_);
    return flushed_.wait_for(lock, std::chrono::seconds(30), [this] { return flushes_ > 0; });
  }

 private:
  int sync() override {
    const std::lock_guard lock(mutex_);
    ++flushes_;
    flushed_.notify_all();
    return 0;
  }

  std::mutex mutex_;
  std::condition_variable flushed_;
  int flushes_ = 0;
};

/// A host that mounts things at `place`, a process that sees them and one that does not.
struct WatchedWorld {
  tests::TemporaryDirectory directory;
  node::NamespaceWorld world;
  node::FakeNode fake;
  int follower = -1;
  int apart = -1;

  std::string place() const { return directory.path() + "/shared/place"; }

  void Must(const std::string& refused) const {
    INFO(refused);
    REQUIRE(refused.empty());
  }

  void Build() {
    const std::string base = directory.path();
    const std::string shared = base + "/shared";
    Must(world.MountTmpfs(0, "base", base));
    Must(world.SetType(0, base, "private", false));
    Must(world.MakeDirectory(0, shared));
    Must(world.MountTmpfs(0, "shared", shared));
    Must(world.MakeDirectory(0, place()));
    Must(world.SetType(0, shared, "shared", false));
    using Users = node::NamespaceWorld::Users;
    follower = world.Spawn(Users::kSame);
    apart = world.Spawn(Users::kSame);
    Must(world.error());
    Must(world.SetType(apart, shared, "private", false));
    fake.Link("/proc/1", fmt::format("/proc/{}", world.pid(0)));
    for (const int process : {follower, apart}) {
      const std::string folder = fmt::format("/proc/{}", world.pid(process));
      fake.Link(folder, folder);
    }
  }

  /// What watch says while something is mounted and, once it has told of that, unmounted.
  Ran Watch(const Arguments& more) {
    Arguments arguments = {"node", "watch", "--root", fake.root(), "--events", "2"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    FlushCounter out;
    FlushCounter err;
    auto watch = std::async(std::launch::async, [&] {
      std::istringstream in;
      std::ostream out_stream(&out);
      std::ostream err_stream(&err);
      const core::SystemFileReader files;
      const core::FixedClock clock(kNow);
      Environment env = {in, out_stream, err_stream, files, clock, {}};
      return Run(AllCommands(), arguments, env);
    });
    const bool begun = err.WaitForFlush();
    const std::string mounted = world.MountTmpfs(0, "watched", place());
    const bool told = out.WaitForFlush();
    // Whatever it has missed, it ends.
    std::string unmounted = world.Unmount(0, place());
    while (watch.wait_for(std::chrono::seconds(5)) != std::future_status::ready) {
      unmounted = "watch did not tell of two events; " + world.MountTmpfs(0, "more", place()) +
                  world.Unmount(0, place());
    }
    const ExitCode code = watch.get();
    INFO(out.str() << err.str());
    CHECK(begun);
    CHECK(told);
    Must(mounted);
    Must(unmounted);
    return {code, out.str(), err.str()};
  }
};

TEST_CASE("watch tells who sees what appears and who does not", "[node watch][namespaces]") {
  WatchedWorld node;
  if (!node.world.error().empty()) {
    std::printf("skipped: no mount namespaces here (%s), so nothing is watched\n",
                node.world.error().c_str());
    return;
  }
  node.Build();
  const std::string place = node.place();
  SECTION("in words") {
    const Ran ran = node.Watch({});
    INFO(ran.out << ran.err);
    CHECK(ran.code == ExitCode::kClean);
    CHECK(ran.err == "watching the host\n");
    const std::string appeared =
        fmt::format("2026-05-01T00:00:00Z the host: appeared {} (tmpfs watched); seen by ", place);
    const std::string gone =
        fmt::format("2026-05-01T00:00:00Z the host: gone {} (tmpfs watched)\n", place);
    CHECK(ran.out.find(appeared) != std::string::npos);
    CHECK(ran.out.find(gone) != std::string::npos);
    CHECK(ran.out.find(fmt::format("process {} ", node.world.pid(node.follower))) <
          ran.out.find("; not by "));
    CHECK(ran.out.find("; not by ") <
          ran.out.find(fmt::format("process {} ", node.world.pid(node.apart))));
  }
  SECTION("as JSON, an object a line") {
    const Ran ran = node.Watch({"-o", "json"});
    INFO(ran.out << ran.err);
    std::istringstream lines(ran.out);
    int appeared = 0;
    int gone = 0;
    for (std::string line; std::getline(lines, line);) {
      const auto event = nlohmann::json::parse(line);
      CHECK(event["in"]["host"] == true);
      if (event["event"] == "gone") {
        ++gone;
        CHECK(event["after"].is_null());
        CHECK(event["before"]["mountPoint"] == place);
        continue;
      }
      ++appeared;
      CHECK(event["event"] == "appeared");
      CHECK(event["before"].is_null());
      CHECK(event["after"]["mountPoint"] == place);
      REQUIRE(event["audience"].size() == 2);
      for (const auto& one : event["audience"]) {
        CHECK(one["sees"] == (one["pid"] == node.world.pid(node.follower)));
        CHECK(one["path"] == place);
      }
    }
    CHECK(appeared == 1);
    CHECK(gone == 1);
  }
}

TEST_CASE("watch says what it cannot watch", "[node watch]") {
  node::FakeNode fake;
  fake.AddProcess(1, "systemd", "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n", "0::/\n", 1);
  const Ran none = RunProgram({"node", "watch", "--root", fake.root(), "--pid", "77"});
  CHECK(none.code == ExitCode::kUnreadable);
  CHECK(none.err.find("there is no process 77") != std::string::npos);
  const Ran negative = RunProgram({"node", "watch", "--root", fake.root(), "--events", "-1"});
  CHECK(negative.code == ExitCode::kUsage);
  CHECK(negative.err.find("--events: expected 0 or more") != std::string::npos);
}

}  // namespace
}  // namespace mountguard::cli

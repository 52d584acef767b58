// What `node inspect` says of the host, held against the kernel: in namespaces of the test's own
// something is mounted at every place of every combination of propagation types, and must appear
// exactly where the report said.

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/file_reader.h"
#include "core/path.h"
#include "node/process.h"
#include "tests/cli/run.h"
#include "tests/node/fake_node.h"
#include "tests/node/mount_fixture.h"
#include "tests/temporary_directory.h"

namespace mountguard::cli {
namespace {

using nlohmann::json;
using node::MountFixture;
using Paths = std::set<std::string>;

/// `path`, at or below `base`, seen from another base.
std::string Moved(const std::string& path, const std::string& base, const std::string& to) {
  const std::string rest = base == "/" ? path : path.substr(base.size());
  return to == "/" ? (rest.empty() ? "/" : rest) : to + (rest == "/" ? "" : rest);
}

/// The file system that a process reaches by that path, as the kernel says.
std::optional<dev_t> DeviceAt(int pid, const std::string& path) {
  struct stat found {};
  const std::string from_here = fmt::format("/proc/{}/root{}", pid, path);
  if (::stat(from_here.c_str(), &found) != 0) return std::nullopt;
  return found.st_dev;
}

/// Where a process sees the file system of that source: not where it lies below another.
Paths SeenBy(int pid, const std::string& source) {
  const core::SystemFileReader files;
  const auto table = node::ProcessReader(files).Mounts(pid);
  REQUIRE(table.has_value());
  Paths paths;
  for (const node::Mount& mount : table->mounts()) {
    const std::string path(mount.mount_point);
    const dev_t device = makedev(mount.device.major, mount.device.minor);
    if (mount.source == source && DeviceAt(pid, path) == device) paths.insert(path);
  }
  return paths;
}

/// The report of a world whose first process is taken for the host's process 1. It is read as its
/// user would read it: nothing of the library that made it is asked.
class Report {
 public:
  explicit Report(const MountFixture& fixture)
      : host_pid_(fixture.world.pid(MountFixture::kHost)),
        container_pid_(fixture.world.pid(fixture.container)) {
    node::FakeNode fake;
    fake.Link("/proc/1", fmt::format("/proc/{}", host_pid_));
    fake.Link(fmt::format("/proc/{}", container_pid_), fmt::format("/proc/{}", container_pid_));
    const Ran ran = RunProgram({"node", "inspect", "--root", fake.root(), "--all", "-o", "json"});
    INFO(ran.err);
    REQUIRE(ran.code == ExitCode::kClean);
    const json all = ran.Json();
    for (const json& space : all["namespaces"]) {
      (space["host"].get<bool>() ? host_ : container_) = space["mounts"];
    }
    REQUIRE_FALSE(host_.empty());
    REQUIRE_FALSE(container_.empty());
  }

  /// Where a mount that is made on the host at `path` is said to appear in the container.
  Paths InContainer(const std::string& path) const {
    Paths paths;
    ForEachLink([&](const json& mount, const json& link) {
      const std::string there = link["hostPath"];
      if (!link["seesHost"].get<bool>() || !core::IsAtOrUnder(path, there)) return;
      if (IdAt(host_, path) != link["mount"]) return;
      const std::string here = Moved(path, there, link["path"]);
      if (IdAt(container_, here) != mount["id"]) return;
      CHECK(mount["mountPropagation"] != "None");
      paths.insert(here);
    });
    return paths;
  }

  /// The other way round.
  Paths OnHost(const std::string& path) const {
    Paths paths;
    ForEachLink([&](const json& mount, const json& link) {
      const std::string here = link["path"];
      if (!link["hostSees"].get<bool>() || !core::IsAtOrUnder(path, here)) return;
      if (IdAt(container_, path) != mount["id"]) return;
      const std::string there = Moved(path, here, link["hostPath"]);
      if (IdAt(host_, there) != link["mount"]) return;
      CHECK(mount["mountPropagation"] == "Bidirectional");
      paths.insert(there);
    });
    return paths;
  }

  /// Holds the host's mounts that are said to be missing, and those that are not, against what
  /// both processes reach by those paths. The result is how many there were.
  int CheckMissing(const std::string& below) const {
    int checked = 0;
    for (const json& mount : container_) {
      if (mount["host"].empty()) continue;
      const json& link = mount["host"][0];
      const Paths missing = mount["missing"]["hostPaths"];
      for (const json& host : host_) {
        const std::string there = host["mountPoint"];
        const std::string base = link["hostPath"];
        if (!host["visible"].get<bool>() || there == base || !core::IsAtOrUnder(there, base) ||
            !core::IsAtOrUnder(there, below)) {
          continue;
        }
        const std::string here = Moved(there, base, link["path"]);
        const bool reached = IdAt(container_, here) != mount["id"];
        INFO(there << " on the host, " << here << " in the container");
        CHECK(missing.count(there) == (reached ? 0 : 1));
        if (!reached) CHECK(DeviceAt(container_pid_, here) == DeviceOf(mount));
        CHECK((DeviceAt(container_pid_, here) == DeviceAt(host_pid_, there)) == reached);
        ++checked;
      }
    }
    return checked;
  }

 private:
  static dev_t DeviceOf(const json& mount) {
    const std::string text = mount["device"];
    const std::size_t colon = text.find(':');
    return makedev(std::stoul(text.substr(0, colon)), std::stoul(text.substr(colon + 1)));
  }

  /// The id of the mount that a path leads to, by the report; null if none does.
  static json IdAt(const json& mounts, const std::string& path) {
    std::size_t longest = 0;
    json id;
    for (const json& mount : mounts) {
      const std::string at = mount["mountPoint"];
      if (!mount["visible"].get<bool>() || !core::IsAtOrUnder(path, at)) continue;
      if (at.size() < longest) continue;
      longest = at.size();
      id = mount["id"];
    }
    return id;
  }

  template <class Take>
  void ForEachLink(const Take& take) const {
    for (const json& mount : container_) {
      REQUIRE(mount["moreOnHost"] == 0);
      for (const json& link : mount["host"]) take(mount, link);
    }
  }

  const int host_pid_;
  const int container_pid_;
  json host_;
  json container_;
};

struct Counts {
  int mounts = 0;
  int seen = 0;  // that appeared on the other side
  int missing = 0;
};

/// Mounts at every place of one world.
void HoldAgainstKernel(MountFixture* fixture, Counts* counts) {
  const Report report(*fixture);
  counts->missing += report.CheckMissing(fixture->base);
  const int host = MountFixture::kHost;
  for (const auto& [process, path] : fixture->Probes()) {
    const bool on_host = process == host;
    INFO("mounted " << (on_host ? "on the host" : "in the container") << " at " << path);
    const std::string source = fmt::format("probe-{}", counts->mounts);
    const Paths said = on_host ? report.InContainer(path) : report.OnHost(path);
    fixture->Must(fixture->world.MountTmpfs(process, source, path));
    const int other = on_host ? fixture->container : host;
    CHECK(said == SeenBy(fixture->world.pid(other), source));
    fixture->Must(fixture->world.Unmount(process, path));
    ++counts->mounts;
    counts->seen += said.empty() ? 0 : 1;
  }
}

TEST_CASE("Mounts cross between host and container as inspect says", "[node inspect][namespaces]") {
  {
    const node::NamespaceWorld world;
    if (!world.error().empty()) {
      std::printf("skipped: no mount namespaces here (%s), so no answer is tried\n",
                  world.error().c_str());
      return;
    }
  }
  Counts counts;
  using Users = node::NamespaceWorld::Users;
  for (const Users users : {Users::kSame, Users::kOwn}) {
    for (const std::string_view parent : node::kTypes) {
      for (const std::string_view child : node::kTypes) {
        for (const std::string_view in_container : node::kTypes) {
          INFO("parent " << parent << ", child " << child << ", in the container " << in_container
                         << (users == Users::kOwn ? ", own user namespace" : ""));
          const tests::TemporaryDirectory directory;
          MountFixture fixture;
          fixture.Must(fixture.world.error());
          fixture.Build(directory.path(), parent, child, in_container, users);
          HoldAgainstKernel(&fixture, &counts);
        }
      }
    }
  }
  std::printf(
      "inspect: %d mounts made, %d of which crossed; %d mounts of the host missing or not\n",
      counts.mounts, counts.seen, counts.missing);
  CHECK(counts.mounts >= 500);
  CHECK(counts.seen >= 100);
  CHECK(counts.missing >= 100);
}

}  // namespace
}  // namespace mountguard::cli

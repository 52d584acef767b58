#include "node/pinned.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/file_reader.h"
#include "tests/node/fake_node.h"

namespace mountguard::node {
namespace {

constexpr char kNodeMounts[] =
    "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
    "21 20 8:16 / /srv/held rw shared:2 - ext4 /dev/sdb rw\n";
constexpr char kOwnRoot[] = "50 1 0:90 / / rw - overlay overlay rw\n";
constexpr char kKeeperId[] = "3f2a81c07d553f2a81c07d553f2a81c07d553f2a81c07d553f2a81c07d553f2a";

struct Pinner {
  FakeNode fake;

  explicit Pinner(const std::string& mounts) {
    fake.AddProcess(1, "systemd", kNodeMounts, "0::/init.scope\n", 1);
    fake.AddProcess(
        500, "agent", kOwnRoot + mounts,
        std::string("0::/kubepods/besteffort/podaaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/") +
            kKeeperId + "\n",
        2);
  }

  /// Where what is pinned is mounted, in the order in which it is told.
  std::vector<std::string> Paths() const {
    const core::SystemFileReader files;
    Selection everyone;
    everyone.all = true;
    const auto survey = SurveyNode(ProcessReader(files, fake.root()), everyone);
    REQUIRE(survey.has_value());
    const HostView host(*survey->host()->tree, survey->groups);
    std::vector<std::string> paths;
    for (const PinnedFileSystem& one : FindPinned(*survey, host)) {
      for (const auto& holder : one.holders) paths.emplace_back(holder.mount->mount_point);
    }
    return paths;
  }
};

using Paths = std::vector<std::string>;

TEST_CASE("What the host has no mount of any more is pinned, devices first", "[pinned]") {
  CHECK(Pinner("51 50 8:1 /srv /host rw - ext4 /dev/sda1 rw\n"
               "52 51 0:70 / /host/memory rw - tmpfs volume rw\n"
               "53 51 8:32 / /host/disk rw - ext4 /dev/sdc rw\n"
               "54 51 8:16 / /host/held rw - ext4 /dev/sdb rw\n")
            .Paths() == Paths{"/host/disk", "/host/memory"});
}

TEST_CASE("What containers have of their own is not", "[pinned]") {
  CHECK(Pinner("51 50 0:71 / /dev rw - tmpfs tmpfs rw\n"
               "52 51 0:72 / /dev/shm rw - tmpfs shm rw\n"
               "53 50 0:73 / /proc/acpi ro - tmpfs tmpfs ro\n"
               "54 50 0:74 / /sys/firmware ro - tmpfs tmpfs ro\n"
               "55 50 0:75 / /cgroup rw - cgroup2 cgroup rw\n"
               "56 50 0:76 / /own rw - tmpfs own rw\n"
               "57 56 0:77 / /own/below rw - tmpfs own rw\n")
            .Paths()
            .empty());
}

TEST_CASE("A volume in memory is pinned right on a container's root, too", "[pinned]") {
  SECTION("it gets mounts from elsewhere") {
    CHECK(Pinner("51 50 0:70 / /data rw master:9 - tmpfs volume rw\n").Paths() == Paths{"/data"});
  }
  SECTION("it is a part of a file system") {
    CHECK(Pinner("51 50 0:70 /part /data rw - tmpfs volume rw\n").Paths() == Paths{"/data"});
  }
  SECTION("as the runtime has recorded") {
    Pinner pinner(
        "51 50 0:70 / /data rw - tmpfs volume rw\n"
        "52 50 0:71 / /run rw - tmpfs run rw\n");
    CHECK(pinner.Paths().empty());  // nothing tells whose it is
    pinner.fake.Write(std::string("/run/containerd/io.containerd.runtime.v2.task/k8s.io/") +
                          kKeeperId + "/config.json",
                      R"({"mounts": [
          {"destination": "/data", "type": "bind", "source": "/srv/volume", "options": ["rbind"]},
          {"destination": "/run", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid"]}]})");
    CHECK(pinner.Paths() == Paths{"/data"});
  }
}

}  // namespace
}  // namespace mountguard::node

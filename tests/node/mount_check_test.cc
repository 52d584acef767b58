#include "node/mount_check.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "node/pod_containers.h"
#include "tests/node/fake_node.h"

namespace mountguard::node {
namespace {

using core::CriPropagation;

const core::SystemFileReader kFiles;

MountTable Table(const std::string& text) {
  auto table = ParseMountInfo(text);
  REQUIRE(table);
  return *std::move(table);
}

RecordedContainer Recorded(const std::string& path, const std::string& source,
                           std::vector<std::string> options) {
  RecordedContainer container;
  container.mounts.push_back({path, "bind", source, std::move(options), std::nullopt});
  return container;
}

AskedMount Asked(CriPropagation cri) { return {"/m", "/m", cri, false, std::nullopt, "/srv"}; }

constexpr char kHost[] = "20 1 8:1 / / rw shared:1 - ext4 a rw\n";
constexpr char kContainerRoot[] = "100 1 0:9 / / rw - overlay o rw\n";

std::vector<std::string> IdsOf(const MountCheck& check) {
  std::vector<std::string> ids;
  for (const Difference& one : check.differences) ids.emplace_back(ToString(one.id));
  return ids;
}

/// What is told of one mount at /m.
MountCheck Check(const AskedMount& asked, const RecordedContainer& recorded,
                 const std::string& mounts) {
  const MountTable host = Table(kHost);
  const MountTable container = Table(kContainerRoot + mounts);
  return CheckMounts({asked}, &recorded, container, &host).front();
}

using Ids = std::vector<std::string>;

TEST_CASE("mounts that are as asked for differ in nothing", "[mount check]") {
  const auto ids = [](CriPropagation cri, const char* option, const char* groups) {
    const std::string line = std::string("101 100 8:1 /srv /m rw ") + groups + " - ext4 a rw\n";
    return IdsOf(Check(Asked(cri), Recorded("/m", "/srv", {"rbind", option, "rw"}), line));
  };
  CHECK(ids(CriPropagation::kPrivate, "rprivate", "") == Ids{});
  CHECK(ids(CriPropagation::kHostToContainer, "rslave", "master:1") == Ids{});
  CHECK(ids(CriPropagation::kBidirectional, "rshared", "shared:1") == Ids{});
  // dockerd is asked for nothing and makes it private by itself.
  CHECK(ids(CriPropagation::kPrivate, "rw", "") == Ids{});
}

TEST_CASE("a runtime that changes the mode is named with its reason", "[mount check]") {
  RecordedContainer recorded = Recorded("/m", "/var/lib", {"rbind", "rslave"});
  recorded.runtime = core::Runtime::kCrio;
  MountCheck check = Check(Asked(CriPropagation::kPrivate), recorded,
                           "101 100 8:1 /srv /m rw master:1 - ext4 a rw\n");
  CHECK(IdsOf(check) == Ids{"runtime-changed"});
  CHECK(check.differences[0].sentence ==
        "cri-o made rslave of PROPAGATION_PRIVATE: \"/var/lib\" holds the runtime's own storage in "
        "/var/lib/containers/storage, which it does not leave private");

  recorded.runtime = core::Runtime::kContainerd;
  check = Check(Asked(CriPropagation::kPrivate), recorded,
                "101 100 8:1 /srv /m rw master:1 - ext4 a rw\n");
  CHECK(check.differences[0].sentence.find("none of the changes that containerd is known for") !=
        std::string::npos);

  // The spec that is held against it is not the one that the pod was made of.
  recorded.mounts[0].asked = CriPropagation::kHostToContainer;
  check = Check(Asked(CriPropagation::kBidirectional), recorded,
                "101 100 8:1 /srv /m rw shared:1 - ext4 a rw\n");
  CHECK(check.differences[0].sentence.find("made of another spec") != std::string::npos);
}

TEST_CASE("what the kernel has is told apart from what was recorded", "[mount check]") {
  const RecordedContainer slave = Recorded("/m", "/srv", {"rbind", "rslave"});
  MountCheck check =
      Check(Asked(CriPropagation::kHostToContainer), slave, "101 100 8:1 /srv /m rw - ext4 a rw\n");
  CHECK(IdsOf(check) == Ids{"kernel-differs"});
  CHECK(check.differences[0].sentence.find("a slave of a private mount is private") !=
        std::string::npos);
  check = Check(Asked(CriPropagation::kHostToContainer), slave,
                "101 100 8:1 /srv /m rw master:9 - ext4 a rw\n");
  CHECK(IdsOf(check) == Ids{"not-subscribed"});
  check = Check(Asked(CriPropagation::kHostToContainer), slave,
                "101 100 8:1 /srv /m rw shared:8 master:1 - ext4 a rw\n");
  CHECK(IdsOf(check) == Ids{"kernel-differs"});

  const RecordedContainer shared = Recorded("/m", "/srv", {"rbind", "rshared"});
  check = Check(Asked(CriPropagation::kBidirectional), shared,
                "101 100 8:1 /srv /m rw shared:9 - ext4 a rw\n");
  CHECK(IdsOf(check) == Ids{"not-published"});
  check = Check(Asked(CriPropagation::kBidirectional), shared,
                "101 100 8:1 /srv /m rw master:1 - ext4 a rw\n");
  CHECK(IdsOf(check) == Ids{"kernel-differs"});
  CHECK(check.differences[0].sentence.find("user namespace") != std::string::npos);
}

TEST_CASE("mounts that are not there, or hidden", "[mount check]") {
  const RecordedContainer recorded = Recorded("/other", "/srv", {"rbind", "rprivate"});
  MountCheck check = Check(Asked(CriPropagation::kPrivate), recorded, "");
  CHECK(IdsOf(check) == Ids{"not-recorded", "not-mounted"});
  CHECK(check.differences[1].sentence.find("of mount 100 at \"/\"") != std::string::npos);

  check = Check(Asked(CriPropagation::kPrivate), Recorded("/m/", "/srv", {"rbind", "rprivate"}),
                "101 100 8:1 /srv /m rw - ext4 a rw\n102 101 0:50 / /m rw - tmpfs t rw\n");
  CHECK(IdsOf(check) == Ids{"covered"});
  CHECK(check.kernel->id == 102);
}

TEST_CASE("read-only is held against the mount and those below", "[mount check]") {
  AskedMount asked = Asked(CriPropagation::kPrivate);
  asked.read_only = true;
  const RecordedContainer recorded = Recorded("/m", "/srv", {"rbind", "rprivate", "ro"});
  CHECK(IdsOf(Check(asked, recorded, "101 100 8:1 /srv /m rw - ext4 a rw\n")) == Ids{"writable"});
  const std::string below =
      "101 100 8:1 /srv /m ro - ext4 a rw\n102 101 0:50 / /m/sub rw,nosuid - tmpfs t rw\n";
  MountCheck check = Check(asked, recorded, below);
  CHECK(IdsOf(check) == Ids{});
  REQUIRE(check.notes.size() == 1);
  CHECK(check.notes[0].find("1 mount below can be written to (\"/m/sub\")") != std::string::npos);
  asked.recursive_read_only = "IfPossible";
  CHECK(Check(asked, recorded, below).notes[0].find("was left out") != std::string::npos);
  asked.recursive_read_only = "Enabled";
  CHECK(IdsOf(Check(asked, recorded, below)) == Ids{"writable-below"});
}

TEST_CASE("the host's table may be missing", "[mount check]") {
  const MountTable container =
      Table(std::string(kContainerRoot) + "101 100 8:1 /srv /m rw shared:9 - ext4 a rw\n");
  CHECK(IdsOf(CheckMounts({Asked(CriPropagation::kBidirectional)}, nullptr, container, nullptr)
                  .front()) == Ids{});
}

constexpr char kCrioConfig[] = R"({
  "annotations": {
    "io.kubernetes.cri-o.ContainerType": "container",
    "io.kubernetes.cri-o.Volumes":
      "[{\"container_path\":\"/var/run/x\",\"host_path\":\"/srv\",\"readonly\":false,\"propagation\":2}]"
  },
  "linux": {"rootfsPropagation": "rshared"},
  "mounts": [
    {"destination": "/proc", "type": "proc", "source": "proc"},
    {"destination": "/run/x", "type": "bind", "source": "/srv", "options": ["rprivate", "rw", "rbind", "rshared"]}
  ]
})";

TEST_CASE("what runtimes record is read", "[oci config]") {
  FakeNode node;
  node.Write("/crio.json", kCrioConfig);
  auto recorded = ReadOciConfig(kFiles, node.root() + "/crio.json");
  REQUIRE(recorded);
  CHECK(recorded->runtime == core::Runtime::kCrio);
  CHECK(recorded->rootfs_propagation == "rshared");
  const RecordedMount* mount = recorded->At("/var/run/x");
  REQUIRE(mount != nullptr);
  CHECK(mount->Propagation() == "rshared");
  CHECK(mount->Has("rbind"));
  CHECK(mount->asked == CriPropagation::kBidirectional);
  CHECK(recorded->At("/proc")->Propagation().empty());
  CHECK(recorded->At("/none") == nullptr);

  node.Write("/containerd.json",
             R"({"annotations":{"io.kubernetes.cri.container-type":"container"},"mounts":[]})");
  CHECK(ReadOciConfig(kFiles, node.root() + "/containerd.json")->runtime ==
        core::Runtime::kContainerd);
  node.Write("/docker.json", R"({"mounts":[]})");
  CHECK(ReadOciConfig(kFiles, node.root() + "/docker.json")->runtime == core::Runtime::kCriDockerd);
  node.Write("/other.json", R"({"kind":"Pod"})");
  recorded = ReadOciConfig(kFiles, node.root() + "/other.json");
  REQUIRE_FALSE(recorded);
  CHECK(recorded.error().message.find("expected the OCI configuration of a container") !=
        std::string::npos);
  node.Write("/broken.json", "{");
  CHECK_FALSE(ReadOciConfig(kFiles, node.root() + "/broken.json"));
  CHECK_FALSE(ReadOciConfig(kFiles, node.root() + "/none.json"));
}

TEST_CASE("the containers of a pod are found by its names", "[pod containers]") {
  FakeNode node;
  const std::string agent(64, 'a');
  const std::string pause(64, 'b');
  const std::string other(64, 'c');
  const auto cgroup = [](const std::string& id) {
    return "0::/kubepods/pod11111111-1111-1111-1111-111111111111/" + id + "\n";
  };
  const auto config = [&node](const std::string& id, const char* name, const char* type,
                              const char* pod) {
    node.Write("/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + id + "/config.json",
               std::string(R"({"mounts":[],"annotations":{"io.kubernetes.cri.container-name":")") +
                   name + R"(","io.kubernetes.cri.container-type":")" + type +
                   R"(","io.kubernetes.cri.sandbox-name":")" + pod +
                   R"(","io.kubernetes.cri.sandbox-namespace":"m",)" +
                   R"("io.kubernetes.cri.sandbox-uid":"11111111-1111-1111-1111-111111111111"}})");
  };
  node.AddProcess(1, "init", kHost, "0::/\n", 1);
  node.AddProcess(50, "pause", kContainerRoot, cgroup(pause), 2);
  node.AddProcess(60, "agent", kContainerRoot, cgroup(agent), 3);
  node.AddProcess(61, "agent", kContainerRoot, cgroup(agent), 3);
  node.AddProcess(70, "other", kContainerRoot, cgroup(other), 4);
  config(pause, "", "sandbox", "p");
  config(agent, "agent", "container", "p");
  config(other, "agent", "container", "q");
  const ProcessReader reader(kFiles, node.root());
  const MountTable host = Table(kHost);

  const auto found = FindContainers(reader, host, {"m", "p", ""});
  REQUIRE(found);
  REQUIRE(found->size() == 1);
  CHECK(found->front().name == "agent");
  CHECK(found->front().pid == 60);
  CHECK(found->front().config);
  CHECK(FindContainers(reader, host, {"m", "p", "11111111-1111-1111-1111-111111111111"})->size() ==
        1);
  CHECK(FindContainers(reader, host, {"m", "p", "22222222-2222-2222-2222-222222222222"})->empty());
  CHECK(FindContainers(reader, host, {"n", "p", ""})->empty());
  CHECK(ContainerOfProcess(reader, host, 61).name == "agent");
  CHECK(ContainerOfProcess(reader, host, 1).id.empty());
}

}  // namespace
}  // namespace mountguard::node

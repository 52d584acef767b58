#include "node/node_view.h"

#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <string>

#include "core/file_reader.h"
#include "node/followed_path.h"
#include "node/program_version.h"
#include "node/service_unit.h"
#include "tests/node/fake_node.h"

namespace mountguard::node {
namespace {

constexpr char kRoot[] = "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n";
constexpr char kElsewhere[] = "120 1 8:1 / / rw shared:2 - ext4 /dev/sda1 rw\n";

const core::SystemFileReader kNodeFiles;

std::optional<std::string> NothingRuns(const std::string&) { return std::nullopt; }

TEST_CASE("the node's programs are found by their names", "[node view]") {
  FakeNode node;
  node.AddProcess(1, "systemd", kRoot, "0::/init.scope\n", 1);
  node.AddProcess(300, "containerd", kElsewhere, "0::/system.slice/containerd.service\n", 2);
  node.AddProcess(400, "kubelet", kRoot, "0::/system.slice/kubelet.service\n", 1);
  // A container in a pod has its own containerd, which has nothing to say here.
  node.AddProcess(200, "containerd", kElsewhere,
                  "0::/kubepods.slice/kubepods-pod11111111_1111_1111_1111_111111111111.slice/"
                  "cri-containerd-" +
                      std::string(64, 'a') + ".scope\n",
                  3);
  node.Write("/proc/sys/kernel/osrelease", "6.1.0-44-amd64\n");
  node.Write("/proc/1/uid_map", "         0          0 4294967295\n");
  node.Write("/etc/systemd/system/containerd.service",
             "[Service]\nExecStart=/usr/bin/containerd\nPrivateTmp=true\n");
  const std::map<std::string, std::string> programs = {
      {"/usr/bin/containerd", "containerd github.com/containerd/containerd 1.6.20~ds1 x\n"},
      {"/usr/sbin/runc", "runc version 1.1.5+ds1\n"}};
  const auto probe = [&programs](const std::string& program) -> std::optional<std::string> {
    const auto found = programs.find(program);
    return found == programs.end() ? std::nullopt : std::optional(found->second);
  };
  const ProcessReader reader(kNodeFiles, node.root());
  const auto view = LookAtNode(reader, {}, probe);
  REQUIRE(view);
  CHECK(ToString(*view->kernel) == "6.1.0");
  REQUIRE(view->runtime);
  CHECK(view->runtime->pid == 300);
  CHECK(view->runtime->service == "containerd.service");
  REQUIRE(view->runtime->settings.size() == 1);
  CHECK(view->runtime->settings[0].line == 3);
  CHECK(ToString(*view->runtime->version) == "1.6.20");
  REQUIRE(view->kubelet);
  CHECK(view->kubelet->pid == 400);
  CHECK(view->oci_runtime == "runc");
  CHECK(ToString(*view->oci_version) == "1.1.5");
  CHECK_FALSE(view->user_namespace);
  CHECK_FALSE(InSameNamespace(view->runtime->mounts, view->host.mounts));
  CHECK(InSameNamespace(view->kubelet->mounts, view->host.mounts));
  CHECK(view->unseen.empty());
}

TEST_CASE("what is wished for is taken", "[node view]") {
  FakeNode node;
  node.AddProcess(1, "init", kRoot, "0::/\n", 1);
  node.AddProcess(300, "crio", kRoot, "0::/\n", 1);
  node.AddProcess(310, "containerd", kRoot, "0::/\n", 1);
  node.AddProcess(320, "dockerd", kElsewhere, "0::/\n", 2);
  const ProcessReader reader(kNodeFiles, node.root());
  CHECK(LookAtNode(reader, {}, NothingRuns)->kind == core::Runtime::kCrio);
  const auto docker = LookAtNode(reader, {core::Runtime::kCriDockerd, 0}, NothingRuns);
  REQUIRE(docker);
  CHECK(docker->runtime->pid == 320);
  const auto wished = LookAtNode(reader, {std::nullopt, 310}, NothingRuns);
  REQUIRE(wished);
  CHECK(wished->kind == core::Runtime::kContainerd);
  CHECK(wished->runtime->pid == 310);
  const auto missing = LookAtNode(reader, {std::nullopt, 4711}, NothingRuns);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.find("there is no process 4711") == 0);
}

TEST_CASE("a node without a runtime is judged by process 1, and says so", "[node view]") {
  FakeNode node;
  node.AddProcess(1, "tini", kRoot, "0::/\n", 1);
  node.Write("/proc/1/uid_map", "0 100000 65536\n");
  node.Write("/.dockerenv", "");
  const ProcessReader reader(kNodeFiles, node.root());
  const auto view = LookAtNode(reader, {}, NothingRuns);
  REQUIRE(view);
  CHECK_FALSE(view->runtime);
  CHECK(&view->maker() == &view->host);
  CHECK(view->user_namespace);
  CHECK(view->container == "a container of docker");
  REQUIRE(view->unseen.size() == 2);
  CHECK(view->unseen[0].find("no container runtime runs here") == 0);
  CHECK(view->unseen[1].find("kernel") != std::string::npos);

  FakeNode empty;
  CHECK_FALSE(LookAtNode(ProcessReader(kNodeFiles, empty.root()), {}, NothingRuns));
}

TEST_CASE("versions are read out of what programs print", "[node view]") {
  const auto text = [](const char* said) {
    const auto version = VersionIn(said);
    return version ? ToString(*version) : "none";
  };
  CHECK(text("containerd github.com/containerd/containerd/v2 v2.0.1 88aa") == "2.0.1");
  CHECK(text("crio version 1.30.4\n") == "1.30.4");
  CHECK(text("5.15") == "5.15.0");
  CHECK(text("Docker version 25.0.3, build 4debf41") == "25.0.3");
  CHECK(text("no number, 7 in all") == "none");
  CHECK(text("99999999999999999999.1") == "none");
  CHECK(Version{1, 10, 0}.AtLeast(1, 9, 9));
  CHECK_FALSE(Version{1, 8, 5}.AtLeast(1, 8, 6));
}

TEST_CASE("units are read as systemd reads them", "[service unit]") {
  FakeNode node;
  const ProcessReader reader(kNodeFiles, node.root());
  node.Write("/lib/systemd/system/x.service",
             "[Unit]\nPrivateTmp=yes\n[Service]\n# PrivateDevices=yes\nPrivateTmp=yes\n"
             "MountFlags=shared\nProtectSystem=full\n ReadOnlyPaths = /a\nReadOnlyPaths=/b\n");
  node.Write("/etc/systemd/system/x.service.d/20.conf", "[Service]\nPrivateTmp=no\n");
  node.Write("/etc/systemd/system/x.service.d/10.conf", "[Service]\nMountFlags=slave\r\n");
  node.Write("/lib/systemd/system/x.service.d/10.conf", "[Service]\nPrivateMounts=yes\n");
  node.Write("/lib/systemd/system/x.service.d/30.conf", "[Service]\nReadOnlyPaths=\n");
  node.Write("/lib/systemd/system/x.service.d/notes.txt", "[Service]\nPrivateIPC=yes\n");
  const auto settings = NamespaceSettings(reader, "x.service");
  REQUIRE(settings.size() == 2);
  CHECK(settings[0].name == "ProtectSystem");
  CHECK(settings[0].value == "full");
  CHECK(settings[0].off == "no");
  CHECK(settings[0].line == 7);
  CHECK(settings[1].name == "MountFlags");
  CHECK(settings[1].file == "/etc/systemd/system/x.service.d/10.conf");
  CHECK(settings[1].off.empty());
  CHECK(NamespaceSettings(reader, "").empty());

  CHECK(ServiceOfCgroups("0::/system.slice/containerd.service\n") == "containerd.service");
  CHECK(ServiceOfCgroups("3:cpu:/x\n1:name=systemd:/system.slice/k3s.service/init\n") ==
        "k3s.service");
  CHECK(ServiceOfCgroups("0::/system.slice/a.services\n").empty());
  CHECK(ServiceOfCgroups("").empty());
}

TEST_CASE("paths are followed as the kernel follows them", "[followed path]") {
  FakeNode node;
  node.Write("/mnt/disk/kubelet/file", "x");
  node.Link("/var/lib/kubelet", "/mnt/disk/kubelet");
  node.Link("/mnt/here", "disk/../disk");
  node.Link("/loop", "/loop");
  node.Link("/var/run", "../run");
  const auto follow = [&node](const char* path) {
    return FollowPath(kNodeFiles, node.root(), path);
  };

  const FollowedPath kubelet = follow("/var/lib/kubelet/pods/a");
  CHECK(kubelet.path == "/mnt/disk/kubelet/pods/a");
  CHECK(kubelet.existing == "/mnt/disk/kubelet");
  CHECK_FALSE(kubelet.exists());
  REQUIRE(kubelet.links.size() == 1);
  CHECK(kubelet.links[0].link == "/var/lib/kubelet");

  CHECK(follow("/mnt/here/kubelet/./file").path == "/mnt/disk/kubelet/file");
  CHECK(follow("/mnt/here/kubelet/file").exists());
  CHECK(follow("/").path == "/");
  CHECK(follow("/").exists());
  CHECK(follow("//mnt//disk/").path == "/mnt/disk");
  CHECK(follow("/mnt/../../mnt").path == "/mnt");
  CHECK(follow("/var/run/x").path == "/run/x");
  CHECK(follow("/var/run/x").existing == "/");
  CHECK(follow("/loop/x").unread.find("more than 40 symbolic links") != std::string::npos);
  CHECK(follow("/mnt/disk/kubelet/file/below").existing == "/mnt/disk/kubelet/file");
}

TEST_CASE("only programs that nobody else can have put there are run", "[program version]") {
  FakeNode node;
  const std::string program = node.root() + "/bin/tool";
  node.Write("/bin/tool", "#!/bin/sh\necho tool $1 1.2.3\n");
  CHECK_FALSE(ProgramVersion("", program));  // may not be executed
  std::filesystem::permissions(program, std::filesystem::perms(0755));
  CHECK(ProgramVersion("/", program) == "tool --version 1.2.3\n");
  std::filesystem::permissions(program, std::filesystem::perms(0777));
  CHECK_FALSE(ProgramVersion("", program));
  CHECK_FALSE(ProgramVersion("", node.root() + "/bin/none"));
  CHECK_FALSE(ProgramVersion("", node.root() + "/bin"));
}

}  // namespace
}  // namespace mountguard::node

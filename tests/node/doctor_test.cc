#include "node/doctor.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "node/cures.h"

namespace mountguard::node {
namespace {

constexpr char kSharedRoot[] = "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n";
constexpr char kPrivateRoot[] = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n";

NodeProcess Process(int pid, std::string program, const std::string& mountinfo) {
  NodeProcess process;
  process.pid = pid;
  process.program = std::move(program);
  auto table = ParseMountInfo(mountinfo);
  REQUIRE(table);
  process.mounts = *std::move(table);
  return process;
}

/// A node on which containerd 2.0 and runc 1.2 run in the namespace of systemd.
NodeView View(const std::string& mountinfo) {
  NodeView view;
  view.kernel = Version{6, 1, 0};
  view.host = Process(1, "systemd", mountinfo);
  view.runtime = Process(800, "containerd", mountinfo);
  view.runtime->version = Version{2, 0, 0};
  view.kubelet = Process(900, "kubelet", mountinfo);
  view.kubelet->service = "kubelet.service";
  view.oci_runtime = "runc";
  view.oci_version = Version{1, 2, 0};
  return view;
}

FollowedPath There(const std::string& path) { return {path, {}, path, ""}; }

PathFinding Look(const NodeView& view, const std::string& path) {
  return Diagnose(view, path, There(path),
                  {Need::kBidirectional, Need::kHostToContainer, Need::kRecursiveReadOnly});
}

std::vector<Answer> AnswersOf(const PathFinding& finding) {
  std::vector<Answer> answers;
  for (const NeedFinding& one : finding.needs) answers.push_back(one.answer);
  return answers;
}

std::vector<Case> CasesOf(const PathFinding& finding) {
  std::vector<Case> cases;
  for (const FoundCase& one : finding.cases) cases.push_back(one.id);
  return cases;
}

bool HasCommand(const PathFinding& finding, const std::string& command) {
  return std::any_of(finding.cures.begin(), finding.cures.end(), [&](const Cure& cure) {
    return std::find(cure.commands.begin(), cure.commands.end(), command) != cure.commands.end();
  });
}

using A = Answer;

TEST_CASE("a shared mount serves everything", "[doctor]") {
  const PathFinding finding = Look(View(kSharedRoot), "/srv/data");
  CHECK(AnswersOf(finding) == std::vector{A::kServed, A::kServed, A::kServed});
  CHECK(finding.cases.empty());
  CHECK(finding.cures.empty());
  REQUIRE(finding.mount);
  CHECK(finding.mount->id == 20);
  CHECK(finding.mount->shared == 1);
  CHECK_FALSE(finding.checked);
}

TEST_CASE("a private root is refused with the runtime's own words", "[doctor]") {
  NodeView view = View(kPrivateRoot);
  PathFinding finding = Look(view, "/srv/data");
  CHECK(AnswersOf(finding) == std::vector{A::kRefused, A::kRefused, A::kServed});
  CHECK(finding.needs[0].error ==
        "path \"/srv/data\" is mounted on \"/\" but it is not a shared mount");
  CHECK(finding.needs[0].said_by == "containerd");
  CHECK(finding.needs[1].error ==
        "path \"/srv/data\" is mounted on \"/\" but it is not a shared or slave mount");
  CHECK(CasesOf(finding) == std::vector{Case::kNotSharedRoot});
  CHECK(HasCommand(finding, "mount --make-rshared /"));
  CHECK(finding.cures.back().file == "/etc/systemd/system/kubelet.service.d/10-shared-mounts.conf");

  view.kind = core::Runtime::kCriDockerd;
  finding = Look(view, "/srv/data");
  CHECK(finding.needs[0].error == "Path /srv/data is mounted on / but it is not a shared mount.");
}

TEST_CASE("a mount of its own is named, not the root", "[doctor]") {
  const NodeView view =
      View(std::string(kSharedRoot) + "30 20 8:2 / /var/lib/kubelet rw - ext4 /dev/sdb1 rw\n");
  PathFinding finding = Look(view, "/var/lib/kubelet/pods");
  CHECK(AnswersOf(finding) == std::vector{A::kRefused, A::kRefused, A::kServed});
  CHECK(CasesOf(finding) == std::vector{Case::kSeparateMount});
  CHECK(finding.cases[0].sentence.find("mount 30 at \"/var/lib/kubelet\"") == 0);
  CHECK(HasCommand(finding, "mount --make-rshared /var/lib/kubelet"));

  // The root serves, but for what is mounted there.
  finding = Look(view, "/");
  CHECK(AnswersOf(finding) == std::vector{A::kServed, A::kServed, A::kServed});
  CHECK(CasesOf(finding) == std::vector{Case::kPrivateBelow});
  CHECK(finding.cases[0].sentence.find("\"/var/lib/kubelet\"") != std::string::npos);
}

TEST_CASE("of stacked mounts the runtimes look at the lowest", "[doctor]") {
  const std::string lower_private = std::string(kSharedRoot) +
                                    "30 20 8:2 / /data rw - ext4 /dev/sdb1 rw\n"
                                    "31 30 8:2 / /data rw shared:7 - ext4 /dev/sdb1 rw\n";
  PathFinding finding = Look(View(lower_private), "/data/x");
  CHECK(AnswersOf(finding) == std::vector{A::kRefused, A::kRefused, A::kServed});
  CHECK(CasesOf(finding) == std::vector{Case::kStackedMounts});
  CHECK(finding.mount->id == 31);
  REQUIRE(finding.checked);
  CHECK(finding.checked->id == 30);
  REQUIRE(finding.cures.size() == 1);
  CHECK(finding.cures[0].commands ==
        std::vector<std::string>{"umount /data", "mount --make-rshared /data"});
  CHECK(finding.cures[0].changes.find("nothing is lost") != std::string::npos);

  const std::string upper_private = std::string(kSharedRoot) +
                                    "30 20 8:2 / /data rw shared:7 - ext4 /dev/sdb1 rw\n"
                                    "31 30 8:3 / /data rw - xfs /dev/sdc1 rw\n";
  finding = Look(View(upper_private), "/data/x");
  CHECK(AnswersOf(finding) == std::vector{A::kWithoutEffect, A::kWithoutEffect, A::kServed});
  CHECK(HasCommand(finding, "mount --make-rshared /data"));
}

TEST_CASE("a slave takes what it gets and passes nothing on", "[doctor]") {
  const PathFinding finding = Look(View("20 1 8:1 / / rw master:3 - ext4 /dev/sda1 rw\n"), "/srv");
  // The runtime takes a slave for HostToContainer, but mounts of this node do not come through.
  CHECK(AnswersOf(finding) == std::vector{A::kRefused, A::kWithoutEffect, A::kServed});
  CHECK(CasesOf(finding) == std::vector{Case::kSlaveOnly});
  CHECK(HasCommand(finding, "mount --make-rshared /"));
}

TEST_CASE("the runtime's mount namespace counts, not the host's", "[doctor]") {
  NodeView view = View(kSharedRoot);
  SECTION("a slave of it: what the host mounts is seen, the other way there is none") {
    view.runtime = Process(800, "containerd", "120 1 8:1 / / rw master:1 - ext4 /dev/sda1 rw\n");
    view.runtime->service = "containerd.service";
    view.runtime->settings = {
        {"PrivateTmp", "yes", "/etc/systemd/system/containerd.service", 12, "no"},
        {"MountFlags", "slave", "/etc/systemd/system/containerd.service.d/a.conf", 2, ""}};
    const PathFinding finding = Look(view, "/srv");
    CHECK(finding.needs[0].answer == A::kRefused);
    CHECK(finding.needs[1].answer == A::kServed);
    CHECK(CasesOf(finding) == std::vector{Case::kRuntimeNamespace});
    CHECK(finding.cases[0].sentence.find(
              "PrivateTmp=yes (/etc/systemd/system/containerd.service:12)") != std::string::npos);
    REQUIRE(finding.cures.size() == 1);
    CHECK(finding.cures[0].content == "[Service]\nPrivateTmp=no\nMountFlags=\n");
    CHECK(finding.cures[0].commands.back() == "systemctl restart containerd.service");
  }
  SECTION("shared again, as systemd does it: accepted, and the host sees nothing") {
    view.runtime =
        Process(800, "containerd", "120 1 8:1 / / rw shared:50 master:1 - ext4 /dev/sda1 rw\n");
    const PathFinding finding = Look(view, "/srv");
    CHECK(finding.needs[0].answer == A::kWithoutEffect);
    CHECK(finding.needs[1].answer == A::kServed);
    CHECK(CasesOf(finding) == std::vector{Case::kRuntimeNamespace});
  }
  SECTION("private: nothing") {
    view.runtime = Process(800, "containerd", "120 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    const PathFinding finding = Look(view, "/srv");
    CHECK(finding.needs[0].answer == A::kRefused);
    CHECK(finding.needs[1].answer == A::kRefused);
    CHECK(CasesOf(finding) == std::vector{Case::kRuntimeNamespace});
  }
}

TEST_CASE("a kubelet with mounts of its own keeps its volumes to itself", "[doctor]") {
  NodeView view = View(kSharedRoot);
  view.kubelet =
      Process(900, "kubelet", "220 1 8:1 / / rw shared:60 master:1 - ext4 /dev/sda1 rw\n");
  PathFinding finding = Look(view, "/var/lib/kubelet/pods");
  CHECK(finding.needs[0].answer == A::kServed);  // it hears of what containers mount
  CHECK(finding.needs[1].answer == A::kWithoutEffect);
  CHECK(CasesOf(finding) == std::vector{Case::kKubeletNamespace});
  CHECK(Look(view, "/srv").needs[1].answer == A::kServed);  // the kubelet mounts nothing there
}

TEST_CASE("what the node is in is told where it matters", "[doctor]") {
  NodeView view = View(kPrivateRoot);
  view.user_namespace = true;
  view.container = "a container of docker";
  view.distribution = "k3d";
  view.host.program = "k3d-entrypoint.";
  const PathFinding finding = Look(view, "/srv");
  CHECK(CasesOf(finding) ==
        std::vector{Case::kNotSharedRoot, Case::kUserNamespace, Case::kContainerInContainer});
  CHECK(finding.cures.back().changes.find("k3d cluster create") != std::string::npos);
}

TEST_CASE("unbindable mounts go into no container", "[doctor]") {
  const NodeView view =
      View(std::string(kSharedRoot) + "30 20 8:2 / /data rw unbindable - ext4 /dev/sdb1 rw\n");
  CHECK(CasesOf(Look(view, "/data")) == std::vector{Case::kUnbindable});
}

TEST_CASE("links and missing paths are told of and change nothing", "[doctor]") {
  const NodeView view =
      View(std::string(kSharedRoot) + "30 20 8:2 / /mnt rw - ext4 /dev/sdb1 rw\n");
  const FollowedPath followed = {
      "/mnt/kubelet/x", {{"/var/lib/kubelet", "/mnt/kubelet"}}, "/mnt/kubelet", ""};
  const PathFinding finding =
      Diagnose(view, "/var/lib/kubelet/x", followed, {Need::kBidirectional});
  CHECK(CasesOf(finding) == std::vector{Case::kSymlink, Case::kPathMissing, Case::kSeparateMount});
  CHECK(finding.needs[0].error ==
        "path \"/mnt/kubelet/x\" is mounted on \"/mnt\" but it is not a shared mount");
}

TEST_CASE("recursive read-only takes kernel, runtime and OCI runtime", "[doctor]") {
  const auto answer = [](const NodeView& view) {
    return Diagnose(view, "/srv", There("/srv"), {Need::kRecursiveReadOnly}).needs[0];
  };
  NodeView view = View(kPrivateRoot);
  CHECK(answer(view).answer == A::kServed);
  view.kernel = Version{5, 11, 22};
  CHECK(answer(view).answer == A::kRefused);
  CHECK(answer(view).error ==
        "volume \"...\" requested recursive read-only mode, but it is not supported by the "
        "runtime");
  CHECK(answer(view).said_by == "the kubelet");
  view.kernel = Version{5, 12, 0};
  CHECK(answer(view).answer == A::kServed);
  view.runtime->version = Version{1, 7, 20};
  CHECK(answer(view).why == "containerd is 1.7.20, and it takes 2.0");
  view.runtime->version = Version{2, 0, 0};
  view.oci_version = Version{1, 0, 3};
  CHECK(answer(view).why == "runc is 1.0.3, and it takes 1.1");
  view.oci_runtime = "crun";
  view.oci_version = Version{1, 8, 6};
  CHECK(answer(view).answer == A::kServed);
  view.oci_version.reset();
  CHECK(answer(view).answer == A::kUnknown);
  view.kind = core::Runtime::kCrio;
  view.oci_version = Version{1, 8, 6};
  view.runtime->version = Version{1, 29, 9};
  CHECK(answer(view).answer == A::kRefused);
  view.runtime->version = Version{1, 30, 0};
  CHECK(answer(view).answer == A::kServed);
  view.kernel.reset();
  CHECK(answer(view).answer == A::kUnknown);
}

TEST_CASE("CRI-O changes mounts that hold its storage", "[doctor]") {
  NodeView view = View(kPrivateRoot);
  view.kind = core::Runtime::kCrio;
  const PathFinding finding = Look(view, "/var/lib");
  CHECK(finding.needs[2].answer == A::kRefused);
  CHECK(finding.needs[2].error ==
        "recursive read-only mount requires private propagation for hostPath \"/var/lib\", got: "
        "PROPAGATION_HOST_TO_CONTAINER");
  CHECK(CasesOf(finding) == std::vector{Case::kNotSharedRoot, Case::kStorageRoot});
  CHECK(finding.cases[1].sentence.find("sets no mode at all does not start") != std::string::npos);
}

TEST_CASE("which mount a runtime looks at", "[doctor]") {
  const auto table = ParseMountInfo(
      "20 1 8:1 / / rw - ext4 a rw\n"
      "21 20 8:2 / /var/lib/kubelet rw shared:2 - ext4 b rw\n"
      "22 21 8:3 / /var/lib/kubelet rw shared:3 - ext4 c rw\n");
  REQUIRE(table);
  const auto id = [&table](core::Runtime runtime, const char* path) {
    return MountThatRuntimeChecks(*table, runtime, path)->id;
  };
  CHECK(id(core::Runtime::kContainerd, "/var/lib/kubelet/pods") == 21);
  CHECK(id(core::Runtime::kContainerd, "/var/lib/kubelet2") == 20);
  CHECK(id(core::Runtime::kCrio, "/var/lib/kubelet2") == 21);  // it compares texts
  CHECK(MountThatRuntimeChecks(MountTable(), core::Runtime::kCrio, "/") == nullptr);
}

TEST_CASE("a node without mounts is no reason to fall over", "[doctor]") {
  CHECK(Look(View(""), "/srv").needs[0].answer == A::kUnknown);
}

TEST_CASE("words of the doctor are distinct", "[doctor]") {
  std::set<std::string_view> ids;
  for (const Case one : AllCases()) ids.insert(ToString(one));
  CHECK(ids.size() == AllCases().size());
  CHECK(NeedFromText("RecursiveReadOnly") == Need::kRecursiveReadOnly);
  CHECK_FALSE(NeedFromText("bidirectional"));
}

TEST_CASE("commands are safe to paste", "[doctor]") {
  CHECK(ShellWord("/srv/data-1") == "/srv/data-1");
  CHECK(ShellWord("/srv/my data") == "'/srv/my data'");
  CHECK(ShellWord("/srv/it's;rm") == "'/srv/it'\\''s;rm'");
  CHECK(ShellWord("") == "''");
}

}  // namespace
}  // namespace mountguard::node

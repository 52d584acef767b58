#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "cli/node/page.h"
#include "node/doctor.h"
#include "tests/cli/run.h"
#include "tests/node/fake_node.h"

namespace mountguard::cli {
namespace {

constexpr char kPrivate[] =
    "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "30 20 8:2 / /srv/shared rw shared:2 - ext4 /dev/sdb1 rw\n";

/// A node with a private root, on which containerd runs.
struct KnownNode : node::FakeNode {
  explicit KnownNode(const std::string& mountinfo = kPrivate) {
    AddProcess(1, "systemd", mountinfo, "0::/init.scope\n", 1);
    AddProcess(812, "containerd", mountinfo, "0::/system.slice/containerd.service\n", 1);
    Write("/proc/sys/kernel/osrelease", "5.10.0-8-amd64\n");
    Write("/proc/1/uid_map", "0 0 4294967295\n");
    Write("/srv/data/file", "");
    Write("/srv/shared/file", "");
  }
};

Ran Doctor(const node::FakeNode& fake, Arguments arguments) {
  arguments.insert(arguments.begin(), {"node", "doctor", "--root", fake.root()});
  return RunProgram(arguments);
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("doctor says what is in the way and what mends it", "[node doctor]") {
  const KnownNode fake;
  const Ran ran = Doctor(fake, {"/srv/data", "/srv/shared/file", "--mode", "Bidirectional"});
  CHECK(ran.code == ExitCode::kFindings);
  CHECK(ran.err.empty());
  CHECK(
      ran.out ==
      "Linux 5.10.0, containerd (process 812)\n"
      "\n"
      "/srv/data\n"
      "  held by mount 20 at \"/\" (ext4 of \"/dev/sda1\"), private\n"
      "  Bidirectional      refused: mount 20 at \"/\" (ext4) is private\n"
      "    containerd says: path \"/srv/data\" is mounted on \"/\" but it is not a shared mount\n"
      "  not-shared-root: mount 20 at \"/\" (ext4) holds the path and is private, as the kernel "
      "makes it and as it stays without somebody at boot who shares it\n"
      "\n"
      "/srv/shared/file\n"
      "  held by mount 30 at \"/srv/shared\" (ext4 of \"/dev/sdb1\"), shared, peer group 2\n"
      "  Bidirectional      served\n"
      "\n"
      "to mend it (nothing here was changed)\n"
      "  for /srv/data\n"
      "    mount --make-rshared /\n"
      "    It makes / and all mounts below it shared, until the next boot: what is mounted there "
      "from then on reaches containers that ask for HostToContainer or Bidirectional, and the "
      "mounts of Bidirectional ones reach the node. Containers that run already keep the mounts "
      "that they have.\n"
      "    write to /etc/systemd/system/containerd.service.d/10-shared-mounts.conf:\n"
      "      [Service]\n"
      "      ExecStartPre=/bin/mount --make-rshared /\n"
      "    systemctl daemon-reload\n"
      "    For good: containerd.service shares it again before each start. systemd itself makes / "
      "shared at boot, so something has made it private since: look for --make-private and "
      "--make-rprivate in what runs at boot.\n"
      "\n"
      "Each case has a section in docs/node.md\n");
}

TEST_CASE("doctor's JSON says the same", "[node doctor]") {
  const KnownNode fake;
  const Ran ran = Doctor(fake, {"/srv/data", "-o", "json"});
  CHECK(ran.code == ExitCode::kFindings);
  const nlohmann::json report = ran.Json();
  CHECK(report["kind"] == "NodeDoctorReport");
  CHECK(report["summary"]["refused"] == 3);  // Linux 5.10 does it not recursively
  CHECK(report["node"]["kernel"] == "5.10.0");
  CHECK(report["node"]["runtime"]["pid"] == 812);
  const nlohmann::json& path = report["paths"][0];
  CHECK(path["mount"]["id"] == 20);
  CHECK(path["mount"]["propagation"] == "private");
  CHECK(path["modes"][1]["mode"] == "HostToContainer");
  CHECK(path["modes"][1]["error"] ==
        "path \"/srv/data\" is mounted on \"/\" but it is not a shared or slave mount");
  CHECK(path["modes"][2]["saidBy"] == "the kubelet");
  CHECK(path["cases"][0]["page"] == "docs/node.md#not-shared-root");
  CHECK(path["cures"][0]["commands"][0] == "mount --make-rshared /");
}

TEST_CASE("without a path the usual ones are looked at that are there", "[node doctor]") {
  KnownNode fake("20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n");
  fake.Write("/var/lib/kubelet/pods/x", "");
  const Ran ran = Doctor(fake, {"-o", "json", "--mode", "HostToContainer"});
  CHECK(ran.code == ExitCode::kClean);
  const nlohmann::json report = ran.Json();
  std::string paths;
  for (const auto& path : report["paths"]) paths += path["path"].get<std::string>() + " ";
  CHECK(paths == "/ /var/lib/kubelet /var/lib/kubelet/pods ");
}

TEST_CASE("policies name the paths, with their modes", "[node doctor]") {
  KnownNode fake;
  fake.Write("/policy.yaml",
             "apiVersion: mountguard.io/v1\nkind: MountPolicy\nmetadata: {name: p}\nspec:\n"
             "  rules:\n"
             "    - name: drivers\n"
             "      match:\n"
             "        - mountPropagation: [Bidirectional]\n"
             "          hostPath: {under: [/srv/data]}\n"
             "    - name: none\n"
             "      match:\n"
             "        - mountPropagation: [None]\n"
             "          hostPath: {is: [/srv/none]}\n"
             "  exceptions:\n"
             "    - name: agents\n"
             "      rules: [agent-mount-is-private]\n"
             "      match:\n"
             "        - namespaces: [monitoring]\n"
             "          serviceAccounts: [agent]\n"
             "          hostPath: {is: [/srv/shared]}\n"
             "      reason: known\n");
  Ran ran = Doctor(fake, {"--policy", fake.root() + "/policy.yaml", "-o", "json"});
  INFO(ran.err);
  const nlohmann::json paths = ran.Json()["paths"];
  REQUIRE(paths.size() == 2);
  CHECK(paths[0]["path"] == "/srv/data");
  CHECK(paths[0]["modes"].size() == 1);
  CHECK(Has(paths[0]["askedBy"][0].get<std::string>(), "rule drivers ("));
  CHECK(paths[1]["path"] == "/srv/shared");
  CHECK(paths[1]["modes"].size() == 3);
  ran = Doctor(fake, {"--policy", fake.root() + "/policy.yaml", "--mode", "HostToContainer"});
  CHECK(ran.code == ExitCode::kClean);  // what is left is /srv/shared
  CHECK(Doctor(fake, {"--policy", fake.root() + "/none.yaml"}).code == ExitCode::kUnreadable);
}

TEST_CASE("doctor tells what it could not see", "[node doctor]") {
  const KnownNode fake;
  const Ran ran = Doctor(fake, {"/srv/shared", "--mode", "RecursiveReadOnly", "--mode",
                                "Bidirectional", "--runtime", "cri-dockerd"});
  CHECK(ran.code == ExitCode::kFindings);  // the kernel is too old, whatever dockerd is
  CHECK(Has(ran.out, "no cri-dockerd runs here"));

  KnownNode newer;
  newer.Write("/proc/sys/kernel/osrelease", "6.1.0\n");
  const Ran unknown = Doctor(newer, {"/srv/shared", "--mode", "RecursiveReadOnly"});
  CHECK(unknown.code == ExitCode::kUnreadable);
  CHECK(Has(unknown.out, "unknown: the version of containerd decides it, and is not known"));

  const node::FakeNode empty;
  const Ran nothing = Doctor(empty, {"/srv"});
  CHECK(nothing.code == ExitCode::kUnreadable);
  CHECK(nothing.out.empty());
  CHECK(Has(nothing.err, "there is no process 1"));
}

TEST_CASE("doctor refuses what it cannot mean", "[node doctor]") {
  const KnownNode fake;
  const auto wrong = [&fake](const Arguments& arguments, const std::string& message) {
    const Ran ran = Doctor(fake, arguments);
    CHECK(ran.code == ExitCode::kUsage);
    INFO(ran.err);
    CHECK(Has(ran.err, message));
  };
  wrong({"srv"}, "expected an absolute path of the node, got \"srv\"");
  wrong({""}, "expected an absolute path of the node, got \"\"");
  wrong({"/srv", "--mode", "bidirectional"}, "did you mean \"Bidirectional\"");
  wrong({"/srv", "--runtime-pid", "-1"}, "--runtime-pid");
  wrong({"/srv", "--runtime", "podman"}, "containerd");
  CHECK(Doctor(fake, {"/srv", "--runtime-pid", "4711"}).code == ExitCode::kUnreadable);
}

TEST_CASE("control characters of a path do not reach the terminal", "[node doctor]") {
  const KnownNode fake;
  const Ran ran = Doctor(fake, {"/srv/\x1b[31mred", "--mode", "Bidirectional"});
  CHECK_FALSE(Has(ran.out, "\x1b"));
}

TEST_CASE("each case has its section in docs/node.md", "[node doctor]") {
  std::ifstream in(std::filesystem::path(MOUNTGUARD_SOURCE_DIR) / "docs/node.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  for (const node::Case one : node::AllCases()) {
    INFO(ToString(one));
    CHECK(Has(page, "\n### " + std::string(ToString(one)) + "\n"));
  }
}

}  // namespace
}  // namespace mountguard::cli

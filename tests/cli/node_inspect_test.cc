#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/node/inspection.h"
#include "tests/cli/golden.h"
#include "tests/cli/run.h"
#include "tests/node/fake_node.h"

namespace mountguard::cli {
namespace {

constexpr char kId[] = "3f2a81c07d553f2a81c07d553f2a81c07d553f2a81c07d553f2a81c07d553f2a";

/// A node with a volume that one container follows and another keeps a private copy of, from
/// before the node unmounted it; and with a path on which mounts have doubled.
struct InspectedNode : node::FakeNode {
  InspectedNode() {
    AddProcess(1, "systemd",
               "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
               "21 20 0:40 / /srv/many rw shared:5 - tmpfs many rw\n"
               "22 21 0:40 / /srv/many rw shared:6 - tmpfs many rw\n"
               "23 22 0:40 / /srv/many rw shared:7 - tmpfs many rw\n",
               "0::/init.scope\n", 1);
    AddProcess(500, "agent",
               "50 1 0:90 / / rw - overlay overlay rw\n"
               "51 50 8:1 /var/lib/kubelet /var/lib/kubelet rw master:1 - ext4 /dev/sda1 rw\n",
               std::string("0::/kubepods/besteffort/podaaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/") +
                   kId + "\n",
               2);
    AddProcess(600, "keeper",
               "60 1 0:91 / / rw - overlay overlay rw\n"
               "61 60 8:32 / /data/volume rw - ext4 /dev/sdc rw\n",
               "0::/user.slice\n", 3);
  }
};

Ran Inspect(const node::FakeNode& fake, Arguments arguments) {
  arguments.insert(arguments.begin(), {"node", "inspect", "--root", fake.root()});
  return RunProgram(arguments);
}

TEST_CASE("inspect says each mount in the kernel's and in Kubernetes' words", "[node inspect]") {
  const InspectedNode fake;
  const Ran ran = Inspect(fake, {"--all"});
  INFO(ran.out << ran.err);
  for (const char* part : {
           "PATH", "KERNEL", "rslave", "PROPAGATION_HOST_TO_CONTAINER", "HostToContainer",
           "master:1", "/data/volume", "rprivate", "PROPAGATION_PRIVATE",
           "/srv/many has 3 mounts on it",
           "3f2a81c07d55",  // whose mounts they are
       }) {
    CAPTURE(part);
    CHECK(ran.out.find(part) != std::string::npos);
  }
}

TEST_CASE("inspect's JSON has every mount and its words", "[node inspect]") {
  const InspectedNode fake;
  const Ran ran = Inspect(fake, {"--pid", "500", "-o", "json"});
  INFO(ran.err);
  const auto report = nlohmann::json::parse(ran.out);
  CHECK(report["kind"] == "NodeInspectReport");
  REQUIRE(report["namespaces"].size() == 1);
  const auto& mounts = report["namespaces"][0]["mounts"];
  REQUIRE(mounts.size() == 2);
  CHECK(mounts[0]["mountPoint"] == "/");
  CHECK(mounts[1]["mountPoint"] == "/var/lib/kubelet");
  CHECK(mounts[1]["master"] == 1);
  CHECK(mounts[1]["shared"].is_null());
}

TEST_CASE("inspect's page holds all of it and needs no network", "[node inspect]") {
  const InspectedNode fake;
  const Ran ran = Inspect(fake, {"--all", "-o", "html"});
  CHECK(ran.out.rfind("<!DOCTYPE html>", 0) == 0);
  CHECK(ran.out.find("/var/lib/kubelet") != std::string::npos);
  CHECK(ran.out.find("src=\"http") == std::string::npos);
  CHECK(ran.out.find("href=\"http") == std::string::npos);
}

TEST_CASE("inspect's answers are what they were approved to be", "[golden][node inspect]") {
  const InspectedNode fake;  // nothing in its reports tells where it lies
  const std::filesystem::path directory = std::filesystem::path(MOUNTGUARD_TESTDATA) / "node";
  for (const InspectFormat& format : InspectFormats()) {
    const Ran ran = Inspect(fake, {"--all", "-o", std::string(format.name)});
    CHECK(ran.err.empty());
    CHECK(ran.code == ExitCode::kClean);
    CompareWithGolden(directory / (std::string("inspect.") + std::string(format.name) + ".out"),
                      ran.out);
  }
  Terminal narrow;
  narrow.width = 80;
  narrow.wraps = true;
  CompareWithGolden(
      directory / "inspect.narrow.out",
      RunProgram({"node", "inspect", "--root", fake.root(), "--all"}, "", narrow).out);
}

TEST_CASE("inspect says what is not there and what cannot be read", "[node inspect]") {
  const InspectedNode fake;
  SECTION("no such process") {
    const Ran ran = Inspect(fake, {"--pid", "7777"});
    CHECK(ran.code == ExitCode::kUnreadable);
    CHECK(ran.err.find("7777") != std::string::npos);
  }
  SECTION("no such container") {
    const Ran ran = Inspect(fake, {"--container", "ffff"});
    CHECK(ran.code == ExitCode::kUnreadable);
    CHECK(ran.err.find("ffff") != std::string::npos);
  }
  SECTION("no pod's name") {
    const Ran ran = Inspect(fake, {"--pod", "noslash"});
    CHECK(ran.code == ExitCode::kUsage);
    CHECK(ran.err.find("NAMESPACE/NAME") != std::string::npos);
  }
  SECTION("a table that is none") {
    node::FakeNode broken;
    broken.AddProcess(1, "systemd", "20 1 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n", "0::/\n", 1);
    broken.AddProcess(9, "odd", "nonsense\n", "0::/\n", 2);
    const Ran ran = Inspect(broken, {"--pid", "9"});
    CHECK(ran.code == ExitCode::kUnreadable);
    CHECK(ran.err.find("line 1") != std::string::npos);
  }
}

}  // namespace
}  // namespace mountguard::cli

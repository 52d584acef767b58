#include "node/process.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/file_reader.h"
#include "tests/node/fake_node.h"

namespace mountguard::node {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("A process is read below the root that was given", "[process]") {
  FakeNode fake;
  fake.AddProcess(1, "init", "1 0 8:1 / / rw shared:1 - ext4 /dev/sda rw\n", "0::/init.scope\n",
                  4026531841);
  fake.AddProcess(70, "agent", "9 0 8:1 / / rw - ext4 /dev/sda rw\n", "0::/\n", 0);
  fake.Write("/proc/uptime", "1 1\n");
  const core::SystemFileReader files;
  const ProcessReader reader(files, fake.root() + "/");
  const auto pids = reader.Pids();
  REQUIRE(pids.has_value());
  CHECK(*pids == std::vector<int>{1, 70});
  const auto table = reader.Mounts(1);
  REQUIRE(table.has_value());
  CHECK(table->mounts().front().shared == 1);
  CHECK(reader.Cgroups(1).value() == "0::/init.scope\n");
  CHECK(reader.Command(70).value() == "agent");
  CHECK(reader.MountNamespace(1).value() == 4026531841);
  CHECK(reader.UserNamespace(1).value() == 4026531837);
  CHECK(reader.PathOf("/run") == fake.root() + "/run");
}

TEST_CASE("What cannot be read of a process is an error with its reason", "[process]") {
  FakeNode fake;
  fake.AddProcess(1, "init", "nonsense\n", "0::/\n", 0);
  fake.Link("/proc/1/ns/mnt", "net:[1]");
  const core::SystemFileReader files;
  const ProcessReader reader(files, fake.root());
  CHECK(reader.Mounts(1).error().message.rfind(fake.root() + "/proc/1/mountinfo: line 1, ", 0) ==
        0);
  CHECK_THAT(reader.MountNamespace(1).error().message,
             Contains("expected a link such as mnt:[4026531840], got \"net:[1]\""));
  CHECK_THAT(reader.UserNamespace(1).error().message, Contains("No such file or directory"));
  CHECK(reader.Mounts(99).error().message == "there is no process 99 in " + fake.root() + "/proc");
  CHECK_THAT(ProcessReader(files, fake.root() + "/nowhere").Pids().error().message,
             Contains("No such file or directory"));
  std::filesystem::create_directories(fake.root() + "/empty/proc");
  CHECK_THAT(ProcessReader(files, fake.root() + "/empty").Pids().error().message,
             Contains("shows no processes; is the node's /proc mounted there?"));
}

TEST_CASE("The kernel's own files of this process are read", "[process]") {
  const core::SystemFileReader files;
  const ProcessReader reader(files);
  const int self = ::getpid();
  const auto table = reader.Mounts(self);
  REQUIRE(table.has_value());
  CHECK_FALSE(table->mounts().empty());
  CHECK(reader.Command(self).value() == "node_test");
  CHECK(reader.MountNamespace(self).has_value());
}

}  // namespace
}  // namespace mountguard::node

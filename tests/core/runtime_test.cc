#include "core/runtime.h"

#include <catch2/catch.hpp>

using namespace mountguard::core;  // NOLINT: the vocabulary of every line below

TEST_CASE("a runtime is known by its name alone") {
  for (Runtime runtime : {Runtime::kContainerd, Runtime::kCrio, Runtime::kCriDockerd}) {
    CHECK(RuntimeFromText(ToString(runtime)) == runtime);
  }
  CHECK_FALSE(RuntimeFromText("crio"));
  CHECK_FALSE(RuntimeFromText(""));
}

TEST_CASE("CRI-O and dockerd make a private mount of what holds their storage a slave") {
  for (const char* path :
       {"/", "/var", "/var/lib", "/var/lib/containers", "/var/lib/containers/storage"}) {
    CAPTURE(path);
    CHECK(TurnsPrivateIntoSlave(Runtime::kCrio, path));
    CHECK_FALSE(TurnsPrivateIntoSlave(Runtime::kContainerd, path));
  }
  for (const char* path : {"/etc", "/var/lib/kubelet", "/var/lib/containers/storage/overlay",
                           "/var/lib/containers2", "/va"}) {
    CAPTURE(path);
    CHECK_FALSE(TurnsPrivateIntoSlave(Runtime::kCrio, path));
  }
  CHECK(TurnsPrivateIntoSlave(Runtime::kCriDockerd, "/var/lib/docker"));
  CHECK(TurnsPrivateIntoSlave(Runtime::kCriDockerd, "/var/lib/docker/containers"));
  CHECK_FALSE(TurnsPrivateIntoSlave(Runtime::kCriDockerd, "/var/lib/dockershim"));
}

TEST_CASE("a mount that is not shared is refused in each runtime's own words") {
  const auto text = [](Runtime runtime, CriPropagation propagation) {
    return NotSharedError(runtime, propagation, "/srv/x", "/");
  };
  const CriPropagation both = CriPropagation::kBidirectional;
  const CriPropagation one_way = CriPropagation::kHostToContainer;
  CHECK(text(Runtime::kContainerd, both) ==
        R"(path "/srv/x" is mounted on "/" but it is not a shared mount)");
  CHECK(text(Runtime::kCrio, one_way) ==
        R"(path "/srv/x" is mounted on "/" but it is not a shared or slave mount)");
  CHECK(text(Runtime::kCriDockerd, both) ==
        "Path /srv/x is mounted on / but it is not a shared mount.");
  CHECK(text(Runtime::kCriDockerd, one_way) ==
        "Path /srv/x is mounted on / but it is not a shared or slave mount.");
  CHECK(RecursiveReadOnlyConflict("/") ==
        "recursive read-only mount requires private propagation for hostPath \"/\", got: "
        "PROPAGATION_HOST_TO_CONTAINER");
}

TEST_CASE("a RuntimeClass tells its sandbox by a word of its name") {
  for (const char* name :
       {"kata", "kata-qemu", "kata-mshv-vm-isolation", "my.kata", "katacontainers"}) {
    CAPTURE(name);
    CHECK(SandboxOfRuntimeClass(name) == "Kata Containers");
  }
  CHECK(SandboxOfRuntimeClass("gvisor") == "gVisor");
  CHECK(SandboxOfRuntimeClass("runsc-kvm") == "gVisor");
  CHECK(SandboxOfRuntimeClass("sysbox-runc") == "Sysbox");
  for (const char* name : {"", "runc", "nvidia", "katalog", "crun-wasm", "-", "."}) {
    CAPTURE(name);
    CHECK_FALSE(SandboxOfRuntimeClass(name));
  }
}

#include "node/container_id.h"

#include <catch2/catch.hpp>
#include <string>

namespace mountguard::node {
namespace {

const std::string kId(64, 'a');
const std::string kOther(64, 'b');
const std::string kUid = "0c1d2e3f-1111-2222-3333-444455556666";
const std::string kSliceUid = "0c1d2e3f_1111_2222_3333_444455556666";

TEST_CASE("Containers are found in the cgroups of every runtime and driver", "[container_id]") {
  struct Case {
    std::string cgroups, id, uid, runtime;
  };
  const std::string slices =
      "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kSliceUid + ".slice/";
  const Case cases[] = {
      // The kubelet's driver is cgroupfs: v2, v1, guaranteed pods, a static pod, CRI-O.
      {"0::/kubepods/burstable/pod" + kUid + "/" + kId + "\n", kId, kUid, ""},
      {"12:pids:/kubepods/pod" + kUid + "/" + kId + "\n1:name=systemd:/x\n", kId, kUid, ""},
      {"0::/kubepods/besteffort/pod" + std::string(32, 'e') + "/" + kId, kId, std::string(32, 'e'),
       ""},
      {"0::/kubepods/besteffort/pod" + kUid + "/crio-" + kId, kId, kUid, "cri-o"},
      // It is systemd.
      {"0::" + slices + "cri-containerd-" + kId + ".scope\n", kId, kUid, "containerd"},
      {"0::" + slices + "crio-" + kId + ".scope/container\n", kId, kUid, "cri-o"},
      {"0::" + slices + "docker-" + kId + ".scope\n", kId, kUid, "docker"},
      {"0::/kubepods.slice/kubepods-pod" + kSliceUid + ".slice/cri-containerd-" + kId +
           ".scope/init.scope\n",
       kId, kUid, "containerd"},
      // systemd to the kubelet, cgroupfs to containerd.
      {"11:cpu,cpuacct:/system.slice/containerd.service/kubepods-burstable-pod" + kSliceUid +
           ".slice:cri-containerd:" + kId + "\n",
       kId, kUid, "containerd"},
      // A cgroup namespace of one's own makes other paths relative.
      {"0::/../../pod" + kUid + "/" + kId + "\n", kId, kUid, ""},
      // cgroupsPerQOS: false; outside of Kubernetes.
      {"0::/" + kId + "\n", kId, "", ""},
      {"0::/system.slice/docker-" + kId + ".scope\n", kId, "", "docker"},
      {"0::/docker/" + kId + "\n", kId, "", ""},
      {"0::/machine.slice/libpod-" + kId + ".scope/container\n", kId, "", "podman"},
      // A node in a container, and hierarchies of which one knows more.
      {"0::/docker/" + kOther + "/kubelet" + slices + "cri-containerd-" + kId + ".scope\n", kId,
       kUid, "containerd"},
      {"2:cpu:/" + kOther + "\n1:memory:/kubepods/pod" + kUid + "/" + kId + "\n", kId, kUid, ""},
  };
  for (const Case& one : cases) {
    INFO(one.cgroups);
    const auto found = ContainerOfCgroups(one.cgroups);
    REQUIRE(found.has_value());
    CHECK(found->id == one.id);
    CHECK(found->pod_uid == one.uid);
    CHECK(found->runtime == one.runtime);
  }
}

TEST_CASE("What is no container is none", "[container_id]") {
  for (const std::string& cgroups :
       {std::string(), std::string("0::/\n"), std::string("0::/init.scope\n"),
        std::string("nonsense"), "0::/machine.slice/crio-conmon-" + kId + ".scope\n",
        "0::/machine.slice/libpod-conmon-" + kId + ".scope\n", "0::/x" + kId + "\n",
        "0::/" + std::string(64, 'A') + "\n", "0::/" + kId + "0\n",
        "0::/kubepods/burstable/pod" + kUid + "\n",
        // The kubelet of a node in a container, in a pod's cgroup but in no container of it.
        "0::/docker/" + kId + "/kubepods/pod" + kUid + "\n"}) {
    INFO(cgroups);
    CHECK_FALSE(ContainerOfCgroups(cgroups).has_value());
  }
}

}  // namespace
}  // namespace mountguard::node

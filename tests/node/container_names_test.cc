#include "node/container_names.h"

#include <catch2/catch.hpp>
#include <string>

#include "core/file_reader.h"
#include "tests/node/fake_node.h"

namespace mountguard::node {
namespace {

const std::string kNamedId(64, 'a');
const std::string kNamedUid = "0c1d2e3f-1111-2222-3333-444455556666";

ContainerNames NamesOn(const FakeNode& fake, const std::string& host = "") {
  const core::SystemFileReader files;
  const ProcessReader reader(files, fake.root());
  const auto table = ParseMountInfo(host);
  REQUIRE(table.has_value());
  return ContainerNamer(reader, *table).NamesOf({kNamedId, kNamedUid, ""});
}

const std::string kContainerdConfig = R"({"ociVersion":"1.1.0","annotations":{
  "io.kubernetes.cri.container-name":"driver","io.kubernetes.cri.container-type":"container",
  "io.kubernetes.cri.sandbox-name":"csi-node-x2","io.kubernetes.cri.sandbox-namespace":"storage"}})";

TEST_CASE("Names are read from containerd's bundles, wherever they are", "[container_names]") {
  for (const std::string state :
       {"/run/containerd", "/run/k3s/containerd", "/var/snap/microk8s/common/run/containerd"}) {
    INFO(state);
    FakeNode fake;
    const std::string config =
        state + "/io.containerd.runtime.v2.task/k8s.io/" + kNamedId + "/config.json";
    fake.Write(config, kContainerdConfig);
    const ContainerNames names = NamesOn(fake);
    CHECK(names.container == "driver");
    CHECK(names.pod == "csi-node-x2");
    CHECK(names.pod_namespace == "storage");
    CHECK(names.pod_uid == kNamedUid);
    CHECK_FALSE(names.sandbox);
    CHECK(names.source == fake.root() + config);
  }
  // Elsewhere the host's table shows them.
  FakeNode fake;
  fake.Write("/opt/state/tasks/k8s.io/" + kNamedId + "/config.json", kContainerdConfig);
  CHECK(NamesOn(fake).pod.empty());
  CHECK(
      NamesOn(fake, "9 1 0:5 / /opt/state/tasks/k8s.io/" + kNamedId + "/rootfs rw - overlay o rw\n")
          .pod == "csi-node-x2");
}

TEST_CASE("A sandbox is told from the containers of its pod", "[container_names]") {
  FakeNode fake;
  fake.Write("/run/containers/storage/overlay-containers/" + kNamedId + "/userdata/config.json",
             R"({"annotations":{"io.kubernetes.cri-o.ContainerType":"sandbox",
                 "io.kubernetes.container.name":"POD","io.kubernetes.pod.name":"web-0",
                 "io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"u-1"}})");
  const ContainerNames names = NamesOn(fake);
  CHECK(names.sandbox);
  CHECK(names.pod == "web-0");
  CHECK(names.pod_uid == "u-1");
}

TEST_CASE("cri-dockerd writes the names as labels", "[container_names]") {
  FakeNode fake;
  fake.Write("/var/lib/docker/containers/" + kNamedId + "/config.v2.json",
             R"({"Config":{"Labels":{"io.kubernetes.docker.type":"container",
                 "io.kubernetes.container.name":"web","io.kubernetes.pod.name":"web-0",
                 "io.kubernetes.pod.namespace":"shop","io.kubernetes.pod.uid":"u-1"}}})");
  const ContainerNames names = NamesOn(fake);
  CHECK(names.container == "web");
  CHECK(names.pod == "web-0");
  CHECK_FALSE(names.sandbox);
}

TEST_CASE("Without root the names of the logs say it", "[container_names]") {
  FakeNode fake;
  fake.Write("/var/log/pods/shop_web-0_" + kNamedUid + "/web/0.log", "");
  ContainerNames names = NamesOn(fake);
  CHECK(names.pod_namespace == "shop");
  CHECK(names.pod == "web-0");
  CHECK(names.container.empty());
  fake.Link("/var/log/containers/web-0_shop_web-server-" + kNamedId + ".log", "nowhere");
  fake.Link("/var/log/containers/broken-" + kNamedId + ".log", "nowhere");
  names = NamesOn(fake);
  CHECK(names.container == "web-server");
  CHECK(names.pod == "web-0");
  CHECK(names.pod_namespace == "shop");
}

TEST_CASE("Where nothing is written nothing is told", "[container_names]") {
  FakeNode fake;
  fake.Write("/run/containerd/io.containerd.runtime.v2.task/k8s.io/" + kNamedId + "/config.json",
             "{\"annotations\": [");
  const ContainerNames names = NamesOn(fake);
  CHECK(names.pod.empty());
  CHECK(names.container.empty());
  CHECK(names.pod_uid == kNamedUid);
}

}  // namespace
}  // namespace mountguard::node

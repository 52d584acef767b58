#include "core/pod_spec.h"

#include <catch2/catch.hpp>

#include <string>

using mountguard::core::ContainerType;
using mountguard::core::JsonParser;
using mountguard::core::PathOf;
using mountguard::core::PodSpecView;
using mountguard::core::Volume;
using mountguard::core::VolumeType;
using mountguard::core::VolumeTypeFromField;

namespace {

/// A pod spec and the parser that its view borrows from.
class Spec {
 public:
  explicit Spec(std::string text) : text_(std::move(text)) { Read(); }

  PodSpecView view;

 private:
  void Read() { view.Read(parser_.Parse(text_).value()); }

  std::string text_;
  JsonParser parser_;
};

bool IsWindows(const std::string& members) { return Spec("{" + members + "}").view.windows(); }

}  // namespace

TEST_CASE("all containers are one list in the API server's order, each with its own mounts") {
  const Spec spec(R"({
    "ephemeralContainers":[{"name":"debug","volumeMounts":[{"name":"e","mountPath":"/e"}]}],
    "initContainers":[{"name":"init"},
                      {"name":"side","restartPolicy":"Always","volumeMounts":[{"name":"s"}]}],
    "containers":[{"name":"app","image":"i","volumeMounts":[{"name":"a"},{"name":"b"}],
                   "volumeDevices":[{"name":"d","devicePath":"/dev/x"}]}]})");
  const auto& containers = spec.view.containers();
  REQUIRE(containers.size() == 4);
  CHECK(containers[0].name == "app");
  CHECK(containers[0].image == "i");
  CHECK(containers[0].type == ContainerType::kContainer);
  CHECK(containers[1].name == "init");
  CHECK_FALSE(containers[1].sidecar);
  CHECK(containers[2].sidecar);
  CHECK(containers[2].index == 1);
  CHECK(containers[3].type == ContainerType::kEphemeralContainer);

  CHECK(spec.view.Mounts(containers[0]).size() == 2);
  CHECK(spec.view.Mounts(containers[0])[1].name == "b");
  CHECK(spec.view.Devices(containers[0])[0].device_path == "/dev/x");
  CHECK(spec.view.Mounts(containers[1]).empty());
  CHECK(spec.view.Mounts(containers[2])[0].name == "s");
  CHECK(spec.view.Mounts(containers[3])[0].mount_path == "/e");

  CHECK(PathOf("spec", containers[2]) == "spec.initContainers[1]");
  CHECK(PathOf("spec.template.spec", containers[3]) == "spec.template.spec.ephemeralContainers[0]");
}

TEST_CASE("only what runs for as long as the pod does is long running") {
  const Spec spec(R"({"containers":[{}],"initContainers":[{},{"restartPolicy":"Always"}],
                      "ephemeralContainers":[{}]})");
  std::vector<bool> long_running;
  for (const auto& container : spec.view.containers()) {
    long_running.push_back(container.long_running());
  }
  CHECK(long_running == std::vector<bool>{true, false, true, false});
}

TEST_CASE("a mount tells unset from empty") {
  const Spec spec(R"~({"containers":[{"volumeMounts":[
    {"name":"v","mountPath":"/m","subPath":"s","subPathExpr":"$(X)","readOnly":true,
     "mountPropagation":"","recursiveReadOnly":"Enabled"},
    {"mountPropagation":null,"readOnly":null},
    null]}]})~");
  const auto mounts = spec.view.Mounts(spec.view.containers()[0]);
  REQUIRE(mounts.size() == 3);
  CHECK(mounts[0].sub_path == "s");
  CHECK(mounts[0].sub_path_expr == "$(X)");
  CHECK(mounts[0].read_only);
  CHECK(mounts[0].mount_propagation == "");
  CHECK(mounts[0].recursive_read_only == "Enabled");
  CHECK_FALSE(mounts[1].mount_propagation.has_value());
  CHECK_FALSE(mounts[1].read_only);
  CHECK(mounts[2].name.empty());
}

TEST_CASE("privileged is the container's own word, and only true is true") {
  const Spec spec(R"({"securityContext":{"privileged":true},"containers":[
    {"securityContext":{"privileged":true,"capabilities":{"add":["SYS_ADMIN"]}}},
    {"securityContext":{"privileged":false}},{"securityContext":{"privileged":null}},
    {"securityContext":null},{}]})");
  const auto& containers = spec.view.containers();
  CHECK(containers[0].privileged);
  CHECK(containers[0].added_capabilities.At(0).AsString() == "SYS_ADMIN");
  for (std::size_t i = 1; i < containers.size(); ++i) CHECK_FALSE(containers[i].privileged);
}

TEST_CASE("a volume without a source is an emptyDir, and nulls are no sources") {
  const Spec spec(R"({"volumes":[{"name":"a"},{"name":"b","hostPath":null,"secret":{}},
    {"name":"c","hostPath":{"path":"/h"}},null]})");
  const auto& volumes = spec.view.volumes();
  REQUIRE(volumes.size() == 4);
  CHECK(volumes[0].type == VolumeType::kEmptyDir);
  CHECK_FALSE(volumes[0].source.exists());
  CHECK(volumes[1].type == VolumeType::kSecret);
  CHECK(volumes[2].host_path == "/h");
  CHECK(volumes[3].name.empty());
  REQUIRE(spec.view.FindVolume("c") != nullptr);
  CHECK(spec.view.FindVolume("c")->type == VolumeType::kHostPath);
  CHECK(spec.view.FindVolume("none") == nullptr);
}

TEST_CASE("a claim template overrides the volume of its name") {
  Spec spec(R"({"volumes":[{"name":"data","hostPath":{"path":"/h"}},{"name":"other"}]})");
  spec.view.OverrideWithClaim("data");
  spec.view.OverrideWithClaim("more");
  REQUIRE(spec.view.volumes().size() == 3);
  CHECK(spec.view.FindVolume("data")->type == VolumeType::kPersistentVolumeClaim);
  CHECK(spec.view.FindVolume("data")->host_path.empty());
  CHECK(spec.view.FindVolume("more")->type == VolumeType::kPersistentVolumeClaim);
}

TEST_CASE("every volume type has the name of its field") {
  for (int i = 0; i <= static_cast<int>(VolumeType::kVsphereVolume); ++i) {
    const auto type = static_cast<VolumeType>(i);
    CAPTURE(ToString(type));
    CHECK(VolumeTypeFromField(ToString(type)) == type);
  }
  CHECK(ToString(VolumeType::kStorageOs) == "storageos");
  CHECK(ToString(VolumeType::kDownwardApi) == "downwardAPI");
  CHECK_FALSE(VolumeTypeFromField("name").has_value());
  CHECK_FALSE(VolumeTypeFromField("HostPath").has_value());
}

TEST_CASE("a pod that can only run on Windows is one") {
  const std::string term = R"({"matchExpressions":[{"key":"kubernetes.io/os","operator":"In",
                               "values":["windows"]}]})";
  const auto affinity = [](const std::string& terms) {
    return R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
              {"nodeSelectorTerms":[)" +
           terms + "]}}}";
  };
  CHECK(IsWindows(R"("os":{"name":"windows"})"));
  CHECK(IsWindows(R"("nodeSelector":{"kubernetes.io/os":"windows"})"));
  CHECK(IsWindows(affinity(term)));
  CHECK(IsWindows(affinity(term + "," + term)));
  CHECK_FALSE(IsWindows(R"("os":{"name":"linux"},"nodeSelector":{"kubernetes.io/os":"windows"})"));
  CHECK_FALSE(IsWindows(R"("nodeSelector":{"kubernetes.io/os":"linux"})"));
  CHECK_FALSE(IsWindows(affinity("")));
  CHECK_FALSE(IsWindows(affinity(term + R"(,{"matchExpressions":[]})")));
  CHECK_FALSE(IsWindows(affinity(R"({"matchExpressions":[{"key":"kubernetes.io/os",
      "operator":"In","values":["windows","linux"]}]})")));
  CHECK_FALSE(IsWindows(affinity(R"({"matchExpressions":[{"key":"kubernetes.io/os",
      "operator":"NotIn","values":["windows"]}]})")));
  CHECK_FALSE(IsWindows(R"("hostPID":true)"));
}

TEST_CASE("the pod's own fields have the API's defaults") {
  const PodSpecView empty = Spec("{}").view;
  CHECK(empty.host_users());
  CHECK_FALSE(empty.host_pid());
  CHECK(empty.containers().empty());
  const Spec spec(R"({"hostPID":true,"hostNetwork":true,"hostUsers":false,"serviceAccount":"old",
    "runtimeClassName":"kata","priorityClassName":"p","restartPolicy":"Never",
    "automountServiceAccountToken":false})");
  CHECK(spec.view.host_pid());
  CHECK(spec.view.host_network());
  CHECK_FALSE(spec.view.host_users());
  CHECK(spec.view.service_account_name() == "old");
  CHECK(spec.view.runtime_class_name() == "kata");
  CHECK(spec.view.priority_class_name() == "p");
  CHECK(spec.view.restart_policy() == "Never");
  CHECK(spec.view.automount_service_account_token() == false);
  CHECK(
      Spec(R"({"serviceAccount":"old","serviceAccountName":"new"})").view.service_account_name() ==
      "new");
}

TEST_CASE("reading again forgets the pod before") {
  PodSpecView view;
  JsonParser parser;
  std::string first = R"({"containers":[{"volumeMounts":[{},{}]}],"volumes":[{}],"hostPID":true})";
  view.Read(parser.Parse(first).value());
  CHECK(view.containers().size() == 1);
  std::string second = R"({"containers":[{"volumeMounts":[{"name":"v"}]}]})";
  view.Read(parser.Parse(second).value());
  REQUIRE(view.containers().size() == 1);
  CHECK(view.Mounts(view.containers()[0]).size() == 1);
  CHECK(view.volumes().empty());
  CHECK_FALSE(view.host_pid());
}

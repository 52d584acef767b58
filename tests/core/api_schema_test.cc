#include "core/api_schema.h"

#include <catch2/catch.hpp>

#include <string>

namespace mountguard::core {
namespace {

/// "message | field" of the error, or "" if the object decodes.
std::string Told(const std::optional<DecodeError>& error) {
  return error ? error->message + " | " + error->field : "";
}

std::string CheckPod(std::string json, std::string_view api_version = "v1",
                     std::string_view kind = "Pod") {
  JsonParser parser;
  const auto object = parser.Parse(json);
  REQUIRE(object);
  return Told(CheckDecodes(api_version, kind, *object));
}

TEST_CASE("a pod with fields of every kind decodes") {
  CHECK(CheckPod(R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"},
    "creationTimestamp":"2026-01-02T03:04:05Z","managedFields":[{"fieldsV1":{"f:x":1}}]},
    "spec":{"containers":[{"name":"c","ports":[{"containerPort":80}],
    "resources":{"limits":{"cpu":1.5,"memory":"1Gi"}},"livenessProbe":{"httpGet":{"port":"http"}},
    "readinessProbe":{"httpGet":{"port":80}},"volumeMounts":[{"readOnly":true}]}]}})") == "");
}

TEST_CASE("null is taken by every type, and unknown names are skipped") {
  CHECK(CheckPod(R"({"spec":{"containers":[null,{"image":null,"ports":null,"resources":{"limits":
    {"cpu":null}},"securityContext":{"privileged":null}}]},"metadata":{"creationTimestamp":null}})") ==
        "");
  CHECK(CheckPod(R"({"Spec":5,"spec":{"Containers":5,"":7,"containerz":{"a":1}}})") == "");
}

TEST_CASE("a wrong type names the struct, the path without indices, and the Go type") {
  CHECK(CheckPod(R"({"spec":{"containers":[{},{"volumeMounts":[{"readOnly":"yes"}]}]}})") ==
        "json: cannot unmarshal string into Go struct field "
        "VolumeMount.spec.containers.volumeMounts.readOnly of type bool"
        " | spec.containers[1].volumeMounts[0].readOnly");
  CHECK(CheckPod(R"({"spec":{"containers":[{"volumeMounts":[{"mountPropagation":1}]}]}})") ==
        "json: cannot unmarshal number into Go struct field "
        "VolumeMount.spec.containers.volumeMounts.mountPropagation of type v1.MountPropagationMode"
        " | spec.containers[0].volumeMounts[0].mountPropagation");
  CHECK(CheckPod(R"({"spec":{"containers":{}}})") ==
        "json: cannot unmarshal object into Go struct field PodSpec.spec.containers of type "
        "[]v1.Container | spec.containers");
  CHECK(CheckPod(R"({"spec":{"containers":["x"]}})") ==
        "json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type "
        "v1.Container | spec.containers[0]");
  CHECK(CheckPod(R"({"metadata":{"labels":{"a":true}}})") ==
        "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.labels of type string"
        " | metadata.labels[a]");
}

TEST_CASE("fields of embedded structs carry the struct's name in the message only") {
  CHECK(CheckPod(R"({"spec":{"volumes":[{"hostPath":"/h"}]}})") ==
        "json: cannot unmarshal string into Go struct field "
        "Volume.spec.volumes.VolumeSource.hostPath of type v1.HostPathVolumeSource"
        " | spec.volumes[0].hostPath");
  CHECK(CheckPod(R"({"spec":{"ephemeralContainers":[{"volumeMounts":{}}]}})") ==
        "json: cannot unmarshal object into Go struct field "
        "EphemeralContainer.spec.ephemeralContainers.EphemeralContainerCommon.volumeMounts of type "
        "[]v1.VolumeMount | spec.ephemeralContainers[0].volumeMounts");
}

TEST_CASE("integers must be whole and must fit") {
  const auto priority = [](const std::string& value) {
    return CheckPod(R"({"spec":{"priority":)" + value + "}}");
  };
  CHECK(priority("2147483647") == "");
  CHECK(priority("80.0") == "");  // 80 by the time that the API server reads it
  const std::string refused =
      "json: cannot unmarshal number {} into Go struct field PodSpec.spec."
      "priority of type int32 | spec.priority";
  for (const auto& [value, shown] : {std::pair("2147483648", "2147483648"), std::pair("1.5", "1.5"),
                                     std::pair("1e21", "1e+21"), std::pair("2.5e-8", "2.5e-8")}) {
    std::string expected = refused;
    expected.replace(expected.find("{}"), 2, shown);
    CHECK(priority(value) == expected);
  }
  CHECK(CheckPod(R"({"spec":{"activeDeadlineSeconds":2147483648}})") == "");
}

TEST_CASE("the first wrong type wins, but a type that decodes itself wins over all before it") {
  CHECK(CheckPod(R"({"spec":{"hostPID":1,"hostIPC":"x"}})") ==
        "json: cannot unmarshal number into Go struct field PodSpec.spec.hostPID of type bool"
        " | spec.hostPID");
  CHECK(CheckPod(R"({"spec":{"hostPID":1,"overhead":{"cpu":"1K"},"hostIPC":"x"}})") ==
        "unable to parse quantity's suffix | spec.overhead[cpu]");
  CHECK(CheckPod(R"({"metadata":{"creationTimestamp":5}})") ==
        "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.creationTimestamp "
        "of type string | metadata.creationTimestamp");
  CHECK(CheckPod(R"({"spec":{"containers":[{"livenessProbe":{"tcpSocket":{"port":1.5}}}]}})") ==
        "json: cannot unmarshal number 1.5 into Go struct field "
        "TCPSocketAction.spec.containers.livenessProbe.ProbeHandler.tcpSocket.port of type int32"
        " | spec.containers[0].livenessProbe.tcpSocket.port");
}

TEST_CASE("a repeated key is decoded each time") {
  CHECK(CheckPod(R"({"spec":{"hostPID":"x","hostPID":true}})") ==
        "json: cannot unmarshal string into Go struct field PodSpec.spec.hostPID of type bool"
        " | spec.hostPID");
}

TEST_CASE("every version has types of its own, and unknown kinds are not checked") {
  const std::string deployment = R"({"spec":{"rollbackTo":{"revision":"x"}}})";
  CHECK(CheckPod(deployment, "apps/v1", "Deployment") == "");
  CHECK(CheckPod(deployment, "extensions/v1beta1", "Deployment") ==
        "json: cannot unmarshal string into Go struct field "
        "RollbackConfig.spec.rollbackTo.revision of type int64 | spec.rollbackTo.revision");
  CHECK(CheckPod(R"({"spec":5})", "argoproj.io/v1alpha1", "Rollout") == "");
}

TEST_CASE("a pod template of a custom kind is checked where it stands") {
  std::string json = R"({"spec":{"containers":[{"image":1}]}})";
  JsonParser parser;
  const auto pod_template = parser.Parse(json);
  REQUIRE(pod_template);
  CHECK(
      Told(CheckPodTemplateDecodes(*pod_template, "spec.template")) ==
      "json: cannot unmarshal number into Go struct field Container.spec.containers.image of type "
      "string | spec.template.spec.containers[0].image");
  CHECK(
      Told(CheckPodTemplateDecodes(pod_template->Get("spec").Get("containers"), "spec.template")) ==
      "json: cannot unmarshal array into Go value of type v1.PodTemplateSpec | spec.template");
}

}  // namespace
}  // namespace mountguard::core

#include "policy/kubernetes/volume_source.h"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mountguard::policy {
namespace {

bool IsValidText(std::string volume, bool is_pod = true, std::string metadata = "{}") {
  core::JsonParser parser;
  core::JsonParser metadata_parser;
  std::string spec = R"({"volumes":[)" + volume + "]}";
  core::PodSpecView pod;
  pod.Read(parser.Parse(spec).value());
  return IsValid(pod.volumes().at(0), {is_pod, metadata_parser.Parse(metadata).value()});
}

/// Whether a volume "v" with this field, such as `"emptyDir":{}`, is valid in a pod.
bool IsValidSource(const std::string& field) {
  return IsValidText(R"({"name":"v",)" + field + "}");
}

struct Samples {
  std::string_view field;
  std::vector<std::string> good, bad;
};

/// One path as each of the sources takes it that hold files.
const std::vector<std::string> kFilePaths = {"a", "a/b", "a..", "a/..b", "a/..."};
const std::vector<std::string> kNoFilePaths = {"",     "/a",     "..",  "../a",
                                               "a/..", "a/../b", "..a", "..."};

// Mirrors upstream's TestValidateVolumes and what its validators say beside.
const std::vector<Samples> kSamples = {
    {"awsElasticBlockStore",
     {R"({"volumeID":"x"})", R"({"volumeID":"x","partition":255})"},
     {"{}", R"({"volumeID":"x","partition":256})", R"({"volumeID":"x","partition":-1})"}},
    {"azureDisk",
     {R"({"diskName":"d","diskURI":"https://x"})",
      R"({"diskName":"d","diskURI":"https://x","kind":"Dedicated","cachingMode":"None"})",
      R"({"diskName":"d","diskURI":"/subscriptions/x","kind":"Managed"})"},
     {R"({"diskURI":"https://x"})", R"({"diskName":"d"})", R"({"diskName":"d","diskURI":"x"})",
      R"({"diskName":"d","diskURI":"/subscriptions/x"})",
      R"({"diskName":"d","diskURI":"https://x","kind":"Managed"})",
      R"({"diskName":"d","diskURI":"https://x","kind":"other"})",
      R"({"diskName":"d","diskURI":"https://x","cachingMode":"other"})"}},
    {"azureFile",
     {R"({"secretName":"s","shareName":"x"})"},
     {R"({"secretName":"s"})", R"({"shareName":"x"})"}},
    {"cephfs", {R"({"monitors":["m"]})"}, {"{}", R"({"monitors":[]})"}},
    {"cinder",
     {R"({"volumeID":"x"})", R"({"volumeID":"x","secretRef":{"name":"s"}})"},
     {"{}", R"({"volumeID":"x","secretRef":{}})"}},
    {"configMap",
     {R"({"name":"c"})", R"({"name":"c","defaultMode":511})", R"({"name":"c","items":[]})"},
     {"{}", R"({"name":"c","defaultMode":512})", R"({"name":"c","defaultMode":-1})",
      R"({"name":"c","items":[{"key":"k"}]})", R"({"name":"c","items":[{"path":"p"}]})",
      R"({"name":"c","items":[null]})",
      R"({"name":"c","items":[{"key":"k","path":"p","mode":512}]})"}},
    {"csi",
     {R"({"driver":"csi.example.com"})", R"({"driver":"CSI.Example.Com"})",
      R"({"driver":"d","nodePublishSecretRef":{"name":"s.t"}})"},
     {"{}", R"({"driver":"a_b"})", R"({"driver":"-a"})",
      R"({"driver":")" + std::string(64, 'a') + "\"}",
      R"({"driver":"d","nodePublishSecretRef":{}})",
      R"({"driver":"d","nodePublishSecretRef":{"name":"S"}})"}},
    {"downwardAPI",
     {"{}", R"({"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.labels"}}]})",
      R"({"items":[{"path":"a","fieldRef":{"apiVersion":"v1","fieldPath":"metadata.uid"}}]})",
      R"({"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.labels['a/B']"}}]})",
      R"({"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.annotations['A.B/c']"}}]})",
      R"({"items":[{"path":"a","mode":292,
          "resourceFieldRef":{"containerName":"c","resource":"limits.cpu","divisor":"1m"}}]})",
      R"({"items":[{"path":"a",
          "resourceFieldRef":{"containerName":"c","resource":"requests.hugepages-2Mi"}}]})"},
     {R"({"defaultMode":512})", R"({"items":[{"path":"a"}]})",
      R"({"items":[{"fieldRef":{"fieldPath":"metadata.name"}}]})",
      R"({"items":[{"path":"a","mode":-1,"fieldRef":{"fieldPath":"metadata.name"}}]})",
      R"({"items":[{"path":"a","fieldRef":{"apiVersion":"v2","fieldPath":"metadata.name"}}]})",
      R"({"items":[{"path":"a","fieldRef":{}}]})",
      R"({"items":[{"path":"a","fieldRef":{"fieldPath":"spec.nodeName"}}]})",
      R"({"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.labels['A.B/c']"}}]})",
      R"({"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.labels['']"}}]})",
      R"({"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.name['a']"}}]})",
      R"({"items":[{"path":"a","resourceFieldRef":{"resource":"limits.cpu"}}]})",
      R"({"items":[{"path":"a","resourceFieldRef":{"containerName":"c"}}]})",
      R"({"items":[{"path":"a","resourceFieldRef":{"containerName":"c","resource":"limits.x"}}]})",
      R"({"items":[{"path":"a",
          "resourceFieldRef":{"containerName":"c","resource":"limits.cpu","divisor":"1Mi"}}]})",
      R"({"items":[{"path":"a",
          "resourceFieldRef":{"containerName":"c","resource":"limits.memory","divisor":"1m"}}]})",
      R"({"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.name"},
          "resourceFieldRef":{"containerName":"c","resource":"limits.cpu"}}]})"}},
    {"emptyDir",
     {"{}", R"({"medium":"any"})", R"({"sizeLimit":"1Gi"})", R"({"sizeLimit":0})",
      R"({"sizeLimit":"-0"})"},
     {R"({"sizeLimit":"-1"})", R"({"sizeLimit":-1})", R"({"sizeLimit":"-0.5n"})"}},
    {"fc",
     {R"({"targetWWNs":["w"],"lun":0})", R"({"targetWWNs":["w"],"lun":255})", R"({"wwids":["w"]})",
      R"({"wwids":["w"],"lun":256})"},
     {"{}", R"({"lun":1})", R"({"targetWWNs":["w"]})", R"({"targetWWNs":["w"],"lun":256})",
      R"({"targetWWNs":["w"],"wwids":["w"],"lun":1})"}},
    {"flexVolume",
     {R"({"driver":"d"})", R"({"driver":"d","options":{"a":"b","xkubernetes.io/a":"b"}})"},
     {"{}", R"({"driver":"d","options":{"kubernetes.io/a":"b"}})",
      R"({"driver":"d","options":{"x.K8S.io/a/b":"c"}})",
      R"({"driver":"d","options":{"k8s.io":"c"}})"}},
    {"flocker",
     {R"({"datasetName":"d"})", R"({"datasetUUID":"u"})"},
     {"{}", R"({"datasetName":"d","datasetUUID":"u"})", R"({"datasetName":"a/b"})"}},
    {"gcePersistentDisk",
     {R"({"pdName":"d"})", R"({"pdName":"d","partition":255})"},
     {"{}", R"({"pdName":"d","partition":256})"}},
    {"gitRepo",
     {R"({"repository":"r"})", R"({"repository":"r","directory":"..a"})"},
     {"{}", R"({"repository":"r","directory":"/a"})", R"({"repository":"r","directory":"a/.."})"}},
    {"glusterfs", {R"({"endpoints":"e","path":"p"})"}, {R"({"endpoints":"e"})", R"({"path":"p"})"}},
    {"hostPath",
     {R"({"path":"/a"})", R"({"path":"relative"})", R"({"path":"/a..b/..."})",
      R"({"path":"/a","type":"DirectoryOrCreate"})", R"({"path":"/a","type":""})",
      R"({"path":"/a","type":null})"},
     {"{}", R"({"path":""})", R"({"path":"/a/../b"})", R"({"path":".."})",
      R"({"path":"/a","type":"directory"})"}},
    {"image",
     {R"({"reference":"r"})", R"({"reference":"r","pullPolicy":"Never"})",
      R"({"reference":"r","pullPolicy":""})"},
     {"{}", R"({"reference":"r","pullPolicy":"never"})"}},
    {"iscsi",
     {R"({"targetPortal":"t","iqn":"iqn.2001-04.com.example:a","lun":255})"},
     {R"({"targetPortal":"t","iqn":"iqn.2001-04.com.example:a","lun":256})"}},
    {"nfs",
     {R"({"server":"s","path":"/p"})"},
     {R"({"server":"s"})", R"({"path":"/p"})", R"({"server":"s","path":"p"})"}},
    {"persistentVolumeClaim", {R"({"claimName":"c"})"}, {"{}"}},
    {"photonPersistentDisk", {R"({"pdID":"x"})"}, {"{}"}},
    {"portworxVolume", {R"({"volumeID":"x"})"}, {"{}"}},
    {"projected",
     {"{}", R"({"sources":[null,{}]})", R"({"sources":[{"secret":{"name":"s"}}]})",
      R"({"sources":[{"serviceAccountToken":{"path":"t"}}]})",
      R"({"sources":[{"serviceAccountToken":{"path":"t","expirationSeconds":600}},
                     {"serviceAccountToken":{"path":"t","expirationSeconds":4294967296}}]})",
      // Behind feature gates that are off, these are dropped before validation.
      R"({"sources":[{"clusterTrustBundle":{}},{"podCertificate":{}}]})"},
     {R"({"defaultMode":512})", R"({"sources":[{"secret":{}}]})",
      R"({"sources":[{"configMap":{}}]})",
      R"({"sources":[{"secret":{"name":"s"},"configMap":{"name":"c"}}]})",
      R"({"sources":[{"serviceAccountToken":{}}]})",
      R"({"sources":[{"serviceAccountToken":{"path":"t","expirationSeconds":599}}]})",
      R"({"sources":[{"serviceAccountToken":{"path":"t","expirationSeconds":4294967297}}]})",
      R"({"sources":[{"downwardAPI":{"items":[{"path":"a"}]}}]})"}},
    {"quobyte",
     {R"({"registry":"a:1,[::1]:2","volume":"v"})"},
     {R"({"volume":"v"})", R"({"registry":"a:1"})", R"({"registry":"a","volume":"v"})",
      R"({"registry":"a:1,","volume":"v"})", R"({"registry":"::1:2","volume":"v"})",
      R"({"registry":"[a]b:1","volume":"v"})", R"({"registry":"[[a]:1","volume":"v"})",
      R"({"registry":"a]:1","volume":"v"})",
      R"({"registry":"a:1","volume":"v","tenant":")" + std::string(65, 't') + "\"}"}},
    {"rbd",
     {R"({"monitors":["m"],"image":"i"})"},
     {R"({"monitors":[],"image":"i"})", R"({"monitors":["m"]})"}},
    {"scaleIO",
     {R"({"gateway":"g","system":"s","volumeName":"v"})"},
     {R"({"system":"s","volumeName":"v"})", R"({"gateway":"g","volumeName":"v"})",
      R"({"gateway":"g","system":"s"})"}},
    {"secret",
     {R"({"secretName":"s"})", R"({"secretName":"s","defaultMode":0})"},
     {"{}", R"({"name":"s"})", R"({"secretName":"s","defaultMode":512})"}},
    {"storageos",
     {R"({"volumeName":"v"})",
      R"({"volumeName":"v","volumeNamespace":"n","secretRef":{"name":"s"}})"},
     {"{}", R"({"volumeName":"V"})", R"({"volumeName":"v","volumeNamespace":"N"})",
      R"({"volumeName":"v","secretRef":{}})"}},
    {"vsphereVolume", {R"({"volumePath":"p"})"}, {"{}"}},
    {"ephemeral", {}, {"{}", R"({"volumeClaimTemplate":null})"}},
};

TEST_CASE("each volume source has samples that are valid and such that are not") {
  std::set<core::VolumeType> seen;
  for (const Samples& samples : kSamples) {
    const auto type = core::VolumeTypeFromField(samples.field);
    REQUIRE(type.has_value());
    seen.insert(*type);
    for (const std::string& source : samples.good) {
      CAPTURE(samples.field, source);
      CHECK(IsValidSource("\"" + std::string(samples.field) + "\":" + source));
    }
    for (const std::string& source : samples.bad) {
      CAPTURE(samples.field, source);
      CHECK_FALSE(IsValidSource("\"" + std::string(samples.field) + "\":" + source));
    }
  }
  CHECK(seen.size() == static_cast<std::size_t>(core::VolumeType::kVsphereVolume) + 1);
}

TEST_CASE("a volume's name is a DNS label") {
  CHECK(IsValidText(R"({"name":"my-volume-0"})"));
  const std::string name = GENERATE("", "A", "a.b", "-a", "a_b");
  CHECK_FALSE(IsValidText(R"({"name":")" + name + R"("})"));
  CHECK_FALSE(IsValidText("null"));
  CHECK_FALSE(IsValidText(R"({"name":")" + std::string(64, 'a') + R"("})"));
}

TEST_CASE("a volume has one source; none is an emptyDir, null is none") {
  CHECK(IsValidText(R"({"name":"v"})"));
  CHECK(IsValidText(R"({"name":"v","hostPath":null})"));
  CHECK(IsValidText(R"({"name":"v","hostPath":null,"configMap":{"name":"c"},"unknown":1})"));
  CHECK_FALSE(IsValidText(R"({"name":"v","hostPath":{"path":"/a"},"emptyDir":{}})"));
  CHECK_FALSE(IsValidText(R"({"name":"v","emptyDir":{},"hostPath":{"path":"/a"},"nfs":null})"));
}

TEST_CASE("a file in a volume has a path inside it that the kubelet does not keep for itself") {
  const std::string before =
      GENERATE(R"("configMap":{"name":"c","items":[{"key":"k","path":")",
               R"("secret":{"secretName":"s","items":[{"key":"k","path":")",
               R"("downwardAPI":{"items":[{"fieldRef":{"fieldPath":"metadata.name"},"path":")");
  for (const std::string& path : kFilePaths) {
    CAPTURE(before, path);
    CHECK(IsValidSource(before + path + "\"}]}"));
  }
  for (const std::string& path : kNoFilePaths) {
    CAPTURE(before, path);
    CHECK_FALSE(IsValidSource(before + path + "\"}]}"));
  }
}

TEST_CASE("no two sources of a projected volume write one file, but a token may") {
  const auto valid = [](const std::string& second) {
    return IsValidSource(R"("projected":{"sources":[
        {"secret":{"name":"s","items":[{"key":"k","path":"a"}]}},)" +
                         second + "]}");
  };
  CHECK(valid(R"({"configMap":{"name":"c","items":[{"key":"k","path":"b"}]}})"));
  CHECK(valid(R"({"serviceAccountToken":{"path":"a"}})"));
  CHECK_FALSE(valid(R"({"secret":{"name":"t","items":[{"key":"k","path":"a"}]}})"));
  CHECK_FALSE(valid(R"({"configMap":{"name":"c","items":[{"key":"k","path":"a"}]}})"));
  CHECK_FALSE(valid(R"({"configMap":{"name":"c","items":[{"key":"k","path":"b"},
                                                        {"key":"l","path":"b"}]}})"));
  CHECK_FALSE(valid(
      R"({"downwardAPI":{"items":[{"path":"a","fieldRef":{"fieldPath":"metadata.name"}}]}})"));
}

TEST_CASE("an iSCSI name is an iqn, an eui or an naa") {
  using namespace std::string_literals;
  const auto valid = [](const std::string& name) {
    return IsValidSource(R"("iscsi":{"targetPortal":"t","iqn":")" + name + "\"}");
  };
  for (const std::string& good :
       {"iqn.2001-04.com.example:storage"s, "iqn.2001-04.x:a:b"s, "iqn.x.iqn.2001-04.x:a"s,
        "eui.0123456789abcdef"s, "euié0123456789ABCDEF"s, "naa." + std::string(32, 'f')}) {
    CAPTURE(good);
    CHECK(valid(good));
  }
  for (const std::string& bad :
       {""s, "iqn"s, "xyz.2001-04.com.example:storage"s, "iqn.2001-04.com.example"s,
        "iqn.2001-04.com.example:"s, "iqn.2001-04.:a"s, "iqn.01-04.x:a"s, "iqn.2001-04.x_y:a"s,
        "iqn.2001-04.x:a,b"s, "iqn.2001-04.x:a b"s, "eui.0123456789abcde"s,
        "eui.0123456789abcdef0"s, "naa." + std::string(16, 'f')}) {
    CAPTURE(bad);
    CHECK_FALSE(valid(bad));
  }
}

TEST_CASE("an iSCSI volume needs its target, its secret and a short session name") {
  const auto valid = [](const std::string& fields) {
    return IsValidSource(R"("iscsi":{"iqn":"iqn.2001-04.com.example:a")" + fields + "}");
  };
  CHECK(valid(R"(,"targetPortal":"t")"));
  CHECK_FALSE(valid(""));
  CHECK_FALSE(valid(R"(,"targetPortal":"t","lun":256)"));
  CHECK_FALSE(valid(R"(,"targetPortal":"t","chapAuthDiscovery":true)"));
  CHECK_FALSE(valid(R"(,"targetPortal":"t","chapAuthSession":true)"));
  CHECK(valid(R"(,"targetPortal":"t","chapAuthSession":true,"secretRef":{})"));
  const std::string initiator = R"(,"initiatorName":"iqn.2001-04.com.example:b")";
  CHECK_FALSE(valid(R"(,"targetPortal":"t","initiatorName":"")"));
  CHECK(valid(R"(,"targetPortal":")" + std::string(62, 't') + "\"" + initiator));
  CHECK_FALSE(valid(R"(,"targetPortal":")" + std::string(63, 't') + "\"" + initiator));
  CHECK(valid(R"(,"targetPortal":")" + std::string(63, 't') + "\""));
}

TEST_CASE("an image volume needs a reference in a pod, but not in a template") {
  CHECK_FALSE(IsValidText(R"({"name":"v","image":{}})", /*is_pod=*/true));
  CHECK(IsValidText(R"({"name":"v","image":{}})", /*is_pod=*/false));
}

const std::string kEphemeral = R"({"name":"v","ephemeral":{"volumeClaimTemplate":{"spec":{
    "accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1"}}}}}})";

TEST_CASE("the claim made for an ephemeral volume needs a name that is a subdomain") {
  const auto valid = [](const std::string& metadata, bool is_pod = true) {
    return IsValidText(kEphemeral, is_pod, metadata);
  };
  CHECK(valid("{}"));
  CHECK(valid(R"({"name":"p"})"));
  CHECK(valid(R"({"name":"p-"})"));
  CHECK(valid(R"({"name":")" + std::string(251, 'p') + R"("})"));
  CHECK_FALSE(valid(R"({"name":")" + std::string(252, 'p') + R"("})"));
  CHECK_FALSE(valid(R"({"name":"p."})"));
  CHECK_FALSE(valid(R"({"name":"P"})"));
  // A name that is to be generated ends in letters, and is cut to fit.
  CHECK(valid(R"({"generateName":"p."})"));
  CHECK(valid(R"({"generateName":")" + std::string(300, 'p') + R"("})"));
  CHECK_FALSE(valid(R"({"generateName":"P-"})"));
  CHECK(valid(R"({"name":"P"})", /*is_pod=*/false));
}

TEST_CASE("valid volumes of the usual kinds have the common shape of real pods") {
  CHECK(IsValidText(R"({"name":"kube-api-access-x2x4z","projected":{"defaultMode":420,"sources":[
      {"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},
      {"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}},
      {"downwardAPI":{"items":[{"path":"namespace",
          "fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"}}]}}]}})"));
}

}  // namespace
}  // namespace mountguard::policy

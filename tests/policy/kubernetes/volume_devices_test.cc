#include "tests/policy/kubernetes/pod_check.h"

#include <catch2/catch.hpp>

using mountguard::policy::ErrorsOf;
using Errors = std::vector<std::string>;

namespace {

Errors Devices(const std::string& devices) {
  return ErrorsOf(R"("volumeDevices":[)" + devices + "]");
}

}  // namespace

TEST_CASE("devices of claims at paths of their own are not spoken of") {
  CHECK(Devices("").empty());
  CHECK(Devices(R"({"name":"claim","devicePath":"/dev/a"},{"name":"own","devicePath":"/dev/b"})")
            .empty());
  CHECK(Devices(R"({"name":"claim","devicePath":"usr/share/..x"})").empty());
}

TEST_CASE("a device needs a name, once") {
  CHECK(Devices(R"({"devicePath":"/dev/a"})") ==
        Errors{"volumeDevices[0].name: Required value", R"(volumeDevices[0].name: Not found: "")"});
  CHECK(
      Devices(R"({"name":"claim","devicePath":"/dev/a"},{"name":"claim","devicePath":"/dev/b"})") ==
      Errors{R"(volumeDevices[1].name: Invalid value: "claim": must be unique)"});
}

TEST_CASE("a name that is missing twice is not called repeated") {
  for (const std::string& error : Devices(R"({"devicePath":"/a"},{"devicePath":"/b"})")) {
    CHECK(error.find("must be unique") == std::string::npos);
  }
}

TEST_CASE("a device is of a claim, made before or with the pod") {
  const std::string other = GENERATE("host", "empty", "picture");
  CHECK(Devices(R"({"name":")" + other + R"(","devicePath":"/dev/a"})") ==
        Errors{R"(volumeDevices[0].name: Invalid value: ")" + other +
               R"(": can only use volume source type of PersistentVolumeClaim or Ephemeral for )"
               "block mode"});
}

TEST_CASE("a device needs a volume that is there and valid") {
  CHECK(Devices(R"({"name":"other","devicePath":"/dev/a"})") ==
        Errors{R"(volumeDevices[0].name: Not found: "other")"});
  CHECK(Devices(R"({"name":"shut","devicePath":"/dev/a"})") ==
        Errors{R"(volumeDevices[0].name: Not found: "shut")"});
}

TEST_CASE("a device needs a path of its own, without backsteps") {
  CHECK(Devices(R"({"name":"claim"})") == Errors{"volumeDevices[0].devicePath: Required value"});
  CHECK(Devices(R"({"name":"claim","devicePath":"/dev/a"},{"name":"own","devicePath":"/dev/a"})") ==
        Errors{R"(volumeDevices[1].devicePath: Invalid value: "/dev/a": must be unique)"});
  const std::string backsteps = R"(.devicePath: Invalid value: "/a/..": can not contain backsteps )"
                                "('..')";
  // A path that is refused is not remembered.
  CHECK(Devices(R"({"name":"claim","devicePath":"/a/.."},{"name":"own","devicePath":"/a/.."})") ==
        Errors{"volumeDevices[0]" + backsteps, "volumeDevices[1]" + backsteps});
}

TEST_CASE("all that is wrong with a device is said in the API server's order") {
  CHECK(
      ErrorsOf(R"("volumeMounts":[{"mountPath":""}],"volumeDevices":[null,null])") ==
      Errors{"volumeMounts[0].name: Required value", R"(volumeMounts[0].name: Not found: "")",
             "volumeMounts[0].mountPath: Required value",
             R"(volumeMounts[0].name: Invalid value: "": must not already exist in volumeDevices)",
             R"(volumeMounts[0].mountPath: Invalid value: "": must not already exist as a path in )"
             "volumeDevices",
             "volumeDevices[0].name: Required value", R"(volumeDevices[0].name: Not found: "")",
             "volumeDevices[0].devicePath: Required value",
             R"(volumeDevices[0].name: Invalid value: "": must not already exist in volumeMounts)",
             R"(volumeDevices[0].devicePath: Invalid value: "": must not already exist as a path )"
             "in volumeMounts",
             "volumeDevices[1].name: Required value", R"(volumeDevices[1].name: Not found: "")",
             "volumeDevices[1].devicePath: Required value",
             R"(volumeDevices[1].devicePath: Invalid value: "": must be unique)",
             R"(volumeDevices[1].name: Invalid value: "": must not already exist in volumeMounts)",
             R"(volumeDevices[1].devicePath: Invalid value: "": must not already exist as a path )"
             "in volumeMounts"});
}

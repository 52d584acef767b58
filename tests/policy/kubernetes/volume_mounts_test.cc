#include "tests/policy/kubernetes/pod_check.h"

#include <catch2/catch.hpp>

using mountguard::policy::CheckSpec;
using mountguard::policy::ErrorsOf;
using mountguard::policy::ErrorsOfMount;
using mountguard::policy::Finding;
using Errors = std::vector<std::string>;

namespace {

Errors Mounts(const std::string& mounts) { return ErrorsOf(R"("volumeMounts":[)" + mounts + "]"); }

}  // namespace

TEST_CASE("mounts that the API server takes are not spoken of") {
  const std::string mounts =
      GENERATE("", R"({"name":"host","mountPath":"/a"})",
               R"({"name":"host","mountPath":"/a"},{"name":"host","mountPath":"/a/"})",
               R"({"name":"host","mountPath":"relative"})",
               R"({"name":"host","mountPath":"d:"},{"name":"host","mountPath":"G:\\mount"})",
               R"({"name":"empty","mountPath":"/a","subPath":"baz"})",
               R"({"name":"empty","mountPath":"/a","subPath":".baz"})",
               R"({"name":"empty","mountPath":"/a","subPath":"..baz"})",
               R"({"name":"empty","mountPath":"/a","subPath":"baz/..qux/.../x.."})",
               R"({"name":"empty","mountPath":"/a","subPathExpr":"$(NAME)/x"})",
               R"({"name":"picture","mountPath":"/a","subPath":"x"})",
               R"({"name":"picture","mountPath":"/a","subPathExpr":"$(X)/y"})",
               R"({"name":"claim","mountPath":"/a"},{"name":"own","mountPath":"/b"})");
  CAPTURE(mounts);
  CHECK(Mounts(mounts).empty());
}

TEST_CASE("a mount without a name has none and finds none") {
  const Errors both = {"volumeMounts[0].name: Required value",
                       R"(volumeMounts[0].name: Not found: "")"};
  CHECK(Mounts(R"({"mountPath":"/a"})") == both);
  CHECK(Mounts(R"({"name":"","mountPath":"/a"})") == both);
}

TEST_CASE("a mount needs a volume that is there and valid") {
  CHECK(Mounts(R"({"name":"other","mountPath":"/a"})") ==
        Errors{R"(volumeMounts[0].name: Not found: "other")"});
  CHECK(Mounts(R"({"name":"shut","mountPath":"/a"})") ==
        Errors{R"(volumeMounts[0].name: Not found: "shut")"});
  CHECK(Mounts(R"({"name":"a<\u00ad>é\u2028","mountPath":"/a"})") ==
        Errors{R"(volumeMounts[0].name: Not found: "a<\u00ad>é\u2028")"});
}

TEST_CASE("a mount needs a path that no mount before has, to the letter") {
  CHECK(Mounts(R"({"name":"host"})") == Errors{"volumeMounts[0].mountPath: Required value"});
  CHECK(Mounts(R"({"name":"host","mountPath":"/a"},{"name":"empty","mountPath":"/b"},)"
               R"({"name":"empty","mountPath":"/a"})") ==
        Errors{R"(volumeMounts[2].mountPath: Invalid value: "/a": must be unique)"});
  CHECK(Mounts(R"({"name":"host"},null)") ==
        Errors{"volumeMounts[0].mountPath: Required value", "volumeMounts[1].name: Required value",
               R"(volumeMounts[1].name: Not found: "")",
               "volumeMounts[1].mountPath: Required value",
               R"(volumeMounts[1].mountPath: Invalid value: "": must be unique)"});
}

TEST_CASE("a mount shares neither volume nor path with a device") {
  CHECK(ErrorsOf(R"("volumeMounts":[{"name":"claim","mountPath":"/a"}],)"
                 R"("volumeDevices":[{"name":"own","devicePath":"/b"}])")
            .empty());
  CHECK(ErrorsOf(R"("volumeMounts":[{"name":"claim","mountPath":"/a"}],)"
                 R"("volumeDevices":[{"name":"claim","devicePath":"/a"}])") ==
        Errors{R"(volumeMounts[0].name: Invalid value: "claim": must not already exist in )"
               "volumeDevices",
               R"(volumeMounts[0].mountPath: Invalid value: "/a": must not already exist as a )"
               "path in volumeDevices",
               R"(volumeDevices[0].name: Invalid value: "claim": must not already exist in )"
               "volumeMounts",
               R"(volumeDevices[0].devicePath: Invalid value: "/a": must not already exist as a )"
               "path in volumeMounts"});
}

TEST_CASE("of a device's name that stands twice only the last path is compared with the mounts") {
  const auto errors = [](const std::string& mount_path) {
    return ErrorsOf(R"("volumeMounts":[{"name":"host","mountPath":")" + mount_path +
                    R"("}],"volumeDevices":[{"name":"own","devicePath":"/first"},)"
                    R"({"name":"own","devicePath":"/last"}])");
  };
  const std::string not_unique = R"(volumeDevices[1].name: Invalid value: "own": must be unique)";
  // The device's own check sees the path in the mounts all the same.
  CHECK(errors("/first") ==
        Errors{R"(volumeDevices[0].devicePath: Invalid value: "/first": must not already exist as )"
               "a path in volumeMounts",
               not_unique});
  CHECK(errors("/last").size() == 3);
}

TEST_CASE("a subPath is relative and goes nowhere up; its path is told without an index") {
  const std::string field = GENERATE("subPath", "subPathExpr");
  const auto errors = [&](const std::string& path) {
    return ErrorsOfMount("\"" + field + "\":\"" + path + "\"");
  };
  const auto relative = [&](const std::string& path) {
    return "volumeMounts." + field + ": Invalid value: \"" + path + "\": must be a relative path";
  };
  const auto backsteps = [&](const std::string& path) {
    return "volumeMounts." + field + ": Invalid value: \"" + path + "\": must not contain '..'";
  };
  CHECK(errors("").empty());
  CHECK(errors("/baz") == Errors{relative("/baz")});
  CHECK(errors("..") == Errors{backsteps("..")});
  CHECK(errors("../baz") == Errors{backsteps("../baz")});
  CHECK(errors("bar/../baz") == Errors{backsteps("bar/../baz")});
  CHECK(errors("bar/..") == Errors{backsteps("bar/..")});
  CHECK(errors("/../..") == Errors{relative("/../.."), backsteps("/../..")});
}

TEST_CASE("subPath and subPathExpr exclude each other") {
  CHECK(
      ErrorsOfMount(R"("subPath":"a","subPathExpr":"$(B)/c")") ==
      Errors{R"(volumeMounts[0].subPathExpr: Invalid value: "$(B)/c": subPathExpr and subPath are )"
             "mutually exclusive"});
  CHECK(ErrorsOfMount(R"("subPath":"/a","subPathExpr":"../b")") ==
        Errors{R"(volumeMounts.subPath: Invalid value: "/a": must be a relative path)",
               R"(volumeMounts[0].subPathExpr: Invalid value: "../b": subPathExpr and subPath are )"
               "mutually exclusive",
               R"(volumeMounts.subPathExpr: Invalid value: "../b": must not contain '..')"});
}

TEST_CASE("an ephemeral container's mounts have no sub path, which is said after all else of it") {
  std::vector<std::string> errors;
  for (const Finding& finding : CheckSpec(R"({"volumes":[{"name":"v"}],"ephemeralContainers":[
           {"name":"a","volumeMounts":[{"name":"v","mountPath":"/m","subPath":"/x"},
                                       {"name":"v","mountPath":"/m","subPathExpr":"y"}]},
           {"name":"b","volumeMounts":[{"name":"w","mountPath":"/m"}]}]})")) {
    errors.push_back(finding.error);
  }
  const std::string a = "spec.ephemeralContainers[0].";
  CHECK(
      errors ==
      Errors{a + R"(volumeMounts.subPath: Invalid value: "/x": must be a relative path)",
             a + R"(volumeMounts[1].mountPath: Invalid value: "/m": must be unique)",
             a + "volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container",
             a + "volumeMounts[1].subPathExpr: Forbidden: cannot be set for an Ephemeral Container",
             R"(spec.ephemeralContainers[1].volumeMounts[0].name: Not found: "w")"});
}

TEST_CASE("hundreds of mounts are told apart like a few") {
  std::string mounts = R"({"name":"host","mountPath":"/twice"})";
  for (int i = 0; i < 300; ++i) {
    mounts += R"(,{"name":"host","mountPath":"/)" + std::to_string(i) + R"("})";
  }
  CHECK(Mounts(mounts).empty());
  CHECK(Mounts(mounts + R"(,{"name":"host","mountPath":"/twice"})") ==
        Errors{R"(volumeMounts[301].mountPath: Invalid value: "/twice": must be unique)"});
}

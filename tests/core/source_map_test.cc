#include "core/source_map.h"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

#include "core/yaml_reader.h"

using mountguard::core::DocumentSplitter;
using mountguard::core::FieldLocation;
using mountguard::core::SourcePos;
using mountguard::core::YamlDocument;
using mountguard::core::YamlReader;

namespace {

/// The map of the first document of a manifest.
class Map {
 public:
  explicit Map(std::string_view manifest) {
    DocumentSplitter documents(manifest);
    YamlReader reader;
    REQUIRE(reader.Read(documents.Next().value(), &document_));
  }

  FieldLocation Find(std::string_view path) const { return document_.Find(path); }

 private:
  YamlDocument document_;
};

constexpr std::string_view kPod = R"(# a comment
---
apiVersion: v1
kind: Pod
metadata:
  labels: {app: x, a.b/c: y, "q[0].r": z}
spec:
  containers:
  - name: größe
    volumeMounts:
    - name: a
      mountPath: /a
    - {name: ü, mountPropagation: Bidirectional}
)";

}  // namespace

TEST_CASE("a field path leads to its value and its key, columns in code points") {
  const Map map(kPod);
  const FieldLocation mode = map.Find("spec.containers[0].volumeMounts[1].mountPropagation");
  CHECK(mode.exact);
  CHECK(mode.value == SourcePos{13, 35});
  CHECK(mode.key == SourcePos{13, 17});
  CHECK_FALSE(mode.definition.known());
  CHECK(map.Find("kind").value == SourcePos{4, 7});
  CHECK(map.Find("").value == SourcePos{3, 1});
  CHECK(map.Find("").exact);
}

TEST_CASE("an element of a list has no key") {
  const Map map(kPod);
  const FieldLocation mount = map.Find("spec.containers[0].volumeMounts[1]");
  CHECK(mount.exact);
  CHECK(mount.value == SourcePos{13, 7});
  CHECK_FALSE(mount.key.known());
}

TEST_CASE("keys in brackets may hold dots, slashes and brackets") {
  const Map map(kPod);
  CHECK(map.Find("metadata.labels[a.b/c]").value == SourcePos{6, 27});
  CHECK(map.Find("metadata.labels[app]").value == SourcePos{6, 17});
  CHECK(map.Find("metadata.labels[q[0].r]").exact == false);
  CHECK(Map("m: {\"a[0]\": 1}\n").Find("m[a[0]]").exact);
}

TEST_CASE("a path that does not exist leads to its nearest parent") {
  const Map map(kPod);
  const FieldLocation absent = map.Find("spec.containers[0].securityContext.privileged");
  CHECK_FALSE(absent.exact);
  CHECK(absent.value == SourcePos{9, 5});
  CHECK(map.Find("spec.containers[7].name").value == SourcePos{9, 3});
  CHECK(map.Find("spec.containers[7].name").key == SourcePos{8, 3});
  CHECK(map.Find("kind.deeper").value == SourcePos{4, 7});
  CHECK(map.Find("nothing").value == SourcePos{3, 1});
  for (const char* odd : {"[", "]", ".", "..", "spec[", "spec.", "[0]", "spec.containers[x]",
                          "spec.containers[-1]", "spec.containers[99999999999999999999]"}) {
    CHECK_FALSE(map.Find(odd).exact);
  }
}

TEST_CASE("of a repeated key the last one is found") {
  CHECK(Map("a: 1\nb: 2\na: 3\n").Find("a").value == SourcePos{3, 4});
}

TEST_CASE("through an alias the place of the use is told, and the definition") {
  const Map map("base: &m\n- name: a\n  mode: B\nuse: *m\nagain: {deep: *m}\n");
  const FieldLocation mode = map.Find("use[0].mode");
  CHECK(mode.exact);
  CHECK(mode.value == SourcePos{4, 6});
  CHECK(mode.key == SourcePos{4, 1});
  CHECK(mode.definition == SourcePos{3, 9});
  CHECK(map.Find("again.deep[0]").value == SourcePos{5, 15});
  CHECK(map.Find("base[0].mode").value == SourcePos{3, 9});
  CHECK_FALSE(map.Find("base[0].mode").definition.known());
  CHECK(map.Find("use").value == SourcePos{4, 6});
  CHECK(map.Find("use").definition == SourcePos{1, 7});
}

TEST_CASE("through a merge key the place of the use is told, and the definition") {
  const Map map(
      "b: &b {mode: B, name: n}\n"
      "m:\n"
      "  <<: *b\n"
      "  name: own\n"
      "l:\n"
      "  <<: [{mode: first}, *b]\n");
  const FieldLocation mode = map.Find("m.mode");
  CHECK(mode.exact);
  CHECK(mode.value == SourcePos{3, 7});
  CHECK(mode.key == SourcePos{3, 3});
  CHECK(mode.definition == SourcePos{1, 14});
  CHECK(map.Find("m.name").value == SourcePos{4, 9});
  CHECK_FALSE(map.Find("m.name").definition.known());
  CHECK(map.Find("l.mode").value == SourcePos{6, 15});
  CHECK(map.Find("l.name").value == SourcePos{6, 23});
  CHECK(map.Find("l.name").definition == SourcePos{1, 23});
}

TEST_CASE("JSON has positions like YAML") {
  const Map map("{\"a\": [1,\n  {\"b\\u002fc\": true}]}");
  CHECK(map.Find("a[1][b/c]").value == SourcePos{2, 16});
  CHECK(map.Find("a[1][b/c]").key == SourcePos{2, 4});
  CHECK(map.Find("a[0]").value == SourcePos{1, 8});
}

TEST_CASE("an empty document has no places") {
  const Map map("# nothing\n");
  CHECK_FALSE(map.Find("").value.known());
  CHECK_FALSE(map.Find("a.b").exact);
}

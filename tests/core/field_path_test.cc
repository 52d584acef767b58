#include "core/field_path.h"

#include <catch2/catch.hpp>

using mountguard::core::FieldPath;

TEST_CASE("paths are written in the API server's notation") {
  const FieldPath root("");
  const FieldPath spec = root.Child("spec");
  const FieldPath containers = spec.Child("containers");
  const FieldPath container = containers.Index(0);
  const FieldPath mounts = container.Child("volumeMounts");
  const FieldPath mount = mounts.Index(12);
  CHECK(mount.Child("mountPropagation").ToString() ==
        "spec.containers[0].volumeMounts[12].mountPropagation");
  CHECK(root.ToString().empty());

  const FieldPath metadata = root.Child("metadata");
  const FieldPath labels = metadata.Child("labels");
  CHECK(labels.Key("a.b/c").ToString() == "metadata.labels[a.b/c]");

  const FieldPath prefixed("spec.template.spec");
  CHECK(prefixed.Child("volumes").ToString() == "spec.template.spec.volumes");
}

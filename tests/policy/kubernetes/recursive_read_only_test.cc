#include "tests/policy/kubernetes/pod_check.h"

#include <catch2/catch.hpp>

using mountguard::policy::ErrorsOfMount;
using Errors = std::vector<std::string>;

namespace {

const std::string kNeedsReadOnly =
    "volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true";
const std::string kNeedsPrivate =
    "volumeMounts.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is "
    "None "
    "or not specified";

}  // namespace

TEST_CASE("recursiveReadOnly unset or Disabled goes with everything") {
  const std::string mode = GENERATE("null", R"("Disabled")");
  const std::string rest =
      GENERATE("", R"(,"readOnly":true)", R"(,"mountPropagation":"HostToContainer")");
  CHECK(ErrorsOfMount(R"("recursiveReadOnly":)" + mode + rest).empty());
}

TEST_CASE("recursiveReadOnly Enabled and IfPossible need readOnly and no propagation") {
  const std::string mode = GENERATE("Enabled", "IfPossible");
  const std::string field = R"("recursiveReadOnly":")" + mode + R"(",)";
  CHECK(ErrorsOfMount(field + R"("readOnly":true)").empty());
  CHECK(ErrorsOfMount(field + R"("readOnly":true,"mountPropagation":"None")").empty());
  CHECK(ErrorsOfMount(field + R"("readOnly":true,"mountPropagation":"HostToContainer")") ==
        Errors{kNeedsPrivate});
  CHECK(ErrorsOfMount(field + R"("readOnly":false)") == Errors{kNeedsReadOnly});
  CHECK(ErrorsOfMount(field + R"("mountPropagation":"HostToContainer")") ==
        Errors{kNeedsReadOnly, kNeedsPrivate});
}

TEST_CASE("a recursiveReadOnly that does not exist is all that is said of it") {
  CHECK(ErrorsOfMount(R"("recursiveReadOnly":"enabled","mountPropagation":"HostToContainer")") ==
        Errors{R"(volumeMounts.recursiveReadOnly: Unsupported value: "enabled": )"
               R"(supported values: "Disabled", "Enabled", "IfPossible")"});
  CHECK(ErrorsOfMount(R"("recursiveReadOnly":"")").size() == 1);
}

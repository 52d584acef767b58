#include "core/cri.h"

#include <catch2/catch.hpp>

using mountguard::core::CriPropagation;
using mountguard::core::KernelPropagation;
using mountguard::core::OciOption;
using mountguard::core::TranslateMountPropagation;

TEST_CASE("a mode is translated as the kubelet does, and a runtime and the kernel after it") {
  const struct {
    std::optional<std::string_view> mode;
    const char* cri;
    const char* oci;
    const char* kernel;
  } cases[] = {
      {std::nullopt, "PROPAGATION_PRIVATE", "rprivate", "private"},
      {"None", "PROPAGATION_PRIVATE", "rprivate", "private"},
      {"HostToContainer", "PROPAGATION_HOST_TO_CONTAINER", "rslave", "slave"},
      {"Bidirectional", "PROPAGATION_BIDIRECTIONAL", "rshared", "shared"},
  };
  for (const auto& [mode, cri, oci, kernel] : cases) {
    const auto propagation = TranslateMountPropagation(mode, /*windows=*/false);
    REQUIRE(propagation);
    CHECK(ToString(*propagation) == cri);
    CHECK(OciOption(*propagation) == oci);
    CHECK(KernelPropagation(*propagation) == kernel);
  }
}

TEST_CASE("on Windows every mode is PRIVATE, even one that is none") {
  for (const char* mode : {"None", "HostToContainer", "Bidirectional", "nonsense"}) {
    CHECK(*TranslateMountPropagation(mode, /*windows=*/true) == CriPropagation::kPrivate);
  }
}

TEST_CASE("what is no mode fails with the kubelet's own text") {
  for (const auto& [mode, text] : {std::pair{"bidirectional", "\"bidirectional\""},
                                   std::pair{"", "\"\""}, std::pair{"a\"b\n", "\"a\\\"b\\n\""}}) {
    const auto propagation = TranslateMountPropagation(mode, /*windows=*/false);
    REQUIRE_FALSE(propagation);
    CHECK(propagation.error().message == std::string("invalid MountPropagation mode: ") + text);
  }
}

#include "core/recursive_read_only.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace mountguard::core {
namespace {

/// "asked", "not asked", or the kubelet's error.
std::string Resolve(std::optional<std::string_view> mode, bool read_only, bool supported,
                    std::optional<std::string_view> propagation = std::nullopt) {
  VolumeMount mount;
  mount.name = "v";
  mount.recursive_read_only = mode;
  mount.read_only = read_only;
  mount.mount_propagation = propagation;
  const auto resolved = ResolveRecursiveReadOnly(mount, supported);
  if (!resolved) return resolved.error().message;
  return *resolved ? "asked" : "not asked";
}

TEST_CASE("the kubelet asks for recursive read-only as its own code does") {
  CHECK(Resolve(std::nullopt, false, true) == "not asked");
  CHECK(Resolve("Disabled", false, false) == "not asked");
  CHECK(Resolve("IfPossible", true, true) == "asked");
  CHECK(Resolve("IfPossible", true, false) == "not asked");
  CHECK(Resolve("Enabled", true, true, "None") == "asked");
  CHECK(Resolve("Enabled", true, false) ==
        "volume \"v\" requested recursive read-only mode, but it is not supported by the runtime");
  CHECK(Resolve("Enabled", false, true) ==
        "volume \"v\" requested recursive read-only mode, but it is not read-only");
  CHECK(Resolve("IfPossible", true, true, "HostToContainer") ==
        "volume \"v\" requested recursive read-only mode, but it is not compatible with "
        "propagation \"HostToContainer\"");
  CHECK(Resolve("enabled", true, true) == "unknown recursive read-only mode \"enabled\"");
}

}  // namespace
}  // namespace mountguard::core

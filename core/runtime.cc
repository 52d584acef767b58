#include "core/runtime.h"

#include <fmt/format.h>

#include <array>

#include "core/go_quote.h"
#include "core/path.h"

namespace mountguard::core {
namespace {

constexpr std::array<std::string_view, 3> kRuntimes = {"containerd", "cri-o", "cri-dockerd"};
constexpr std::array<std::string_view, 3> kStorageRoots = {
    "/var/lib/containerd", "/var/lib/containers/storage", "/var/lib/docker"};

struct Sandbox {
  std::string_view word;  // a part of the name, between dashes or dots
  std::string_view product;
};
constexpr std::array<Sandbox, 5> kSandboxes = {{
    {"kata", "Kata Containers"},
    {"katacontainers", "Kata Containers"},
    {"gvisor", "gVisor"},
    {"runsc", "gVisor"},
    {"sysbox", "Sysbox"},
}};

}  // namespace

std::string_view ToString(Runtime runtime) { return kRuntimes[static_cast<std::size_t>(runtime)]; }

std::optional<Runtime> RuntimeFromText(std::string_view text) {
  for (std::size_t i = 0; i < kRuntimes.size(); ++i) {
    if (kRuntimes[i] == text) return static_cast<Runtime>(i);
  }
  return std::nullopt;
}

std::string_view StorageRoot(Runtime runtime) {
  return kStorageRoots[static_cast<std::size_t>(runtime)];
}

bool TurnsPrivateIntoSlave(Runtime runtime, std::string_view host_path) {
  const std::string_view root = StorageRoot(runtime);
  switch (runtime) {
    case Runtime::kContainerd:
      return false;
    case Runtime::kCrio:
      return IsAtOrUnder(root, host_path);
    case Runtime::kCriDockerd:
      return IsAtOrUnder(root, host_path) || IsAtOrUnder(host_path, root);
  }
  return false;
}

std::string NotSharedError(Runtime runtime, CriPropagation propagation, std::string_view path,
                           std::string_view mount_point) {
  const std::string_view needed =
      propagation == CriPropagation::kBidirectional ? "shared" : "shared or slave";
  if (runtime == Runtime::kCriDockerd) {
    return fmt::format("Path {} is mounted on {} but it is not a {} mount.", path, mount_point,
                       needed);
  }
  return fmt::format("path {} is mounted on {} but it is not a {} mount", GoQuote(path),
                     GoQuote(mount_point), needed);
}

std::string RecursiveReadOnlyConflict(std::string_view path) {
  return fmt::format(
      "recursive read-only mount requires private propagation for hostPath {}, got: {}",
      GoQuote(path), ToString(CriPropagation::kHostToContainer));
}

std::optional<std::string_view> SandboxOfRuntimeClass(std::string_view name) {
  while (!name.empty()) {
    const std::size_t end = name.find_first_of("-.");
    for (const Sandbox& sandbox : kSandboxes) {
      if (name.substr(0, end) == sandbox.word) return sandbox.product;
    }
    name.remove_prefix(end == std::string_view::npos ? name.size() : end + 1);
  }
  return std::nullopt;
}

}  // namespace mountguard::core

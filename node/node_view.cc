#include "node/node_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

#include "node/process_list.h"

namespace mountguard::node {
namespace {

using core::Runtime;

/// Programs that make containers, as the kernel names them. k3s, k0s and microk8s start containerd
/// as a process of its own; dockerd looks at mounts itself, cri-dockerd only passes on.
struct RuntimeProgram {
  std::string_view name;
  Runtime kind;
};
constexpr std::array<RuntimeProgram, 3> kRuntimePrograms = {{
    {"containerd", Runtime::kContainerd},
    {"crio", Runtime::kCrio},
    {"dockerd", Runtime::kCriDockerd},
}};

/// Programs that have the kubelet in them, with the distribution that they are of.
struct KubeletProgram {
  std::string_view name;
  std::string_view distribution;
};
constexpr std::array<KubeletProgram, 7> kKubeletPrograms = {{
    {"kubelet", ""},
    {"k3s-server", "k3s"},
    {"k3s-agent", "k3s"},
    {"k3s", "k3s"},
    {"rke2", "rke2"},
    {"kubelite", "microk8s"},
    {"hyperkube", ""},
}};

/// OCI runtimes, and where programs are looked for, in the order of a usual PATH.
constexpr std::array<std::string_view, 2> kOciRuntimes = {"runc", "crun"};
constexpr std::array<std::string_view, 6> kProgramFolders = {
    "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/opt/bin", "/usr/libexec/crio"};

/// Files that say what kind of container process 1 is in.
struct ContainerMark {
  std::string_view path;
  std::string_view words;
};
constexpr std::array<ContainerMark, 3> kContainerMarks = {{
    {"/.dockerenv", "a container of docker"},
    {"/run/.containerenv", "a container of podman"},
    {"/run/systemd/container", "a container"},
}};

class Looker {
 public:
  Looker(const ProcessReader& reader, const VersionProbe& probe, NodeView* view)
      : reader_(reader), probe_(probe), view_(*view) {}

  core::Result<void> Look(const WantedRuntime& wanted) {
    auto host = ProcessOf(1, CommandOf(1));
    if (!host) return core::Unexpected(host.error());
    view_.host = *std::move(host);
    if (const auto found = FindPrograms(wanted.kind); !found) return found;
    if (wanted.pid != 0) {
      auto runtime = ProcessOf(wanted.pid, CommandOf(wanted.pid));
      if (!runtime) return core::Unexpected(runtime.error());
      TakeWished(*std::move(runtime), wanted.kind);
    }
    LookAtKernel();
    LookAtVersions();
    LookAround();
    return {};
  }

 private:
  std::string CommandOf(int pid) {
    auto name = reader_.Command(pid);
    return name ? *std::move(name) : "";
  }

  /// The container that a process runs in, or "": what runs in a pod is not the node's.
  std::string ContainerOf(int pid) {
    const auto container = LookUpProcess(reader_, pid).container;
    return container ? container->id : "";
  }

  static bool IsKnown(std::string_view program) {
    const auto is = [program](const auto& one) { return one.name == program; };
    return std::any_of(kRuntimePrograms.begin(), kRuntimePrograms.end(), is) ||
           std::any_of(kKubeletPrograms.begin(), kKubeletPrograms.end(), is);
  }

  void TakeWished(NodeProcess process, std::optional<Runtime> kind) {
    view_.unseen.clear();  // nothing but what was said of the runtime that was looked for
    for (const RuntimeProgram& known : kRuntimePrograms) {
      if (process.program == known.name) view_.kind = known.kind;
    }
    if (kind) view_.kind = *kind;
    view_.runtime = std::move(process);
  }

  core::Result<NodeProcess> ProcessOf(int pid, std::string program) {
    auto mounts = reader_.Mounts(pid);
    if (!mounts) return core::Unexpected(mounts.error());
    NodeProcess process;
    process.pid = pid;
    process.program = std::move(program);
    process.mounts = *std::move(mounts);
    if (const auto cgroups = reader_.Cgroups(pid)) process.service = ServiceOfCgroups(*cgroups);
    process.settings = NamespaceSettings(reader_, process.service);
    return process;
  }

  core::Result<void> FindPrograms(std::optional<Runtime> wanted) {
    const auto pids = reader_.Pids();
    if (!pids) return core::Unexpected(pids.error());
    std::array<int, kRuntimePrograms.size()> runtimes{};
    std::array<std::string, kRuntimePrograms.size()> others;
    int kubelet = 0;
    std::string kubelet_program;
    const std::string own_container = ContainerOf(1);
    for (const int pid : *pids) {
      const std::string program = CommandOf(pid);
      if (program.empty() || !IsKnown(program) || ContainerOf(pid) != own_container) continue;
      for (std::size_t i = 0; i < kRuntimePrograms.size(); ++i) {
        if (program != kRuntimePrograms[i].name) continue;
        if (runtimes[i] == 0) {
          runtimes[i] = pid;
        } else {
          others[i] += fmt::format("{}{}", others[i].empty() ? "" : ", ", pid);
        }
      }
      for (const KubeletProgram& known : kKubeletPrograms) {
        if (program != known.name || kubelet != 0) continue;
        kubelet = pid;
        kubelet_program = program;
        view_.distribution = known.distribution;
      }
    }
    if (kubelet != 0) view_.kubelet = Seen(kubelet, kubelet_program);
    TakeRuntime(wanted, runtimes, others);
    return {};
  }

  /// dockerd runs beside a containerd of its own, which Kubernetes does not ask.
  void TakeRuntime(std::optional<Runtime> wanted,
                   const std::array<int, kRuntimePrograms.size()>& pids,
                   const std::array<std::string, kRuntimePrograms.size()>& others) {
    constexpr std::array<std::size_t, 3> kByLikelihood = {1, 0, 2};
    for (const std::size_t i : kByLikelihood) {
      if (pids[i] == 0 || (wanted && kRuntimePrograms[i].kind != *wanted)) continue;
      view_.runtime = Seen(pids[i], std::string(kRuntimePrograms[i].name));
      view_.kind = kRuntimePrograms[i].kind;
      if (!others[i].empty()) {
        view_.unseen.push_back(
            fmt::format("{} runs more than once, looked at was process {} and "
                        "not {}; --runtime-pid picks another",
                        kRuntimePrograms[i].name, pids[i], others[i]));
      }
      return;
    }
    view_.kind = wanted.value_or(Runtime::kContainerd);
    view_.unseen.push_back(
        fmt::format("no {} runs here that could be seen: judged is what process 1 sees, as {} "
                    "would",
                    wanted ? ToString(*wanted) : "container runtime", ToString(view_.kind)));
  }

  std::optional<NodeProcess> Seen(int pid, const std::string& program) {
    auto process = ProcessOf(pid, program);
    if (process) return *std::move(process);
    view_.unseen.push_back(fmt::format("the mounts of {} (process {}) could not be read: {}",
                                       program, pid, process.error().message));
    return std::nullopt;
  }

  void LookAtKernel() {
    const auto release = reader_.files().Read(reader_.PathOf("/proc/sys/kernel/osrelease"));
    if (release) view_.kernel = VersionIn(*release);
    if (!view_.kernel) {
      view_.unseen.emplace_back("the kernel's version could not be read");
    }
  }

  void LookAtVersions() {
    if (view_.runtime) {
      const auto exe = ProgramOf(*view_.runtime);
      const auto said = exe ? probe_(*exe) : std::nullopt;
      if (said) view_.runtime->version = VersionIn(*said);
      if (!view_.runtime->version) AskOnPath(view_.runtime->program, &view_.runtime->version);
    }
    for (const std::string_view oci : kOciRuntimes) {
      if (view_.kind == Runtime::kCrio && oci == "runc") continue;
      if (!AskOnPath(oci, &view_.oci_version)) continue;
      view_.oci_runtime = oci;
      return;
    }
    if (AskOnPath("runc", &view_.oci_version)) view_.oci_runtime = "runc";
  }

  /// Where a process's program is on the node; only of one that sees the node's own files.
  std::optional<std::string> ProgramOf(const NodeProcess& process) {
    if (!InSameNamespace(process.mounts, view_.host.mounts)) return std::nullopt;
    auto link = reader_.files().ReadLink(reader_.PathOf(fmt::format("/proc/{}/exe", process.pid)));
    if (!link) return std::nullopt;
    // Of a script that would be its interpreter.
    const std::size_t slash = link->rfind('/');
    if (slash == std::string::npos || link->substr(slash + 1) != process.program) {
      return std::nullopt;
    }
    return *std::move(link);
  }

  bool AskOnPath(std::string_view program, std::optional<Version>* version) {
    for (const std::string_view folder : kProgramFolders) {
      const auto said = probe_(fmt::format("{}/{}", folder, program));
      if (said) *version = VersionIn(*said);
      if (*version) return true;
    }
    return false;
  }

  /// What kind of place process 1 is in.
  void LookAround() {
    const auto map = reader_.files().Read(reader_.PathOf("/proc/1/uid_map"));
    // Outside of user namespaces all numbers are mapped to themselves.
    if (map) view_.user_namespace = map->find("4294967295") == std::string::npos;
    for (const ContainerMark& mark : kContainerMarks) {
      if (!view_.container.empty() || !Exists(mark.path)) continue;
      view_.container = mark.words;
    }
    if (view_.distribution == "k3s" && !view_.container.empty()) view_.distribution = "k3d";
    if (Exists("/kind")) view_.distribution = "kind";
  }

  bool Exists(std::string_view path) {
    const std::string here = reader_.PathOf(path);
    return reader_.files().IsDirectory(here) || reader_.files().Open(here).has_value();
  }

  const ProcessReader& reader_;
  const VersionProbe& probe_;
  NodeView& view_;
};

}  // namespace

bool Version::AtLeast(int wanted_major, int wanted_minor, int wanted_patch) const {
  return std::tie(major, minor, patch) >= std::tie(wanted_major, wanted_minor, wanted_patch);
}

std::string ToString(const Version& version) {
  return fmt::format("{}.{}.{}", version.major, version.minor, version.patch);
}

std::optional<Version> VersionIn(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  const char* const end = text.data() + text.size();
  for (std::size_t begin = text.find_first_of(kDigits); begin != std::string_view::npos;) {
    const std::size_t behind = std::min(text.find_first_not_of(kDigits, begin), text.size());
    Version version;
    const bool fits = std::from_chars(text.data() + begin, end, version.major).ec == std::errc();
    if (fits && behind < text.size() && text[behind] == '.') {
      const auto minor = std::from_chars(text.data() + behind + 1, end, version.minor);
      if (minor.ec == std::errc()) {
        if (minor.ptr != end && *minor.ptr == '.') {
          std::from_chars(minor.ptr + 1, end, version.patch);
        }
        return version;
      }
    }
    begin = text.find_first_of(kDigits, behind);
  }
  return std::nullopt;
}

core::Result<NodeView> LookAtNode(const ProcessReader& reader, const WantedRuntime& wanted,
                                  const VersionProbe& probe) {
  NodeView view;
  if (const auto looked = Looker(reader, probe, &view).Look(wanted); !looked) {
    return core::Unexpected(looked.error());
  }
  return view;
}

bool InSameNamespace(const MountTable& a, const MountTable& b) {
  // Two tables of one namespace may differ where something was mounted in between.
  std::vector<int> ids;
  for (const Mount& mount : a.mounts()) ids.push_back(mount.id);
  std::sort(ids.begin(), ids.end());
  return std::any_of(b.mounts().begin(), b.mounts().end(), [&ids](const Mount& mount) {
    return std::binary_search(ids.begin(), ids.end(), mount.id);
  });
}

}  // namespace mountguard::node

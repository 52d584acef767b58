#include "node/cures.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace mountguard::node {
namespace {

constexpr std::string_view kSystemd = "systemd";

std::string DropIn(const std::string& service, std::string_view name) {
  return fmt::format("/etc/systemd/system/{}.d/{}", service, name);
}

/// The service before whose start a mount has to be shared: the kubelet's, which starts last.
std::string FirstService(const NodeView& view) {
  if (view.kubelet && !view.kubelet->service.empty()) return view.kubelet->service;
  if (view.runtime && !view.runtime->service.empty()) return view.runtime->service;
  return "";
}

Cure LastingCure(const NodeView& view, std::string_view mount_point, const std::string& command) {
  Cure cure;
  const std::string service = FirstService(view);
  if (view.distribution == "k3d") {
    cure.changes = fmt::format(
        "For good: the node is a container, so it belongs into its start: name the path in `k3d "
        "cluster create --volume {}:{}:shared`, or run the command above in each node after each "
        "start.",
        mount_point, mount_point);
  } else if (!view.container.empty() || view.distribution == "kind") {
    cure.changes =
        "For good: the node is a container, so it belongs into its entrypoint, before the kubelet "
        "starts; what is mounted from outside is shared with the machine only if the container was "
        "started with that mount as rshared.";
  } else if (view.host.program == kSystemd && !service.empty()) {
    cure.file = DropIn(service, "10-shared-mounts.conf");
    cure.content = fmt::format("[Service]\nExecStartPre={}\n", command);
    cure.commands = {"systemctl daemon-reload"};
    cure.changes = fmt::format("For good: {} shares it again before each start.", service);
    if (mount_point == "/") {
      cure.changes +=
          " systemd itself makes / shared at boot, so something has made it private since: look "
          "for --make-private and --make-rprivate in what runs at boot.";
    }
  } else {
    cure.changes =
        "For good: have it run at each boot, before the runtime and the kubelet start; in WSL as "
        "`command` under `[boot]` in /etc/wsl.conf.";
  }
  return cure;
}

}  // namespace

std::string ShellWord(std::string_view text) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+:@%,";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

std::vector<Cure> CuresForPrivateMount(const NodeView& view, std::string_view mount_point) {
  const std::string command = fmt::format("mount --make-rshared {}", ShellWord(mount_point));
  Cure now;
  now.commands = {command};
  now.changes = fmt::format(
      "It makes {} and all mounts below it shared, until the next boot: what is mounted there from "
      "then on reaches containers that ask for HostToContainer or Bidirectional, and the mounts of "
      "Bidirectional ones reach the node. Containers that run already keep the mounts that they "
      "have.",
      mount_point);
  return {std::move(now), LastingCure(view, mount_point, "/bin/" + command)};
}

Cure CureForStack(std::string_view mount_point, int height, bool alike) {
  Cure cure;
  const std::string word = ShellWord(mount_point);
  for (int i = 1; i < height; ++i) cure.commands.push_back("umount " + word);
  cure.commands.push_back("mount --make-rshared " + word);
  cure.changes = fmt::format(
      "It takes away the upper of the {} mounts at {} and shares what is left. {} Then see to it "
      "that it is mounted only once at boot (twice in /etc/fstab, or a unit and a script).",
      height, mount_point,
      alike ? "All of them show the same directory, so nothing is lost."
            : "They do not show the same directory: what only the upper ones show is gone from "
              "there.");
  return cure;
}

Cure CureForNamespace(const NodeProcess& process) {
  Cure cure;
  if (!process.settings.empty()) {
    cure.file = DropIn(process.service, "99-host-mounts.conf");
    cure.content = "[Service]\n";
    std::set<std::string> names;
    for (const NamespaceSetting& setting : process.settings) {
      if (!names.insert(setting.name).second) continue;
      cure.content += fmt::format("{}={}\n", setting.name, setting.off);
    }
    cure.commands = {"systemctl daemon-reload", "systemctl restart " + process.service};
    cure.changes = fmt::format(
        "{} then makes its mounts where process 1 does, and what {} protected is open to it. "
        "Containers that run already keep the mounts that they have.",
        process.program, fmt::join(names, ", "));
    return cure;
  }
  if (!process.service.empty()) {
    cure.commands = {"systemctl cat " + process.service};
    cure.changes = fmt::format(
        "It shows the unit of {}: a setting of its that needs a mount namespace (PrivateTmp, "
        "ProtectSystem, MountFlags...; systemd.exec(5) has them all) has to be taken back by a "
        "drop-in, and the service to be started again. None was found in the files that could be "
        "read.",
        process.program);
    return cure;
  }
  cure.changes = fmt::format(
      "{} was not started by systemd, but by something that gave it mounts of its own (unshare, a "
      "snap, a container): have it started by process 1, or with `nsenter --target 1 --mount` in "
      "front.",
      process.program);
  return cure;
}

}  // namespace mountguard::node

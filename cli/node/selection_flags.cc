#include "cli/node/selection_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace mountguard::cli {
namespace {

constexpr std::size_t kFewestDigits = 4;  // of a container's id: with less anything may be meant

std::optional<int> PidFrom(const std::string& text) {
  int pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

bool IsStartOfId(const std::string& text) {
  return text.size() >= kFewestDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

FlagGroup SelectionFlags::Group() {
  return {
      "Processes",
      {{"--pid", &pids, "PID", "the process with that id; repeatable"},
       {"--container", &containers, "ID",
        "the processes in the container whose id begins so, as crictl and ctr print it;\n"
        "repeatable"},
       {"--pod", &pods, "NAMESPACE/NAME", "the containers of that pod; repeatable"},
       {"--all", &all, "", "every mount namespace of the node"},
       {"--root", &root, "DIR",
        "where the node's root directory is (/): /host in a container of `kubectl debug node`"}}};
}

core::Result<node::Selection> SelectionFlags::Selection() const {
  node::Selection selection;
  for (const std::string& text : pids) {
    const auto pid = PidFrom(text);
    if (!pid) {
      return core::Failure(fmt::format("--pid: expected the id of a process, got \"{}\"", text));
    }
    selection.pids.push_back(*pid);
  }
  for (std::string id : containers) {
    // "containerd://ID", as the status of a pod has it.
    if (const std::size_t scheme = id.find("://"); scheme != std::string::npos) {
      id.erase(0, scheme + 3);
    }
    if (!IsStartOfId(id)) {
      return core::Failure(
          fmt::format("--container: expected at least {} digits of 0-9 and a-f, got \"{}\"; `--pod "
                      "NAMESPACE/NAME` takes names",
                      kFewestDigits, id));
    }
    selection.containers.push_back(id);
  }
  for (const std::string& pod : pods) {
    const std::size_t slash = pod.find('/');
    if (slash == 0 || slash == std::string::npos || slash + 1 == pod.size() ||
        pod.find('/', slash + 1) != std::string::npos) {
      return core::Failure(fmt::format(
          "--pod: expected NAMESPACE/NAME such as kube-system/agent-x2, got \"{}\"", pod));
    }
    selection.pods.push_back(pod);
  }
  selection.all = all;
  return selection;
}

}  // namespace mountguard::cli

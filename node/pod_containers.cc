#include "node/pod_containers.h"

#include <algorithm>
#include <set>
#include <utility>

#include "node/container_names.h"
#include "node/process_list.h"

namespace mountguard::node {
namespace {

bool IsOf(const ContainerNames& names, const WantedPod& pod) {
  if (names.pod != pod.name || names.pod_namespace != pod.pod_namespace) return false;
  // The uid that the API server knows of a static pod is not the one on the node.
  const bool hashed = names.pod_uid.find('-') == std::string::npos;
  return pod.uid.empty() || names.pod_uid.empty() || hashed || names.pod_uid == pod.uid;
}

}  // namespace

core::Result<std::vector<RunningContainer>> FindContainers(const ProcessReader& reader,
                                                           const MountTable& host,
                                                           const WantedPod& pod) {
  const auto processes = ListProcesses(reader);
  if (!processes) return core::Unexpected(processes.error());
  ContainerNamer namer(reader, host);
  std::set<std::string> looked_at;
  std::vector<RunningContainer> found;
  for (const auto& [pid, id] : *processes) {
    if (!id || !looked_at.insert(id->id).second) continue;
    ContainerNames names = namer.NamesOf(*id);
    if (names.sandbox || names.container.empty() || !IsOf(names, pod)) continue;
    found.push_back({std::move(names.container), pid, id->id, namer.ConfigOf(id->id)});
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return found;
}

RunningContainer ContainerOfProcess(const ProcessReader& reader, const MountTable& host, int pid) {
  RunningContainer container;
  container.pid = pid;
  const auto id = LookUpProcess(reader, pid).container;
  if (!id) return container;
  ContainerNamer namer(reader, host);
  container.id = id->id;
  container.name = namer.NamesOf(*id).container;
  container.config = namer.ConfigOf(id->id);
  return container;
}

}  // namespace mountguard::node

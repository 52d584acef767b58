#include "node/process_list.h"

namespace mountguard::node {

FoundProcess LookUpProcess(const ProcessReader& reader, int pid) {
  const auto cgroups = reader.Cgroups(pid);
  return {pid, cgroups ? ContainerOfCgroups(*cgroups) : std::nullopt};
}

core::Result<std::vector<FoundProcess>> ListProcesses(const ProcessReader& reader) {
  const auto pids = reader.Pids();
  if (!pids) return core::Unexpected(pids.error());
  std::vector<FoundProcess> processes;
  processes.reserve(pids->size());
  for (const int pid : *pids) processes.push_back(LookUpProcess(reader, pid));
  return processes;
}

}  // namespace mountguard::node

#include "node/survey.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "node/pinned.h"
#include "node/process_list.h"

namespace mountguard::node {
namespace {

constexpr int kHostPid = 1;
constexpr std::size_t kShortId = 12;  // digits of a container's id that people use

/// What tells namespaces apart: their number, or, where that may not be read, the id of their first
/// mount, which no other namespace has.
struct NamespaceKey {
  bool by_number = false;
  std::uint64_t value = 0;

  bool operator==(const NamespaceKey& other) const {
    return by_number == other.by_number && value == other.value;
  }
};

class Surveyor {
 public:
  explicit Surveyor(const ProcessReader& reader) : reader_(reader) {}

  core::Result<Survey> Run(const Selection& selection) {
    AddHost();
    const MountTable none;
    ContainerNamer namer(reader_, survey_.host() != nullptr ? *survey_.host()->table : none);
    auto selected = Select(selection, &namer);
    if (!selected) return core::Unexpected(selected.error());
    std::optional<core::Error> last;
    for (const FoundProcess& process : *selected) {
      if (auto added = AddNamespace(process); !added) {
        if (selection.all && !reader_.IsAlive(process.pid)) continue;
        last = added.error();
        survey_.unseen.push_back({fmt::format("process {}", process.pid), last->message});
      }
    }
    const bool host_asked = std::any_of(selected->begin(), selected->end(), [this](const auto& p) {
      return survey_.host() != nullptr && IndexOfKey(KeyOf(p.pid)) == 0;
    });
    survey_.asked_from = survey_.host() != nullptr && !host_asked ? 1 : 0;
    if (survey_.asked_from == survey_.namespaces.size()) {
      return core::Failure(last ? last->message : "no mount table could be read");
    }
    for (std::size_t i = survey_.asked_from; i < survey_.namespaces.size(); ++i) {
      MountNamespace& one = survey_.namespaces[i];
      if (!one.container) continue;
      one.names = namer.NamesOf(*one.container);
      one.recorded = RecordOf(one, namer);
    }
    for (const MountNamespace& one : survey_.namespaces) {
      survey_.groups.Add(*one.table);
    }
    if (!GroupsAreKnown()) AddOtherGroups();
    return std::move(survey_);
  }

 private:
  void AddHost() {
    if (auto added = AddNamespace({kHostPid, std::nullopt}); !added) {
      survey_.unseen.push_back({"the host's mounts (process 1)", added.error().message});
      return;
    }
    survey_.namespaces.front().host = true;
  }

  NamespaceKey KeyOf(int pid) {
    if (const auto number = reader_.MountNamespace(pid)) return {true, *number};
    const auto first = reader_.FirstMountId(pid);
    return {false, first ? static_cast<std::uint64_t>(*first) : 0};
  }

  std::size_t IndexOfKey(const NamespaceKey& key) const {
    return static_cast<std::size_t>(std::find(keys_.begin(), keys_.end(), key) - keys_.begin());
  }

  core::Result<void> AddNamespace(const FoundProcess& process) {
    const NamespaceKey key = KeyOf(process.pid);
    const std::size_t known = IndexOfKey(key);
    if (known < keys_.size()) {
      MountNamespace& one = survey_.namespaces[known];
      ++one.processes;
      return {};
    }
    auto table = reader_.Mounts(process.pid);
    if (!table) return core::Unexpected(table.error());
    if (table->mounts().empty()) {
      return core::Failure(fmt::format("process {} has ended, or sees no mount", process.pid));
    }
    MountNamespace one;
    one.pid = process.pid;
    if (auto command = reader_.Command(process.pid)) one.command = *std::move(command);
    if (key.by_number) one.number = key.value;
    one.processes = 1;
    one.container = process.container;
    one.table = std::make_unique<const MountTable>(*std::move(table));
    one.tree = std::make_unique<const MountTree>(*one.table);
    keys_.push_back(key);
    survey_.namespaces.push_back(std::move(one));
    return {};
  }

  std::optional<RecordedContainer> RecordOf(const MountNamespace& one,
                                            const ContainerNamer& namer) {
    const auto& mounts = one.table->mounts();
    if (std::none_of(mounts.begin(), mounts.end(),
                     [&](const Mount& mount) { return IsMemoryOnRoot(*one.tree, mount); })) {
      return std::nullopt;
    }
    const auto config = namer.ConfigOf(one.container->id);
    if (!config) return std::nullopt;
    auto recorded = ReadOciConfig(reader_.files(), *config);
    if (!recorded) return std::nullopt;
    return *std::move(recorded);
  }

  /// All processes, from one pass over /proc however often they are asked for.
  const core::Result<std::vector<FoundProcess>>& Processes() {
    if (!processes_) processes_.emplace(ListProcesses(reader_));
    return *processes_;
  }

  core::Result<std::vector<FoundProcess>> Select(const Selection& selection,
                                                 ContainerNamer* namer) {
    std::vector<FoundProcess> selected;
    for (const int pid : selection.pids) selected.push_back(LookUpProcess(reader_, pid));
    if (selection.pids.empty() && selection.containers.empty() && selection.pods.empty() &&
        !selection.all) {
      selected.push_back({kHostPid, std::nullopt});
    }
    if (selection.containers.empty() && selection.pods.empty() && !selection.all) return selected;
    const auto& processes = Processes();
    if (!processes || selection.all) return processes;
    for (const std::string& id : selection.containers) {
      if (auto done = SelectContainer(id, *processes, &selected); !done) {
        return core::Unexpected(done.error());
      }
    }
    for (const std::string& pod : selection.pods) {
      if (auto done = SelectPod(pod, *processes, namer, &selected); !done) {
        return core::Unexpected(done.error());
      }
    }
    return selected;
  }

  static core::Result<void> SelectContainer(const std::string& id,
                                            const std::vector<FoundProcess>& processes,
                                            std::vector<FoundProcess>* selected) {
    std::vector<std::string> ids;
    for (const FoundProcess& process : processes) {
      if (!process.container || process.container->id.rfind(id, 0) != 0) continue;
      if (std::find(ids.begin(), ids.end(), process.container->id) == ids.end()) {
        ids.push_back(process.container->id);
      }
      selected->push_back(process);
    }
    if (ids.size() > 1) {
      return core::Failure(fmt::format(
          "the ids of {} containers begin with {}; give more digits, of {}... or {}...", ids.size(),
          id, ids[0].substr(0, id.size() + 4), ids[1].substr(0, id.size() + 4)));
    }
    if (!ids.empty()) return {};
    return core::Failure(fmt::format(
        "no running process is in a container whose id begins with {}; `crictl ps` and `ctr -n "
        "k8s.io containers ls` list ids",
        id));
  }

  static core::Result<void> SelectPod(const std::string& pod,
                                      const std::vector<FoundProcess>& processes,
                                      ContainerNamer* namer, std::vector<FoundProcess>* selected) {
    std::unordered_set<std::string> of_pod;
    std::unordered_set<std::string> others;
    std::size_t nameless = 0;
    for (const FoundProcess& process : processes) {
      if (!process.container) continue;
      const std::string& id = process.container->id;
      if (of_pod.count(id) == 0 && others.count(id) == 0) {
        const ContainerNames names = namer->NamesOf(*process.container);
        if (names.pod.empty()) ++nameless;
        const bool same = names.pod_namespace + "/" + names.pod == pod;
        (same ? of_pod : others).insert(id);
      }
      if (of_pod.count(id) != 0) selected->push_back(process);
    }
    if (!of_pod.empty()) return {};
    std::string message = fmt::format("no container of a pod {} runs on this node", pod);
    if (nameless > 0) {
      message += fmt::format(
          "; the names of {} containers could not be read, root can read more of them", nameless);
    }
    return core::Failure(std::move(message));
  }

  /// False if some mount has a master that no mount that was read is a peer of.
  bool GroupsAreKnown() const {
    std::vector<int> seen;
    std::vector<int> masters;
    for (const MountNamespace& one : survey_.namespaces) {
      for (const Mount& mount : one.table->mounts()) {
        if (mount.shared != 0) seen.push_back(mount.shared);
        if (mount.master != 0) masters.push_back(mount.master);
      }
    }
    std::sort(seen.begin(), seen.end());
    std::sort(masters.begin(), masters.end());
    return std::includes(seen.begin(), seen.end(), masters.begin(),
                         std::unique(masters.begin(), masters.end()));
  }

  void AddOtherGroups() {
    const auto& processes = Processes();
    if (!processes) return;
    std::vector<NamespaceKey> read = keys_;
    for (const FoundProcess& process : *processes) {
      const NamespaceKey key = KeyOf(process.pid);
      if (std::find(read.begin(), read.end(), key) != read.end()) continue;
      read.push_back(key);
      if (const auto table = reader_.Mounts(process.pid)) survey_.groups.Add(*table);
    }
  }

  const ProcessReader& reader_;
  Survey survey_;
  std::vector<NamespaceKey> keys_;  // of survey_.namespaces
  std::optional<core::Result<std::vector<FoundProcess>>> processes_;
};

}  // namespace

core::Result<Survey> SurveyNode(const ProcessReader& reader, const Selection& selection) {
  return Surveyor(reader).Run(selection);
}

std::string TitleOf(const MountNamespace& one) {
  if (one.host) return "the host";
  if (!one.container) return fmt::format("process {} ({})", one.pid, one.command);
  const std::string id = one.container->id.substr(0, kShortId);
  const ContainerNames& names = one.names;
  if (names.pod.empty()) return "container " + id;
  const std::string pod = names.pod_namespace + "/" + names.pod;
  if (names.sandbox) return fmt::format("sandbox {} of pod {}", id, pod);
  return fmt::format("container {} of pod {}", names.container.empty() ? id : names.container, pod);
}

}  // namespace mountguard::node

#include "cli/node/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/path.h"
#include "node/followed_path.h"

namespace mountguard::cli {
namespace {

using State = VerifiedContainer::State;

core::CriPropagation CriOf(const ExplainedMount& mount) {
  for (const auto one :
       {core::CriPropagation::kHostToContainer, core::CriPropagation::kBidirectional}) {
    if (mount.cri == ToString(one)) return one;
  }
  return core::CriPropagation::kPrivate;
}

/// Where a mount path leads in a container's own root: images have links such as /var/run.
std::string FoundPath(const node::ProcessReader& reader, int pid, const std::string& path) {
  const std::string root = reader.PathOf(fmt::format("/proc/{}/root", pid));
  node::FollowedPath followed = node::FollowPath(reader.files(), root, path);
  return followed.unread.empty() ? std::move(followed.path) : core::CleanPath(path);
}

class Verifier {
 public:
  Verifier(const node::ProcessReader& reader, const node::MountTable* host,
           Verification* verification)
      : reader_(reader), host_(host), verification_(*verification) {}

  void Run(const std::vector<node::RunningContainer>& running) {
    const ExplainedPod& pod = verification_.pod();
    for (std::size_t i = 0; i < pod.containers.size(); ++i) {
      VerifiedContainer& one = verification_.containers.emplace_back();
      one.spec = &pod.containers[i];
      for (const ExplainedMount& mount : pod.mounts) {
        if (mount.container == static_cast<int>(i) && mount.cri) one.asked.push_back(&mount);
      }
      const auto found = std::find_if(
          running.begin(), running.end(),
          [&one](const node::RunningContainer& other) { return other.name == one.spec->name; });
      if (found == running.end()) {
        Absent(&one);
      } else {
        one.running = *found;
        Present(&one);
      }
    }
  }

 private:
  static void Absent(VerifiedContainer* one) {
    const bool init = one->spec->type == "initContainer" && !one->spec->sidecar;
    one->state = init ? State::kEnded : State::kNotRunning;
    one->why = init ? "an init container, which has ended or not begun"
                    : "no process of it was found on this node";
  }

  void Present(VerifiedContainer* one) {
    const auto table = reader_.Mounts(one->running.pid);
    if (!table) {
      one->state = State::kUnread;
      one->why = table.error().message;
      return;
    }
    one->state = State::kVerified;
    ReadRecord(one);
    std::vector<node::AskedMount> asked;
    for (const ExplainedMount* mount : one->asked) {
      asked.push_back({mount->mount_path, FoundPath(reader_, one->running.pid, mount->mount_path),
                       CriOf(*mount), mount->read_only, mount->recursive_read_only,
                       mount->place.value_or("")});
    }
    one->checks = CheckMounts(asked, one->recorded ? &*one->recorded : nullptr, *table, host_);
  }

  void ReadRecord(VerifiedContainer* one) {
    const std::string what =
        fmt::format("what the runtime recorded of container {}", one->spec->name);
    if (!one->running.config) {
      verification_.unseen.push_back(
          one->running.id.empty()
              ? fmt::format("{} was not looked for: process {} is in no container's cgroup", what,
                            one->running.pid)
              : fmt::format("{} was not found in the places of containerd and CRI-O, or takes root "
                            "to read",
                            what));
      return;
    }
    auto recorded = node::ReadOciConfig(reader_.files(), *one->running.config);
    if (!recorded) {
      verification_.unseen.push_back(fmt::format("{}: {}", what, recorded.error().message));
      return;
    }
    one->recorded = *std::move(recorded);
  }

  const node::ProcessReader& reader_;
  const node::MountTable* host_;
  Verification& verification_;
};

}  // namespace

std::string_view ToString(State state) {
  constexpr std::array<std::string_view, 4> kStates = {"verified", "ended", "not-running",
                                                       "unread"};
  return kStates[static_cast<std::size_t>(state)];
}

std::size_t Verification::differences() const {
  std::size_t count = 0;
  for (const VerifiedContainer& one : containers) {
    for (const node::MountCheck& check : one.checks) count += check.differences.size();
  }
  return count;
}

bool Verification::complete() const {
  return std::none_of(containers.begin(), containers.end(), [](const VerifiedContainer& one) {
    return one.state == State::kNotRunning || one.state == State::kUnread;
  });
}

void Verify(const node::ProcessReader& reader, const node::MountTable* host,
            const std::vector<node::RunningContainer>& running, Verification* verification) {
  Verifier(reader, host, verification).Run(running);
}

}  // namespace mountguard::cli

#include "node/doctor.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/go_quote.h"
#include "core/path.h"
#include "node/cures.h"
#include "node/mount_tree.h"
#include "node/peer_groups.h"
#include "node/recursive_read_only.h"

namespace mountguard::node {
namespace {

using core::CriPropagation;
using core::GoQuote;
using core::Runtime;

constexpr std::string_view kKubeletFolder = "/var/lib/kubelet";

std::string Named(const Mount& mount) {
  return fmt::format("mount {} at {} ({})", mount.id, GoQuote(mount.mount_point), mount.type);
}

/// The type as a sentence has it: "mount 7 is a slave".
std::string_view Worded(PropagationType type) {
  if (type == PropagationType::kSlave) return "a slave";
  if (type == PropagationType::kSlaveAndShared) return "a slave, and shared";
  return ToString(type);
}

/// What the runtime asks of the mount that it looks at.
bool Accepts(Need need, const Mount& mount) {
  return mount.shared != 0 || (need == Need::kHostToContainer && mount.master != 0);
}

CriPropagation CriOf(Need need) {
  return need == Need::kBidirectional ? CriPropagation::kBidirectional
                                      : CriPropagation::kHostToContainer;
}

bool SameContent(const Mount& a, const Mount& b) {
  return a.device == b.device && a.root == b.root;
}

class Diagnosis {
 public:
  Diagnosis(const NodeView& view, PathFinding* finding)
      : view_(view),
        finding_(*finding),
        path_(finding->followed.path),
        maker_(view.maker().mounts),
        host_(view.host.mounts),
        apart_(view.runtime && !InSameNamespace(view.runtime->mounts, view.host.mounts)) {
    groups_.Add(view.host.mounts);
    if (view.runtime) groups_.Add(view.runtime->mounts);
    if (view.kubelet) groups_.Add(view.kubelet->mounts);
    used_ = maker_.MountAt(path_);
    checked_ = MountThatRuntimeChecks(view.maker().mounts, view.kind, path_);
    at_host_ = host_.MountAt(path_);
  }

  void Run(const std::vector<Need>& needs) {
    if (used_ != nullptr) finding_.mount = FactOf(*used_);
    if (checked_ != nullptr && checked_ != used_) finding_.checked = FactOf(*checked_);
    TellWay();
    for (const Need need : needs) {
      finding_.needs.push_back(need == Need::kRecursiveReadOnly
                                   ? DiagnoseRecursiveReadOnly(view_, &finding_)
                                   : Propagation(need));
    }
    TellStorageRoot();
    const bool served =
        std::any_of(finding_.needs.begin(), finding_.needs.end(), [](const NeedFinding& one) {
          return one.need != Need::kRecursiveReadOnly && one.answer == Answer::kServed;
        });
    if (served) TellMountsBelow();
  }

 private:
  void Tell(Case id, std::string sentence) {
    for (const FoundCase& found : finding_.cases) {
      if (found.id == id && found.sentence == sentence) return;
    }
    finding_.cases.push_back({id, std::move(sentence)});
  }

  bool Has(Case id) const {
    return std::any_of(finding_.cases.begin(), finding_.cases.end(),
                       [id](const FoundCase& found) { return found.id == id; });
  }

  /// What is to be said of the way to the path.
  void TellWay() {
    for (const FollowedLink& link : finding_.followed.links) {
      Tell(Case::kSymlink,
           fmt::format("{} is a symbolic link to {}: what counts is the mount that is reached "
                       "through it, and the runtime names that path in its errors",
                       GoQuote(link.link), GoQuote(link.target)));
    }
    if (finding_.followed.exists() || !finding_.followed.unread.empty()) return;
    Tell(
        Case::kPathMissing,
        fmt::format("{} does not exist, only {} does: where the pod does not set a type that wants "
                    "it to be there, {} makes a directory on the mount that holds it",
                    GoQuote(path_), GoQuote(finding_.followed.existing), ToString(view_.kind)));
  }

  NeedFinding Propagation(Need need) {
    NeedFinding found;
    found.need = need;
    if (used_ == nullptr || checked_ == nullptr) {
      found.answer = Answer::kUnknown;
      found.why = "the mount table shows no mount that holds the path";
      return found;
    }
    if (!Accepts(need, *checked_)) {
      found.answer = Answer::kRefused;
      found.said_by = ToString(view_.kind);
      found.error = core::NotSharedError(view_.kind, CriOf(need), path_, checked_->mount_point);
      found.why = fmt::format("{} is {}", Named(*checked_), Worded(checked_->Propagation()));
      Blame(need);
      return found;
    }
    const std::string lost = need == Need::kBidirectional ? WhyUnpublished() : WhyUnseen();
    if (!lost.empty()) {
      found.answer = Answer::kWithoutEffect;
      found.why = lost;
    }
    return found;
  }

  /// Why a Bidirectional container's mounts do not reach the node, or "".
  std::string WhyUnpublished() {
    if (used_->shared == 0) return WhyStacked();
    if (apart_ && (at_host_ == nullptr || at_host_->shared != used_->shared)) {
      TellNamespace(*view_.runtime, Case::kRuntimeNamespace);
      return fmt::format("mounts of the container stay in the mount namespace of {} (process {})",
                         view_.runtime->program, view_.runtime->pid);
    }
    const Mount* kubelet = AtKubelet();
    if (kubelet != nullptr && !groups_.Reaches(used_->shared, *kubelet)) {
      TellNamespace(*view_.kubelet, Case::kKubeletNamespace);
      return fmt::format("mounts of the container do not reach the kubelet (process {})",
                         view_.kubelet->pid);
    }
    return "";
  }

  /// Why a HostToContainer container does not see what the node mounts, or "".
  std::string WhyUnseen() {
    if (!Accepts(Need::kHostToContainer, *used_)) return WhyStacked();
    if (!apart_ && used_->shared == 0) {
      Tell(Case::kSlaveOnly, SlaveSentence(*used_));
      AddCures(CuresForPrivateMount(view_, used_->mount_point));
      return fmt::format(
          "{} is a slave and not shared: what this node mounts below it stays out "
          "of the container",
          Named(*used_));
    }
    if (apart_ && (at_host_ == nullptr || !groups_.Reaches(at_host_->shared, *used_))) {
      TellNamespace(*view_.runtime, Case::kRuntimeNamespace);
      return fmt::format(
          "what the node mounts does not reach the mount namespace of {} (process "
          "{}), so not the container either",
          view_.runtime->program, view_.runtime->pid);
    }
    const Mount* kubelet = AtKubelet();
    if (kubelet != nullptr && (kubelet->shared == 0 || !groups_.Reaches(kubelet->shared, *used_))) {
      TellNamespace(*view_.kubelet, Case::kKubeletNamespace);
      return fmt::format("volumes that the kubelet (process {}) mounts do not reach the container",
                         view_.kubelet->pid);
    }
    return "";
  }

  /// The kubelet's mount that holds the path, if the kubelet has mounts of its own and the path has
  /// to do with what it mounts; else null.
  const Mount* AtKubelet() {
    if (!view_.kubelet || InSameNamespace(view_.kubelet->mounts, view_.maker().mounts)) {
      return nullptr;
    }
    const bool concerned =
        core::IsAtOrUnder(path_, kKubeletFolder) || core::IsAtOrUnder(kKubeletFolder, path_);
    if (!concerned) return nullptr;
    if (!kubelet_) kubelet_.emplace(view_.kubelet->mounts);
    return kubelet_->MountAt(path_);
  }

  /// The runtime looks at the lowest of a stack, the kernel takes the uppermost.
  std::string WhyStacked() {
    TellStack();
    AddCures({CuresForPrivateMount(view_, used_->mount_point).front()});
    return fmt::format("the container gets {}, which is {}", Named(*used_),
                       Worded(used_->Propagation()));
  }

  void TellStack() {
    if (checked_->mount_point != used_->mount_point) return;  // CRI-O took a path for another
    Tell(Case::kStackedMounts,
         fmt::format("{} is covered by {}: {} looks at the lower one, the kernel takes the upper "
                     "one",
                     Named(*checked_), Named(*used_), ToString(view_.kind)));
  }

  /// Names what is in the way of a mount that the runtime refuses.
  void Blame(Need need) {
    if (apart_ && at_host_ != nullptr && at_host_->shared != 0) {
      TellNamespace(*view_.runtime, Case::kRuntimeNamespace);
      return;
    }
    if (checked_ != used_ && checked_->mount_point == used_->mount_point) {
      TellStack();
      AddCures({CureForStack(used_->mount_point, HeightOfStack(), StackIsAlike())});
    } else {
      BlameMount(need);
      AddCures(CuresForPrivateMount(view_, checked_->mount_point));
    }
    if (apart_) TellNamespace(*view_.runtime, Case::kRuntimeNamespace);
    if (view_.user_namespace) {
      Tell(
          Case::kUserNamespace,
          "process 1 is root only in a user namespace: mounts can be shared among the pods of this "
          "node, and none of them reaches the machine that it runs on");
    }
    if (!view_.container.empty() || view_.distribution == "kind") {
      Tell(Case::kContainerInContainer,
           fmt::format("the node runs in {}{}: its mounts are what that container was given, which "
                       "is private unless somebody says otherwise",
                       view_.container.empty() ? "a container" : view_.container,
                       view_.distribution.empty() ? "" : " (" + view_.distribution + ")"));
    }
  }

  void BlameMount(Need need) {
    const Mount& mount = *checked_;
    if (mount.unbindable) {
      Tell(
          Case::kUnbindable,
          fmt::format("{} is unbindable: the kernel refuses to mount it anywhere else (EINVAL), so "
                      "no container gets it, whatever its mode",
                      Named(mount)));
    } else if (mount.master != 0 && need == Need::kBidirectional) {
      Tell(Case::kSlaveOnly, SlaveSentence(mount));
    } else if (mount.mount_point == "/") {
      Tell(Case::kNotSharedRoot,
           fmt::format("{} holds the path and is private, as the kernel makes it and as it stays "
                       "without somebody at boot who shares it",
                       Named(mount)));
    } else {
      Tell(Case::kSeparateMount,
           fmt::format("{} is a mount of its own and private, whatever \"/\" is: a mount takes the "
                       "type of the one that it is mounted on only if that is shared already",
                       Named(mount)));
    }
  }

  static std::string SlaveSentence(const Mount& mount) {
    return fmt::format(
        "{} is a slave of peer group {} and not shared: it takes what is mounted "
        "there and passes nothing on",
        Named(mount), mount.master);
  }

  int HeightOfStack() const {
    int height = 1;
    for (const Mount* at = checked_; at != used_ && at != nullptr; at = maker_.CoveredBy(*at)) {
      ++height;
    }
    return height;
  }

  bool StackIsAlike() const {
    for (const Mount* at = checked_; at != nullptr; at = maker_.CoveredBy(*at)) {
      if (!SameContent(*at, *checked_)) return false;
    }
    return true;
  }

  void TellNamespace(const NodeProcess& process, Case id) {
    if (Has(id)) return;
    std::string sentence = fmt::format("{} (process {}) has a mount namespace of its own",
                                       process.program, process.pid);
    if (!process.settings.empty()) {
      sentence += ", because of";
      for (const NamespaceSetting& setting : process.settings) {
        sentence += fmt::format("{} {}={} ({}:{})", &setting == &process.settings[0] ? "" : ",",
                                setting.name, setting.value, setting.file, setting.line);
      }
    }
    Tell(id, std::move(sentence));
    AddCures({CureForNamespace(process)});
  }

  void AddCures(std::vector<Cure> cures) {
    for (Cure& cure : cures) {
      const bool known =
          std::any_of(finding_.cures.begin(), finding_.cures.end(), [&cure](const Cure& other) {
            return other.file == cure.file && other.commands == cure.commands &&
                   other.changes == cure.changes;
          });
      if (!known) finding_.cures.push_back(std::move(cure));
    }
  }

  /// Mounts below the path that do not take part.
  void TellMountsBelow() {
    constexpr int kMost = 3;
    int count = 0;
    std::string names;
    for (const Mount& mount : maker_.mounts()) {
      const bool below = mount.mount_point != path_ && core::IsAtOrUnder(mount.mount_point, path_);
      if (!below || mount.shared != 0 || !maker_.IsVisible(mount)) continue;
      if (++count > kMost) continue;
      names += (names.empty() ? "" : ", ") + GoQuote(mount.mount_point);
    }
    if (count == 0) return;
    Tell(Case::kPrivateBelow,
         fmt::format(
             "{} mount{} below {} not shared ({}{}): a container has {} from its start, and "
             "what is mounted in {} later stays out",
             count, count == 1 ? "" : "s", count == 1 ? "is" : "are", names,
             count > kMost ? ", ..." : "", count == 1 ? "it" : "them", count == 1 ? "it" : "them"));
  }

  void TellStorageRoot() {
    if (!core::TurnsPrivateIntoSlave(view_.kind, path_)) return;
    std::string sentence = fmt::format(
        "{} keeps its containers in {}, so it mounts this path rslave even where the "
        "mode is None",
        ToString(view_.kind), core::StorageRoot(view_.kind));
    if (checked_ != nullptr && !Accepts(Need::kHostToContainer, *checked_)) {
      sentence += fmt::format("; a pod that sets no mode at all does not start: {}",
                              core::NotSharedError(view_.kind, CriPropagation::kHostToContainer,
                                                   path_, checked_->mount_point));
    }
    Tell(Case::kStorageRoot, std::move(sentence));
  }

  const NodeView& view_;
  PathFinding& finding_;
  const std::string& path_;
  MountTree maker_;
  MountTree host_;
  std::optional<MountTree> kubelet_;
  PeerGroups groups_;
  const bool apart_;  // the runtime has a mount namespace of its own
  const Mount* used_ = nullptr;
  const Mount* checked_ = nullptr;
  const Mount* at_host_ = nullptr;
};

}  // namespace

MountFact FactOf(const Mount& mount) {
  return {mount.id,
          std::string(mount.mount_point),
          std::string(mount.type),
          std::string(mount.source),
          mount.Propagation(),
          mount.shared,
          mount.master};
}

const Mount* MountThatRuntimeChecks(const MountTable& table, Runtime runtime,
                                    std::string_view path) {
  const Mount* longest = nullptr;
  for (const Mount& mount : table.mounts()) {
    const std::string_view point = mount.mount_point;
    const bool holds = runtime == Runtime::kCrio ? path.substr(0, point.size()) == point
                                                 : core::IsAtOrUnder(path, point);
    if (!holds) continue;
    if (longest == nullptr || point.size() > longest->mount_point.size()) longest = &mount;
  }
  return longest;
}

PathFinding Diagnose(const NodeView& view, std::string_view path, FollowedPath followed,
                     const std::vector<Need>& needs) {
  PathFinding finding;
  finding.path = path;
  finding.followed = std::move(followed);
  Diagnosis(view, &finding).Run(needs);
  return finding;
}

}  // namespace mountguard::node

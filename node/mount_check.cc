#include "node/mount_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "core/go_quote.h"
#include "core/path.h"
#include "core/runtime.h"
#include "node/mount_tree.h"

namespace mountguard::node {
namespace {

using core::CriPropagation;
using core::GoQuote;

constexpr std::array<std::string_view, 9> kIds = {
    "not-recorded",  "runtime-changed", "not-mounted", "covered",       "kernel-differs",
    "not-published", "not-subscribed",  "writable",    "writable-below"};

bool HasOption(std::string_view options, std::string_view wanted) {
  while (!options.empty()) {
    const std::size_t comma = std::min(options.find(','), options.size());
    if (options.substr(0, comma) == wanted) return true;
    options.remove_prefix(std::min(comma + 1, options.size()));
  }
  return false;
}

/// The propagation type without the "r" of the mount option.
std::string_view PlainType(std::string_view option) {
  if (option.empty()) return "private";  // runc leaves rbind mounts as the root's own type is
  return option.front() == 'r' && option != "runbindable" ? option.substr(1) : option;
}

class Checker {
 public:
  Checker(const RecordedContainer* recorded, const MountTable& container, const MountTable* host)
      : recorded_(recorded), container_(container), host_(host) {
    groups_.Add(container);
    if (host != nullptr) groups_.Add(*host);
  }

  MountCheck Check(const AskedMount& asked) {
    MountCheck check;
    check.asked = asked;
    check_ = &check;
    Recorded();
    Kernel();
    return check;
  }

 private:
  void Tell(DifferenceId id, std::string sentence) {
    check_->differences.push_back({id, std::move(sentence)});
  }

  void Recorded() {
    if (recorded_ == nullptr) return;
    const AskedMount& asked = check_->asked;
    const RecordedMount* mount = recorded_->At(asked.path);
    if (mount == nullptr) {
      Tell(DifferenceId::kNotRecorded,
           fmt::format("{} made the container without a mount at {}: it was made of another spec "
                       "than this one",
                       ToString(recorded_->runtime), GoQuote(asked.path)));
      return;
    }
    check_->recorded = *mount;
    const std::string_view wanted = core::OciOption(asked.cri);
    const std::string_view made = mount->Propagation();
    // dockerd is given no option for PRIVATE, which is what it takes by itself.
    const bool left_out = made.empty() && asked.cri == CriPropagation::kPrivate;
    if (made == wanted || left_out) return;
    if (mount->asked && *mount->asked != asked.cri) {
      Tell(DifferenceId::kRuntimeChanged,
           fmt::format("the kubelet asked for {} and the spec says {}: it was made of another spec "
                       "than this one",
                       ToString(*mount->asked), ToString(asked.cri)));
      return;
    }
    Tell(DifferenceId::kRuntimeChanged,
         fmt::format("{} made {} of {}: {}", ToString(recorded_->runtime),
                     made.empty() ? "no option" : made, ToString(asked.cri), WhyChanged(*mount)));
  }

  std::string WhyChanged(const RecordedMount& mount) const {
    const std::string source = core::CleanPath(mount.source);
    if (check_->asked.cri == CriPropagation::kPrivate && mount.Propagation() == "rslave" &&
        core::TurnsPrivateIntoSlave(recorded_->runtime, source)) {
      return fmt::format(
          "{} holds the runtime's own storage in {}, which it does not leave private",
          GoQuote(mount.source), core::StorageRoot(recorded_->runtime));
    }
    return fmt::format("that is none of the changes that {} is known for",
                       ToString(recorded_->runtime));
  }

  void Kernel() {
    const AskedMount& asked = check_->asked;
    const Mount* mount = container_.MountAt(asked.found_path);
    if (mount == nullptr || mount->mount_point != asked.found_path) {
      Tell(DifferenceId::kNotMounted,
           fmt::format("nothing is mounted at {}: what is seen there is {}", GoQuote(asked.path),
                       mount == nullptr ? "not known"
                                        : fmt::format("of mount {} at {}", mount->id,
                                                      GoQuote(mount->mount_point))));
      return;
    }
    check_->kernel = FactOf(*mount);
    check_->kernel_options = mount->options;
    Covered(*mount);
    Type(*mount);
    Writing(*mount);
  }

  void Covered(const Mount& top) {
    const auto same = [&top](const Mount& one) { return one.mount_point == top.mount_point; };
    const auto count = std::count_if(container_.mounts().begin(), container_.mounts().end(), same);
    if (count < 2) return;
    Tell(DifferenceId::kCovered,
         fmt::format("{} mounts are stacked at {}: seen is the uppermost, {} ({} of {})", count,
                     GoQuote(check_->asked.path), top.id, top.type, GoQuote(top.source)));
  }

  void Type(const Mount& mount) {
    const AskedMount& asked = check_->asked;
    const PropagationType type = mount.Propagation();
    const bool as_asked =
        (asked.cri == CriPropagation::kPrivate && type == PropagationType::kPrivate) ||
        (asked.cri == CriPropagation::kHostToContainer && type == PropagationType::kSlave) ||
        (asked.cri == CriPropagation::kBidirectional && mount.shared != 0);
    if (!as_asked) {
      const bool told = !check_->differences.empty() && check_->recorded &&
                        PlainType(check_->recorded->Propagation()) == ToString(type);
      if (!told) TellType(mount);
    }
    if (host_ == nullptr) return;
    if (asked.cri == CriPropagation::kBidirectional && mount.shared != 0 && !ReachesHost(mount)) {
      Tell(
          DifferenceId::kNotPublished,
          fmt::format("its peer group {} has no mount of the host in it: what the container mounts "
                      "there does not reach the host",
                      mount.shared));
    }
    if (asked.cri == CriPropagation::kHostToContainer && mount.master != 0 && !HearsHost(mount)) {
      Tell(DifferenceId::kNotSubscribed,
           fmt::format("it is a slave of peer group {}, in which the host has no mount: what the "
                       "host mounts there later is not seen",
                       mount.master));
    }
  }

  void TellType(const Mount& mount) {
    const CriPropagation cri = check_->asked.cri;
    std::string why;
    switch (cri) {
      case CriPropagation::kPrivate:
        why = "somebody changed it after the container was made, or it is a mount that came later";
        break;
      case CriPropagation::kHostToContainer:
        if (mount.shared != 0) {
          why = "a process in the container made it shared";
        } else {
          why =
              "the host's mount was private when the container was made, and a slave of a private "
              "mount is private";
          if (!check_->recorded) why += "; or the container was made of another spec";
        }
        break;
      case CriPropagation::kBidirectional:
        why =
            "it was made a slave or private after the container was made, as happens in a user "
            "namespace";
        break;
    }
    Tell(DifferenceId::kKernelDiffers,
         fmt::format("the kernel has it {}, and {} is {}: {}", ToString(mount.Propagation()),
                     ToString(cri), core::KernelPropagation(cri), why));
  }

  bool ReachesHost(const Mount& mount) const {
    return std::any_of(host_->mounts().begin(), host_->mounts().end(),
                       [&](const Mount& one) { return groups_.Reaches(mount.shared, one); });
  }

  bool HearsHost(const Mount& mount) const {
    return std::any_of(host_->mounts().begin(), host_->mounts().end(), [&](const Mount& one) {
      return one.shared != 0 && groups_.Reaches(one.shared, mount);
    });
  }

  void Writing(const Mount& mount) {
    const AskedMount& asked = check_->asked;
    if (!asked.read_only) return;
    if (!HasOption(mount.options, "ro")) {
      Tell(DifferenceId::kWritable,
           fmt::format("readOnly was asked for, and mount {} is {}", mount.id, mount.options));
      return;
    }
    std::string below;
    int count = 0;
    constexpr int kMost = 3;
    for (const Mount& one : container_.mounts()) {
      const bool is_below = one.mount_point != mount.mount_point &&
                            core::IsAtOrUnder(one.mount_point, mount.mount_point);
      if (!is_below || HasOption(one.options, "ro") || !container_.IsVisible(one)) continue;
      if (++count <= kMost) below += (below.empty() ? "" : ", ") + GoQuote(one.mount_point);
    }
    if (count == 0) return;
    if (count > kMost) below += ", ...";
    const std::string_view recursive =
        asked.recursive_read_only ? std::string_view(*asked.recursive_read_only) : "Disabled";
    if (recursive == "Enabled") {
      Tell(DifferenceId::kWritableBelow,
           fmt::format(
               "recursively read-only was asked for, and {} mount{} below can be written to: "
               "{}",
               count, count == 1 ? "" : "s", below));
      return;
    }
    check_->notes.push_back(fmt::format(
        "readOnly holds for this mount alone, and {} mount{} below can be written to ({}): {}",
        count, count == 1 ? "" : "s", below,
        recursive == "IfPossible" ? "recursiveReadOnly: IfPossible was left out, as the runtime or "
                                    "the kernel cannot do it"
                                  : "recursiveReadOnly: Enabled covers them"));
  }

  const RecordedContainer* recorded_;
  MountTree container_;
  const MountTable* host_;
  PeerGroups groups_;
  MountCheck* check_ = nullptr;
};

}  // namespace

std::string_view ToString(DifferenceId id) { return kIds[static_cast<std::size_t>(id)]; }

std::vector<MountCheck> CheckMounts(const std::vector<AskedMount>& asked,
                                    const RecordedContainer* recorded, const MountTable& container,
                                    const MountTable* host) {
  Checker checker(recorded, container, host);
  std::vector<MountCheck> checks;
  checks.reserve(asked.size());
  for (const AskedMount& mount : asked) checks.push_back(checker.Check(mount));
  return checks;
}

}  // namespace mountguard::node

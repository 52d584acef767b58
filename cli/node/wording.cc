#include "cli/node/wording.h"

#include <fmt/format.h>

#include "cli/counted.h"
#include "core/cri.h"

namespace mountguard::cli {
namespace {

constexpr std::size_t kMostNamed = 3;  // paths in a sentence

/// "a, b, c and 4 more".
template <class Text>
std::string Some(const std::vector<Text>& texts, std::size_t count) {
  std::string list = fmt::format("{}", fmt::join(texts, ", "));
  if (count > texts.size()) list += fmt::format(" and {} more", count - texts.size());
  return list;
}

std::string_view CrossesOf(bool from_host, bool to_host) {
  if (from_host) return to_host ? "both ways" : "host to here";
  return to_host ? "here to host" : "nothing";
}

std::string LinkSentence(const node::HostLink& link) {
  const std::string is = fmt::format("{} is the host's {}: ", link.own_path, link.host_path);
  if (link.sees && link.shows) {
    return is +
           "what is mounted there on the host appears here, and what is mounted here appears "
           "there";
  }
  if (link.sees) return is + "what is mounted there on the host appears here, not the other way";
  if (link.shows) return is + "what is mounted here appears there on the host, not the other way";
  return is + "what is mounted there on the host does not appear here";
}

}  // namespace

std::string HeadingOf(const node::MountNamespace& space) {
  std::string text = node::TitleOf(space);
  if (space.host || space.container) {
    text += fmt::format(", process {}", space.pid);
    if (!space.command.empty()) text += fmt::format(" ({})", space.command);
  }
  text += ", mount namespace ";
  text += space.number ? fmt::format("{}", *space.number) : "unknown: its number takes root";
  return text;
}

std::string KernelText(const node::Mount& mount) {
  std::string text;
  const auto add = [&text](std::string_view field, int group) {
    if (group == 0) return;
    if (!text.empty()) text += ' ';
    text.append(field).append(":").append(fmt::format_int(group).c_str());
  };
  add("shared", mount.shared);
  add("master", mount.master);
  add("propagate_from", mount.propagate_from);
  return text.empty() ? std::string(ToString(mount.Propagation())) : text;
}

std::string FileSystemText(const node::Mount& mount) {
  std::string text(mount.type);
  if (!mount.source.empty() && mount.source != mount.type) text.append(" ").append(mount.source);
  if (mount.root != "/") text.append("[").append(mount.root).append("]");
  if (mount.root_deleted) text += " (removed)";
  return text;
}

std::string_view ModeText(const InspectedMount& one) {
  if (one.mode) return core::ToString(*one.mode);
  switch (ServedModes(one.mount->Propagation())) {
    case 3:
      return "serves all modes";
    case 2:
      return "serves None, HostToContainer";
    case 1:
      return "serves None";
    default:
      return "serves none: it cannot be bound";
  }
}

std::string_view CriText(const InspectedMount& one) {
  if (!one.mode) return "";
  // The kubelet's translation of the three modes never fails.
  return core::ToString(*core::TranslateMountPropagation(core::ToString(*one.mode), false));
}

std::string_view CrossesText(const InspectedMount& one) {
  if (!one.mode) return "";
  if (!one.visible) return "hidden";
  if (one.host.links.empty()) return CrossesOf(one.from_host, one.to_host);
  const node::HostLink& link = one.host.links.front();
  return CrossesOf(link.sees, link.shows);
}

std::string HostSentence(const Inspection& inspection, const Inspection::Space& space,
                         const InspectedMount& one) {
  if (one.host.links.empty() || inspection.host() == nullptr) return "";
  const node::HostLink& link = one.host.links.front();
  std::size_t count = 0;
  const auto missing =
      inspection.host()->MissingIn(*space.about->tree, *one.mount, link, kMostNamed, &count);
  if (!link.sees && !link.shows && count == 0) return "";
  std::string text = LinkSentence(link);
  if (count > 0) {
    text += fmt::format("; {} of the host {} missing here: {}", Counted(count, "mount"),
                        count == 1 ? "is" : "are", Some(missing, count));
  }
  const std::size_t others = one.host.links.size() - 1 + one.host.more;
  if (others > 0) {
    text += fmt::format("; the host shows parts of it at {} more", Counted(others, "path"));
  }
  if (one.host.untried > 0) {
    text += fmt::format("; {} of the host besides, too many to try, may show parts of it, too",
                        Counted(one.host.untried, "mount"));
  }
  return text;
}

std::string StackedSentence(const node::PathCount& stacked) {
  std::string text = fmt::format("{} has {} mounts on it", stacked.path, stacked.mounts);
  if (stacked.alike < 2) return text + ", of different file systems; the last one is seen";
  return text + fmt::format(
                    ", {} of the same directory: mounts that multiply, as a container does that "
                    "mounts over its own Bidirectional mount and is restarted",
                    stacked.alike == stacked.mounts ? "all" : fmt::format("{}", stacked.alike));
}

std::string PinnedSentence(const node::PinnedFileSystem& pinned, const node::Survey& survey) {
  const node::Mount& mount = pinned.mount();
  std::string text = fmt::format("{} ({}:{}) is not mounted on the host", FileSystemText(mount),
                                 mount.device.major, mount.device.minor);
  std::vector<std::string> holders;
  for (const auto& holder : pinned.holders) {
    if (holders.size() == kMostNamed) break;
    holders.push_back(fmt::format("{} at {}", node::TitleOf(survey.namespaces[holder.space]),
                                  holder.mount->mount_point));
  }
  return text + ", and kept by " + Some(holders, pinned.holders.size());
}

}  // namespace mountguard::cli

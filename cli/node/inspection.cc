#include "cli/node/inspection.h"

#include <string>
#include <unordered_map>
#include <utility>

namespace mountguard::cli {
namespace {

constexpr std::size_t kMostLinks = 16;  // that are told of one mount

}  // namespace

Inspection::Inspection(node::Survey survey) : survey_(std::move(survey)) {
  for (std::size_t i = survey_.asked_from; i < survey_.namespaces.size(); ++i) {
    const node::MountNamespace& one = survey_.namespaces[i];
    spaces_.push_back({&one, one.tree->StackedPaths()});
  }
  // Alone the host need not be compared with anything.
  const bool host_alone = survey_.namespaces.size() == 1 && survey_.host() != nullptr;
  if (survey_.host() == nullptr || host_alone) return;
  host_.emplace(*survey_.host()->tree, survey_.groups);
  pinned_ = node::FindPinned(survey_, *host_);
}

void Inspection::Relate(const node::MountNamespace& space, InspectedMount* one) const {
  const node::PropagationType type = one->mount->Propagation();
  if (host_) {
    one->host = host_->LinksOf(*space.tree, *one->mount, kMostLinks);
    one->from_host = host_->Feeds(*one->mount);
    one->to_host = host_->HearsFrom(*one->mount);
  }
  one->mode = node::ModeOf(type, host_ ? one->to_host : true);
}

void Inspection::ForEachMount(const Space& space,
                              const std::function<void(const InspectedMount&)>& take) const {
  std::unordered_map<std::string_view, std::size_t> stacked;
  for (const node::PathCount& path : space.stacked) stacked.emplace(path.path, path.mounts);
  for (const node::Mount& mount : space.about->table->mounts()) {
    InspectedMount one;
    one.mount = &mount;
    one.visible = space.about->tree->IsVisible(mount);
    one.covered = space.about->tree->CoveredBy(mount);
    if (!stacked.empty()) {
      const auto found = stacked.find(mount.mount_point);
      if (found != stacked.end()) one.at_path = found->second;
    }
    if (!space.about->host) Relate(*space.about, &one);
    one.oci = node::OciOptionOf(mount.Propagation(), one.to_host);
    take(one);
  }
}

std::size_t ServedModes(node::PropagationType type) {
  switch (type) {
    case node::PropagationType::kShared:
    case node::PropagationType::kSlaveAndShared:
      return 3;
    case node::PropagationType::kSlave:
      return 2;
    case node::PropagationType::kPrivate:
      return 1;
    case node::PropagationType::kUnbindable:
      break;
  }
  return 0;
}

const std::vector<InspectFormat>& InspectFormats() {
  static const std::vector<InspectFormat> formats = {
      {"text", "a table and sentences (without -o)", &WriteTextInspection},
      {"json", "one object with all of it, a mount a line", &WriteJsonInspection},
      {"html", "one page with all of it", &WriteHtmlInspection},
  };
  return formats;
}

}  // namespace mountguard::cli

#include "policy/advice/advice.h"

#include <fmt/format.h>

namespace mountguard::policy {

bool IsFilledWithFiles(core::VolumeType type) {
  switch (type) {
    case core::VolumeType::kConfigMap:
    case core::VolumeType::kDownwardApi:
    case core::VolumeType::kImage:
    case core::VolumeType::kProjected:
    case core::VolumeType::kSecret:
      return true;
    default:
      return false;
  }
}

bool ModeMatters(const AdviceContext& context, const core::Volume* volume) {
  return volume != nullptr && !IsFilledWithFiles(volume->type) && !context.pod.windows() &&
         !core::SandboxOfRuntimeClass(context.pod.runtime_class_name());
}

std::string WhereHostSeesIt(const VolumePlace& place) {
  if (place.on_host()) return fmt::format("below \"{}\" on the host", place.path);
  return fmt::format("in the directory of volume \"{}\" on the host", place.volume->name);
}

}  // namespace mountguard::policy

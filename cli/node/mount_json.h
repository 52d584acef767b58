#ifndef MOUNTGUARD_CLI_NODE_MOUNT_JSON_H_
#define MOUNTGUARD_CLI_NODE_MOUNT_JSON_H_

#include <optional>
#include <string>

#include "cli/json_output.h"
#include "node/doctor.h"

namespace mountguard::cli {

/// null for "".
inline Json OrNullText(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

inline Json MountJson(const std::optional<node::MountFact>& mount) {
  if (!mount) return nullptr;
  const auto group = [](int number) { return number == 0 ? Json(nullptr) : Json(number); };
  return {{"id", mount->id},
          {"mountPoint", mount->mount_point},
          {"type", mount->type},
          {"source", mount->source},
          {"propagation", ToString(mount->propagation)},
          {"shared", group(mount->shared)},
          {"master", group(mount->master)}};
}

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_MOUNT_JSON_H_

#ifndef MOUNTGUARD_CORE_RFC3339_H_
#define MOUNTGUARD_CORE_RFC3339_H_

#include <string>

#include "core/clock.h"

namespace mountguard::core {

/// A point of time as Kubernetes writes it, whole seconds in UTC: "2026-05-01T00:00:00Z".
std::string FormatRfc3339(WallTime time);

}  // namespace mountguard::core

#endif  // MOUNTGUARD_CORE_RFC3339_H_

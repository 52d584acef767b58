#ifndef MOUNTGUARD_WEBHOOK_CONNECTION_LIMITS_H_
#define MOUNTGUARD_WEBHOOK_CONNECTION_LIMITS_H_

#include <cstddef>
#include <optional>

#include "core/result.h"

namespace mountguard::webhook {

/// How many connections each port takes.
struct ConnectionLimits {
  std::size_t secure = 0;
  std::size_t metrics = 0;
};

/// Shares out `free_descriptors`, those that the limit on open files leaves; nothing: it is none.
/// Some stay for policies, certificates, the API server and the listening ports themselves, so that
/// a reload never fails for want of a descriptor. `wanted` is what the secure port is to take; it
/// gets no more. Fails in words if the ports could not take a handful each.
core::Result<ConnectionLimits> ShareOut(std::optional<std::size_t> free_descriptors,
                                        std::size_t wanted);

/// What RLIMIT_NOFILE leaves of this process' descriptors; nothing: there is no limit.
std::optional<std::size_t> FreeDescriptors();

}  // namespace mountguard::webhook

#endif  // MOUNTGUARD_WEBHOOK_CONNECTION_LIMITS_H_

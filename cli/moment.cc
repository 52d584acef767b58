#include "cli/moment.h"

#include <fmt/format.h>

#include "core/rfc3339.h"

namespace mountguard::cli {

core::Result<core::WallTime> MomentOf(const std::string& at, const core::Clock& clock) {
  if (at.empty()) return clock.Now();
  if (const auto time = core::ParseDateOrTime(at)) return *time;
  return core::Failure(
      fmt::format("--at: expected a date such as 2027-01-31 or an RFC 3339 time, got \"{}\"", at));
}

}  // namespace mountguard::cli

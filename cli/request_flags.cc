#include "cli/request_flags.h"

#include <fmt/format.h>

#include "core/rfc3339.h"

namespace mountguard::cli {

FlagGroup RequestFlags::Group() {
  return {
      "The request that is assumed",
      {{"--namespace", &settings_.namespace_name, "NS",
        "the namespace of objects that do not name theirs"},
       {"--operation", &settings_.operation, "CREATE|UPDATE", "what is done (CREATE)"},
       {"--user", &settings_.user, "USER", "who does it"},
       {"--group", &settings_.groups, "GROUP", "a group of theirs, repeatable"},
       {"--dry-run", &dry_run_, "true|false", "whether it is a dry run"},
       {"--at", &at_, "DATE", "the day, or RFC 3339 time, on which exceptions are judged (now)"}}};
}

core::Result<void> RequestFlags::Complete(const Environment& env) {
  if (!dry_run_.empty()) settings_.dry_run = dry_run_ == "true";
  settings_.now = env.clock.Now();
  if (at_.empty()) return {};
  const auto time = core::ParseDateOrTime(at_);
  if (!time) {
    return core::Failure(fmt::format(
        "--at: expected a date such as 2027-01-31 or an RFC 3339 time, got \"{}\"", at_));
  }
  settings_.now = *time;
  return {};
}

}  // namespace mountguard::cli

#include "cli/request_flags.h"

#include "cli/moment.h"

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
  const auto now = MomentOf(at_, env.clock);
  if (!now) return core::Failure(now.error().message);
  settings_.now = *now;
  return {};
}

}  // namespace mountguard::cli

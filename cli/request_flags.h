#ifndef MOUNTGUARD_CLI_REQUEST_FLAGS_H_
#define MOUNTGUARD_CLI_REQUEST_FLAGS_H_

#include <string>

#include "cli/checker.h"
#include "cli/environment.h"
#include "cli/flags.h"
#include "core/result.h"

namespace mountguard::cli {

/// The flags that say of a request what a manifest does not. `settings` is borrowed.
class RequestFlags {
 public:
  explicit RequestFlags(CheckSettings* settings) : settings_(*settings) {}

  FlagGroup Group();
  /// Sets what follows from the flags, and says what is wrong with them. The time is the clock's
  /// unless --at names one.
  core::Result<void> Complete(const Environment& env);

 private:
  CheckSettings& settings_;
  std::string dry_run_;
  std::string at_;
};

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_REQUEST_FLAGS_H_

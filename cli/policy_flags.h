#ifndef MOUNTGUARD_CLI_POLICY_FLAGS_H_
#define MOUNTGUARD_CLI_POLICY_FLAGS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/environment.h"
#include "cli/flags.h"
#include "core/result.h"
#include "policy/engine.h"
#include "policy/policy_set.h"

namespace mountguard::cli {

/// The flags that say by which policy manifests are judged.
struct PolicyFlags {
  std::vector<std::string> paths;
  std::string profile;
  bool no_policy = false;
  std::string kubernetes_rules;  // "" leaves it to the policies
  std::string runtime = "containerd";

  FlagGroup Group();
};

/// The policies of files and directories. What is wrong with them goes to env.err, warnings too;
/// the code is then what to exit with.
core::Result<std::shared_ptr<const policy::PolicySet>, ExitCode> LoadPolicySet(
    const std::vector<std::string>& paths, Environment& env);

/// The engine that the flags ask for. Warnings about policies go to env.err, and so does what is
/// wrong; the code is then what to exit with.
core::Result<std::unique_ptr<const policy::Engine>, ExitCode> MakeEngine(const PolicyFlags& flags,
                                                                         const Command& command,
                                                                         Environment& env);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_POLICY_FLAGS_H_

#ifndef MOUNTGUARD_CLI_NODE_VERIFICATION_H_
#define MOUNTGUARD_CLI_NODE_VERIFICATION_H_

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "cli/environment.h"
#include "cli/explain/explanation.h"
#include "core/result.h"
#include "node/mount_check.h"
#include "node/pod_containers.h"
#include "node/process.h"

namespace mountguard::cli {

/// A container of a pod, held against what runs.
struct VerifiedContainer {
  enum class State {
    kVerified,
    kEnded,       // an init container, which does not run beside the others
    kNotRunning,  // none was found here
    kUnread       // it runs, and its mounts cannot be read
  };

  const ExplainedContainer* spec = nullptr;
  State state = State::kNotRunning;
  std::string why;  // where it was not verified
  node::RunningContainer running;
  std::optional<node::RecordedContainer> recorded;
  std::vector<const ExplainedMount*> asked;  // as many as checks
  std::vector<node::MountCheck> checks;
};
/// "verified", "ended", "not-running", "unread".
std::string_view ToString(VerifiedContainer::State state);

/// What `node verify` knows.
struct Verification {
  Explanation explanation;  // the spec's side; it holds exactly one pod
  std::vector<VerifiedContainer> containers;
  std::vector<std::string> unseen;  // sentences

  const ExplainedPod& pod() const { return explanation.pods.front(); }
  std::size_t differences() const;
  bool complete() const;  // nothing that should run was left out
};

/// Holds the containers of `verification.pod()` against the processes of `running`, whose names are
/// those of the pod's containers.
void Verify(const node::ProcessReader& reader, const node::MountTable* host,
            const std::vector<node::RunningContainer>& running, Verification* verification);

void WriteTextVerification(const Verification& verification, const Terminal& terminal,
                           std::ostream& out);
void WriteJsonVerification(const Verification& verification, std::ostream& out);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_NODE_VERIFICATION_H_

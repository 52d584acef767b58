#ifndef MOUNTGUARD_CLI_EXPLAIN_WORDING_H_
#define MOUNTGUARD_CLI_EXPLAIN_WORDING_H_

#include <string>

#include "cli/explain/explanation.h"
#include "policy/propagation_graph.h"
#include "policy/trace.h"

namespace mountguard::cli {

// What explanations say in words, the same in every format that is read by people. Pure functions.

/// "DaemonSet kube-system/agent, spec.template".
std::string ObjectText(const ExplainedPod& pod);
/// "agent", "setup (init)", "proxy (sidecar)", "debugger (ephemeral)".
std::string ContainerText(const ExplainedContainer& container);
/// "/proc, /dev by the container runtime; /etc/hosts by the kubelet": what it gets besides its
/// volume mounts, "" for nothing.
std::string AddedText(const ExplainedContainer& container);
/// "Bidirectional", or "not set".
std::string ModeText(const ExplainedMount& mount);
/// "cri-o mounts it rslave instead of rprivate, ...": the runtimes that do not do what the kubelet
/// asks; "" for none.
std::string DeviationText(const ExplainedMount& mount);
/// "where the host's mount ... is not shared, containerd says": what its text comes after.
std::string FailureHead(const NodeFailure& failure);
/// The same with the text.
std::string FailureText(const NodeFailure& failure);
/// "spoke (Deny)", "no match", "off, would have spoken".
std::string OutcomeText(const ExplainedRule& rule);

/// One edge as a sentence without a full stop.
std::string EdgeSentence(const core::PodSpecView& pod, policy::PropagationGraph* graph,
                         const policy::PropagationEdge& edge);

/// One line a block that was tried: "match 1 fails: mountPropagation is None, not Bidirectional".
/// `list` is "match", "exclude" or "require".
std::string BlockSentence(const std::string& list, std::size_t number,
                          const policy::BlockTrace& block);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_EXPLAIN_WORDING_H_

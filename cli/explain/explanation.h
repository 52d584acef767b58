#ifndef MOUNTGUARD_CLI_EXPLAIN_EXPLANATION_H_
#define MOUNTGUARD_CLI_EXPLAIN_EXPLANATION_H_

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/environment.h"
#include "core/source_pos.h"
#include "policy/finding.h"

namespace mountguard::cli {

// What `explain` knows of its input: facts in words, without a format. It owns its texts, for the
// documents it speaks of are gone when it is printed; texts of the user's are as they were written.

/// Something that a node says when a container does not start.
struct NodeFailure {
  std::vector<std::string> by;  // "the kubelet", "containerd", "cri-o", "cri-dockerd"
  std::string when;             // "always", or "where ..."
  std::string text;             // letter for letter
};

/// What one runtime makes of a mount.
struct RuntimeFate {
  std::string runtime;  // "containerd", "cri-o", "cri-dockerd"
  std::string oci;
  std::string kernel;
  bool changed = false;  // it is not what the kubelet asks for
};

/// What a rule had to do with a mount.
struct ExplainedRule {
  enum class Outcome {
    kSpoke,
    kExcepted,
    kUndetermined,
    kOff,             // it would have spoken, and is switched off
    kNoMatch,         // no block of match holds
    kExcluded,        // a block of exclude holds
    kRequirementMet,  // a block of require holds
    kSilent,          // advice or a rule of Kubernetes that has nothing to say
  };

  std::string rule;
  policy::Origin origin = policy::Origin::kPolicy;
  policy::Action action = policy::Action::kOff;  // what its findings do
  Outcome outcome = Outcome::kSilent;
  std::string message;           // of what spoke, or would have
  std::string exception;         // that spared it
  std::vector<std::string> why;  // one line a block or exception that was tried
};
/// "spoke", "excepted", "undetermined", "off", "no match", "excluded", "requirement met", "silent".
std::string_view ToString(ExplainedRule::Outcome outcome);

/// One mount, as each layer names it.
struct ExplainedMount {
  int container = 0;  // into ExplainedPod::containers
  int mount = 0;      // into the container's mounts
  std::string volume;
  std::string mount_path;
  std::optional<std::string> mode;  // nothing: not set
  std::optional<std::string> cri;   // nothing: the kubelet refuses the mode
  std::optional<std::string> oci;   // nothing: there is none on Windows
  std::optional<std::string> kernel;
  std::optional<std::string> error;  // the kubelet's own text
  core::SourcePos position;

  std::optional<std::string>
      place;             // on the host, where the volume is a hostPath; with the subPath
  std::string sub_path;  // or the subPathExpr
  bool read_only = false;
  std::optional<std::string> recursive_read_only;
  std::vector<RuntimeFate> runtimes;  // none on Windows, or where the kubelet refuses it
  std::vector<NodeFailure> failures;
  std::vector<ExplainedRule> rules;
};

/// A mount that the pod spec does not name.
struct AddedMount {
  std::string path;
  std::string by;  // "the API server", "the kubelet", "the container runtime"
};

struct ExplainedContainer {
  std::string name;
  std::string type;  // "container", "initContainer", "ephemeralContainer"
  bool sidecar = false;
  bool privileged = false;
  int start = 0;  // place in start order, from 1
  std::vector<AddedMount> added;
};

struct ExplainedVolume {
  std::string name;
  std::string type;       // "hostPath", "emptyDir", ...
  std::string host_path;  // "" where it is none
};

/// Who mounts, or to whom mounts can appear.
struct ExplainedParty {
  enum class Kind { kHost, kOtherPods, kMount };
  Kind kind = Kind::kHost;
  int mount = -1;  // into ExplainedPod::mounts
};

/// `to` sees mounts of `from`.
struct ExplainedEdge {
  ExplainedParty from;
  ExplainedParty to;
  std::string sight;  // "live", "from-start", "at-start"
  std::string
      reason;  // "bidirectional", "host-to-container", "private", "same-volume", "host-paths"
  std::string sentence;  // all of it in words
};

/// A pod, or a pod template in an object, that has containers.
struct ExplainedPod {
  std::string file;
  int document = 0;
  std::optional<int> item;
  std::string api_version;
  std::string kind;
  std::string namespace_name;
  std::string name;
  std::string uid;  // of a Pod that the API server knows, else ""
  std::string template_path;
  bool windows = false;
  bool judged = false;  // by policies; a fragment is not, nor what cannot be decoded
  std::vector<ExplainedContainer> containers;
  std::vector<ExplainedVolume> volumes;
  std::vector<ExplainedMount> mounts;
  std::vector<ExplainedEdge> edges;
  std::vector<std::string> notes;    // what holds for the pod as a whole
  std::vector<ExplainedRule> rules;  // that spoke of no mount

  const ExplainedContainer& ContainerOf(const ExplainedMount& mount) const {
    return containers[static_cast<std::size_t>(mount.container)];
  }
};

/// Something that was not explained.
struct Unexplained {
  std::string file;
  int document = 0;
  core::SourcePos position;
  std::string message;
};

struct Explanation {
  std::string runtime;        // for which edges and rules hold
  std::string policy_digest;  // of the policies that the rules are of
  std::vector<ExplainedPod> pods;
  std::vector<Unexplained> errors;
  std::vector<Unexplained> skipped;
};

/// One way to print an explanation.
struct ExplainFormat {
  std::string_view name;     // as `-o` takes it
  std::string_view summary;  // one line for the help
  void (*write)(const Explanation& explanation, const Terminal& terminal, std::ostream& out);
};

/// All formats that there are.
const std::vector<ExplainFormat>& ExplainFormats();
/// Null if there is none of that name.
const ExplainFormat* FindExplainFormat(std::string_view name);

void WriteTextExplanation(const Explanation& explanation, const Terminal& terminal,
                          std::ostream& out);
void WriteJsonExplanation(const Explanation& explanation, const Terminal& terminal,
                          std::ostream& out);
void WriteMermaidExplanation(const Explanation& explanation, const Terminal& terminal,
                             std::ostream& out);
void WriteDotExplanation(const Explanation& explanation, const Terminal& terminal,
                         std::ostream& out);
void WriteSvgExplanation(const Explanation& explanation, const Terminal& terminal,
                         std::ostream& out);
void WriteHtmlExplanation(const Explanation& explanation, const Terminal& terminal,
                          std::ostream& out);

}  // namespace mountguard::cli

#endif  // MOUNTGUARD_CLI_EXPLAIN_EXPLANATION_H_

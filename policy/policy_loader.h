#ifndef MOUNTGUARD_POLICY_POLICY_LOADER_H_
#define MOUNTGUARD_POLICY_POLICY_LOADER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/code_frame.h"
#include "core/file_reader.h"
#include "core/result.h"
#include "core/source_pos.h"
#include "policy/policy_set.h"

namespace mountguard::policy {

inline constexpr std::string_view kPolicyKind = "MountPolicy";

/// The largest policy file, in bytes; some 40,000 rules. A ConfigMap holds a sixteenth of it.
inline constexpr std::size_t kMaxPolicyFileSize = 16 * 1024 * 1024;

/// The text of one policy file, or of one key of a ConfigMap; `name` is what messages call it.
struct PolicyFile {
  std::string name;
  std::string content;
};

/// One thing that is wrong, or doubtful, in a policy file.
struct PolicyProblem {
  enum class Severity { kError, kWarning };
  Severity severity = Severity::kError;
  std::string file;
  core::SourcePos position;
  std::string message;  // what is wrong, what was expected, "did you mean"; one line
  // Of a warning (policy_lint.h): its stable id, and what to do about it in one sentence.
  std::string_view id = {};
  std::string_view remedy = {};
};

/// `policies` is null if there is any error; warnings alone stop nothing.
struct LoadedPolicies {
  std::shared_ptr<const PolicySet> policies;
  std::vector<PolicyProblem> problems;  // in the order of files and positions
};

/// Reads and checks all documents of all files as one set; reports every problem, not the first.
/// Never throws. Without a file the set is empty but valid; what runs without any policy is
/// Baseline().
LoadedPolicies LoadPolicies(const std::vector<PolicyFile>& files);

/// The policy in force where none is given: the embedded baseline.yaml.
std::shared_ptr<const PolicySet> Baseline();

/// True for the names of files in a policy directory that are read: *.yaml and *.yml, but for those
/// that begin with "." (a ConfigMap volume's ..data).
bool IsPolicyFileName(std::string_view name);

/// The files behind `--policy` arguments: a file as it is; of a directory its *.yaml and *.yml, in
/// name order, not recursive, names beginning with "." left out (a ConfigMap volume's ..data).
/// A directory without such a file is an error: it is likelier a wrong path than a wish.
core::Result<std::vector<PolicyFile>> ReadPolicyFiles(const std::vector<std::string>& paths,
                                                      const core::FileReader& reader);

/// The lines around the problem, none wider than `width`; empty where its file is none of `files`.
core::CodeFrame FrameOf(const PolicyProblem& problem, const std::vector<PolicyFile>& files,
                        int width);

/// The problem as compilers print it, with the line of the file and a caret under the place, and
/// with a warning's id and remedy:
///   production.yaml:12:7: error: unknown field "mountPropagations", did you mean ...
std::string Render(const PolicyProblem& problem, const std::vector<PolicyFile>& files);

}  // namespace mountguard::policy

#endif  // MOUNTGUARD_POLICY_POLICY_LOADER_H_

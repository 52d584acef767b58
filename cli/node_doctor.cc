#include "cli/node_doctor.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/node/doctor_report.h"
#include "cli/node/policy_paths.h"
#include "cli/policy_flags.h"
#include "core/path.h"
#include "core/runtime.h"
#include "node/doctor.h"
#include "node/node_view.h"
#include "node/process.h"
#include "node/program_version.h"

namespace mountguard::cli {
namespace {

using node::Need;

/// Looked at where no path is given, with the runtime's own storage behind them.
constexpr std::array<std::string_view, 5> kUsualPaths = {
    "/", "/var/lib/kubelet", "/var/lib/kubelet/pods", "/var/lib/kubelet/plugins", "/run/netns"};

struct DoctorFlags {
  std::vector<std::string> policies;
  std::vector<std::string> modes;
  std::string runtime;
  int runtime_pid = 0;
  std::string root = "/";
  std::string output = "text";

  std::vector<FlagGroup> Groups() {
    return {{"What to look at",
             {{"--mode", &modes, "Bidirectional|HostToContainer|RecursiveReadOnly",
               "what the paths are to serve, repeatable (all three)"},
              {"--policy", &policies, "PATH",
               "a policy file or directory, repeatable: the host paths\nthat its rules and "
               "exceptions name"}}},
            {"Node",
             {{"--runtime", &runtime, "containerd|cri-o|cri-dockerd",
               "judge as this runtime would (the one that runs)"},
              {"--runtime-pid", &runtime_pid, "PID",
               "the runtime's process, where it is not found by its name"},
              {"--root", &root, "DIR",
               "where the node's root directory is (/): /host in a container\nof `kubectl debug "
               "node`"}}},
            {"Result", {{"-o,--output", &output, "text|json", "how to print it (text)"}}}};
  }
};

std::vector<Need> AllNeeds() {
  return {Need::kBidirectional, Need::kHostToContainer, Need::kRecursiveReadOnly};
}

std::vector<Need> NeedsOf(const std::vector<std::string>& modes) {
  std::vector<Need> needs;
  for (const Need need : AllNeeds()) {
    if (std::find(modes.begin(), modes.end(), ToString(need)) != modes.end()) {
      needs.push_back(need);
    }
  }
  return needs;
}

/// What is wrong with the paths of the command line, or "".
std::string ProblemWith(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (path.empty() || path.front() != '/') {
      return fmt::format("expected an absolute path of the node, got \"{}\"", path);
    }
  }
  return "";
}

/// The paths to look at: those of the command line, then those of the policies, else the usual
/// ones.
class Paths {
 public:
  explicit Paths(const DoctorFlags& flags) : asked_(NeedsOf(flags.modes)) {}

  void AddNamed(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const auto known = std::find_if(paths_.begin(), paths_.end(),
                                      [&word](const auto& one) { return one.path == word; });
      if (known == paths_.end()) paths_.push_back({word, Asked(AllNeeds()), {}});
    }
  }

  void AddOfPolicies(const policy::PolicySet& policies) {
    for (WantedPath& wanted : HostPathsOf(policies)) {
      wanted.needs = Asked(wanted.needs);
      if (!wanted.needs.empty()) paths_.push_back(std::move(wanted));
    }
  }

  const std::vector<WantedPath>& paths() const { return paths_; }

 private:
  /// Of `needs` those that --mode leaves.
  std::vector<Need> Asked(std::vector<Need> needs) const {
    if (asked_.empty()) return needs;
    needs.erase(std::remove_if(needs.begin(), needs.end(),
                               [this](Need need) {
                                 return std::find(asked_.begin(), asked_.end(), need) ==
                                        asked_.end();
                               }),
                needs.end());
    return needs;
  }

  std::vector<Need> asked_;
  std::vector<WantedPath> paths_;
};

/// Follows and diagnoses paths on one node.
class Doctor {
 public:
  Doctor(const node::ProcessReader& reader, DoctorReport* report)
      : reader_(reader), report_(*report) {
    // A runtime with mounts of its own may find something else at a path.
    const std::string own = reader.PathOf(fmt::format("/proc/{}/root", report->node.maker().pid));
    root_ = reader.files().IsDirectory(own + "/") ? own : reader.PathOf("");
  }

  void Look(const WantedPath& wanted) {
    report_.paths.push_back({Found(wanted.path, wanted.needs), wanted.asked_by});
  }

  /// The usual paths that are there.
  void LookAtUsual(const std::vector<Need>& needs) {
    std::vector<std::string_view> usual(kUsualPaths.begin(), kUsualPaths.end());
    usual.push_back(core::StorageRoot(report_.node.kind));
    for (const std::string_view path : usual) {
      node::PathFinding finding = Found(std::string(path), needs);
      if (finding.followed.exists() || !finding.followed.unread.empty()) {
        report_.paths.push_back({std::move(finding), {}});
      }
    }
  }

 private:
  node::PathFinding Found(const std::string& path, const std::vector<Need>& needs) {
    return Diagnose(report_.node, path, node::FollowPath(reader_.files(), root_, path), needs);
  }

  const node::ProcessReader& reader_;
  DoctorReport& report_;
  std::string root_;
};

ExitCode CodeOf(const DoctorReport& report) {
  ExitCode code = ExitCode::kClean;
  if (report.Count(node::Answer::kRefused) + report.Count(node::Answer::kWithoutEffect) > 0) {
    code = ExitCode::kFindings;
  }
  if (report.Count(node::Answer::kUnknown) > 0 || report.HasUnread()) {
    code = Combine(code, ExitCode::kUnreadable);
  }
  return code;
}

ExitCode RunNodeDoctor(const Command& command, const Arguments& arguments, Environment& env) {
  DoctorFlags flags;
  std::vector<std::string> words;
  if (const auto done = ParseFlags(command, flags.Groups(), &words, arguments, env)) return *done;
  if (const std::string problem = ProblemWith(words); !problem.empty()) {
    return WrongUsage(command, problem, env);
  }
  if (flags.runtime_pid < 0) {
    return WrongUsage(command, "--runtime-pid: expected the number of a process", env);
  }
  Paths paths(flags);
  paths.AddNamed(words);
  if (!flags.policies.empty()) {
    const auto policies = LoadPolicySet(flags.policies, env);
    if (!policies) return policies.error();
    paths.AddOfPolicies(**policies);
  }

  const node::ProcessReader reader(env.files, flags.root);
  auto view = LookAtNode(
      reader, {core::RuntimeFromText(flags.runtime), flags.runtime_pid},
      [&flags](const std::string& program) { return node::ProgramVersion(flags.root, program); });
  if (!view) {
    fmt::print(env.err, "{}\n", view.error().message);
    return ExitCode::kUnreadable;
  }
  DoctorReport report;
  report.node = *std::move(view);
  Doctor doctor(reader, &report);
  for (const WantedPath& wanted : paths.paths()) doctor.Look(wanted);
  if (words.empty() && flags.policies.empty()) {
    doctor.LookAtUsual(flags.modes.empty() ? AllNeeds() : NeedsOf(flags.modes));
  }
  if (report.paths.empty()) {
    fmt::print(env.err, "the policies name no host path with a mode that the node has to serve\n");
  }
  if (flags.output == "json") {
    WriteJsonDoctorReport(report, env.out);
  } else {
    WriteTextDoctorReport(report, env.terminal, env.out);
  }
  return CodeOf(report);
}

}  // namespace

const Command kNodeDoctorCommand = {
    "node doctor",
    "[PATH...]",
    "say whether host paths can serve a mode on this node, and what mends it",
    "For each host path: whether a container that mounts it with Bidirectional, HostToContainer "
    "or\n"
    "recursively read-only starts on this node and gets what it asks for. If not: the mount that\n"
    "is in the way, what the runtime says, letter for letter, and what mends it. What counts are\n"
    "the mounts that the container runtime sees, so these are read, not one's own.\n"
    "\n"
    "Without a path: those that node agents and drivers usually mount. It changes nothing, and\n"
    "needs root only to follow paths that others may not enter. Exits 1 where something cannot be\n"
    "served, 3 where something could not be read.",
    "  mountguard node doctor\n"
    "  mountguard node doctor /srv/data --mode HostToContainer\n"
    "  mountguard node doctor --policy policies/ -o json\n",
    &RunNodeDoctor,
};

}  // namespace mountguard::cli

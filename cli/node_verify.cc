#include "cli/node_verify.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/explain/explainer.h"
#include "cli/node/verification.h"
#include "cli/policy_flags.h"
#include "core/did_you_mean.h"
#include "node/pod_containers.h"
#include "node/process.h"

namespace mountguard::cli {
namespace {

struct VerifyFlags {
  std::string pod;
  std::vector<std::string> pids;
  std::vector<std::string> containers;
  std::optional<std::string> namespace_name;
  std::string root = "/";
  std::string output = "text";

  std::vector<FlagGroup> Groups() {
    return {
        {"Pod",
         {{"--pod", &pod, "PATH",
           "the pod's manifest, - for standard input; best as `kubectl get pod -o yaml` has it"},
          {"--namespace", &namespace_name, "NS", "of a pod that does not say its own (default)"}}},
        {"Processes",
         {{"--pid", &pids, "PID",
           "a process of a container of the pod, repeatable; without: they are looked for"},
          {"--container", &containers, "NAME=PID",
           "the process of the container of that name, repeatable"},
          {"--root", &root, "DIR",
           "where the node's root directory is (/): /host in a container of `kubectl debug "
           "node`"}}},
        {"Result", {{"-o,--output", &output, "text|json", "how to print it (text)"}}}};
  }
};

std::optional<int> PidFrom(std::string_view text) {
  int pid = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
  if (error != std::errc() || end != text.data() + text.size() || pid <= 0) return std::nullopt;
  return pid;
}

/// The one pod of the manifest. What is wrong with it is told; the code is then what to exit with.
core::Result<Explanation, ExitCode> ReadPod(const VerifyFlags& flags, const Command& command,
                                            Environment& env) {
  PolicyFlags policy;
  policy.no_policy = true;
  const auto engine = MakeEngine(policy, command, env);
  if (!engine) return core::Unexpected(engine.error());
  CheckSettings settings;
  settings.namespace_name = flags.namespace_name.value_or("default");
  settings.now = env.clock.Now();
  Explanation explanation =
      Explain({flags.pod}, **engine, core::Runtime::kContainerd, settings, env);
  for (const Unexplained& error : explanation.errors) {
    fmt::print(env.err, "{}:{}:{}: error: {}\n", error.file, error.position.line,
               error.position.column, error.message);
  }
  if (!explanation.errors.empty()) return core::Unexpected(ExitCode::kUnreadable);
  if (explanation.pods.size() != 1) {
    return core::Unexpected(WrongUsage(
        command,
        fmt::format("--pod: expected one pod, {} holds {}", flags.pod, explanation.pods.size()),
        env));
  }
  const ExplainedPod& pod = explanation.pods.front();
  if (pod.windows) {
    return core::Unexpected(WrongUsage(
        command,
        fmt::format("--pod: {} is a Windows pod: it has no mount namespaces to look at, and all of "
                    "its mounts are private whatever their mode",
                    pod.name),
        env));
  }
  const bool named = !flags.pids.empty() || !flags.containers.empty();
  if (pod.kind != "Pod" && !named) {
    return core::Unexpected(WrongUsage(
        command,
        fmt::format("--pod: {} is a {}, whose pods have names of their own: give one of them "
                    "(kubectl get pod NAME -o yaml), or --container NAME=PID",
                    pod.name, pod.kind),
        env));
  }
  return explanation;
}

/// Reads --pid and --container. What is wrong, or "".
class Named {
 public:
  Named(const node::ProcessReader& reader, const node::MountTable& host, const ExplainedPod& pod)
      : reader_(reader), host_(host), pod_(pod) {}

  std::string Read(const VerifyFlags& flags) {
    for (const std::string& text : flags.containers) {
      if (const std::string problem = ReadContainer(text); !problem.empty()) return problem;
    }
    for (const std::string& text : flags.pids) {
      if (const std::string problem = ReadPid(text); !problem.empty()) return problem;
    }
    return "";
  }

  const std::vector<node::RunningContainer>& running() const { return running_; }

 private:
  std::string ReadContainer(const std::string& text) {
    const std::size_t equals = text.find('=');
    const auto pid = equals == std::string::npos
                         ? std::nullopt
                         : PidFrom(std::string_view(text).substr(equals + 1));
    if (!pid) {
      return fmt::format("--container: expected NAME=PID such as agent=4242, got \"{}\"", text);
    }
    return Take(*pid, text.substr(0, equals), "--container");
  }

  std::string ReadPid(const std::string& text) {
    const auto pid = PidFrom(text);
    if (!pid) return fmt::format("--pid: expected the id of a process, got \"{}\"", text);
    return Take(*pid, "", "--pid");
  }

  /// `name` is "" where the node has to tell it.
  std::string Take(int pid, std::string name, std::string_view flag) {
    node::RunningContainer container = node::ContainerOfProcess(reader_, host_, pid);
    if (name.empty()) name = container.name;
    if (name.empty() && pod_.containers.size() == 1) name = pod_.containers.front().name;
    if (name.empty()) {
      return fmt::format(
          "{}: nothing on this node tells which container of the pod process {} is in; say "
          "--container NAME={}",
          flag, pid, pid);
    }
    std::vector<std::string_view> names;
    for (const ExplainedContainer& one : pod_.containers) names.push_back(one.name);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return fmt::format("{}: process {} is in container \"{}\", which the pod has not{}", flag,
                         pid, name, core::DidYouMean(name, names));
    }
    container.name = std::move(name);
    running_.push_back(std::move(container));
    return "";
  }

  const node::ProcessReader& reader_;
  const node::MountTable& host_;
  const ExplainedPod& pod_;
  std::vector<node::RunningContainer> running_;
};

ExitCode RunNodeVerify(const Command& command, const Arguments& arguments, Environment& env) {
  VerifyFlags flags;
  if (const auto done = ParseFlags(command, flags.Groups(), nullptr, arguments, env)) return *done;
  if (flags.pod.empty()) return WrongUsage(command, "--pod is missing: the pod's manifest", env);
  auto explanation = ReadPod(flags, command, env);
  if (!explanation) return explanation.error();
  Verification verification;
  verification.explanation = *std::move(explanation);
  const ExplainedPod& pod = verification.pod();

  const node::ProcessReader reader(env.files, flags.root);
  const auto host = reader.Mounts(1);
  if (!host) {
    verification.unseen.push_back(
        fmt::format("the host's mounts, so what reaches the host and what comes from it: {}",
                    host.error().message));
  }
  const node::MountTable none;
  const node::MountTable& at_host = host ? *host : none;
  Named named(reader, at_host, pod);
  if (const std::string problem = named.Read(flags); !problem.empty()) {
    return WrongUsage(command, problem, env);
  }
  std::vector<node::RunningContainer> running = named.running();
  if (running.empty()) {
    auto found = node::FindContainers(reader, at_host, {pod.namespace_name, pod.name, pod.uid});
    if (!found) {
      fmt::print(env.err, "{}\n", found.error().message);
      return ExitCode::kUnreadable;
    }
    running = *std::move(found);
    if (running.empty()) {
      fmt::print(
          env.err,
          "no container of pod {}/{} runs on this node, or none that could be seen; `kubectl "
          "get pod -o wide` tells the node, and --pid takes a process\n",
          pod.namespace_name, pod.name);
      return ExitCode::kUnreadable;
    }
  }
  Verify(reader, host ? &at_host : nullptr, running, &verification);
  if (flags.output == "json") {
    WriteJsonVerification(verification, env.out);
  } else {
    WriteTextVerification(verification, env.terminal, env.out);
  }
  const ExitCode differs = verification.differences() > 0 ? ExitCode::kFindings : ExitCode::kClean;
  const bool whole = verification.complete() && verification.unseen.empty();
  return Combine(differs, whole ? ExitCode::kClean : ExitCode::kUnreadable);
}

}  // namespace

const Command kNodeVerifyCommand = {
    "node verify",
    "--pod PATH",
    "hold a running pod against its spec: what was asked, recorded, and what the kernel has",
    "For every mount of every container of a pod: what the spec asks for, what the container\n"
    "runtime wrote down for it (the OCI configuration of containerd or CRI-O, which takes root to\n"
    "read), and what the kernel has, with each difference in a sentence. The status that kubectl\n"
    "shows repeats what was asked for, not what became of it.\n"
    "\n"
    "The pod's containers are looked for on this node by its namespace, name and uid. Exits 1 "
    "where\n"
    "something differs, 3 where something does not run here or could not be read.",
    "  kubectl get pod agent-x2 -n monitoring -o yaml | mountguard node verify --pod -\n"
    "  mountguard node verify --pod agent.yaml --container agent=4242\n",
    &RunNodeVerify,
};

}  // namespace mountguard::cli

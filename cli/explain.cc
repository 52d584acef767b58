#include "cli/explain.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/input.h"
#include "cli/input_paths.h"
#include "cli/json_output.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "core/code_frame.h"
#include "core/cri.h"
#include "core/pod_spec.h"
#include "core/workload.h"
#include "policy/subject.h"
#include "webhook/admission_review.h"

namespace mountguard::cli {
namespace {

/// One mount, as each layer names it.
struct ExplainedMount {
  std::string container;
  std::string container_type;
  bool sidecar = false;
  int mount = 0;
  std::string volume;
  std::string mount_path;
  std::optional<std::string> mode;  // nothing: not set
  std::optional<std::string> cri;   // nothing: the kubelet refuses the mode
  std::optional<std::string> oci;   // nothing: there is none on Windows
  std::optional<std::string> kernel;
  std::optional<std::string> error;  // the kubelet's own text
  core::SourcePos position;
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
  std::string template_path;
  std::vector<ExplainedMount> mounts;
};

/// Something that was not explained.
struct Unexplained {
  std::string file;
  int document = 0;
  core::SourcePos position;
  std::string message;
};

struct Explanation {
  std::vector<ExplainedPod> pods;
  std::vector<Unexplained> errors;
  std::vector<Unexplained> skipped;
};

/// Explains files, one after the other.
class Explainer {
 public:
  Explainer(Environment& env, Explanation* explanation)
      : env_(env), reader_(env.files, env.in), explanation_(*explanation) {}

  void ExplainAll(const std::vector<std::string>& paths) {
    const InputSink sink = {[this](const InputObject& object) { Take(object); },
                            [](const InputNote&) {},
                            [this](const InputFailure& failure) { Take(failure); }};
    for (const std::string& file : ListInputFiles(paths, env_.files, sink)) {
      reader_.ReadFile(file, sink);
    }
  }

 private:
  void Take(const InputFailure& failure) {
    explanation_.errors.push_back({std::string(failure.place.file), failure.place.document,
                                   failure.whole_file ? core::SourcePos() : failure.pos,
                                   failure.message});
  }

  void Take(const InputObject& object) {
    policy::RequestFacts facts;  // CREATE: what was there before is explained as well
    if (!object.is_admission_review) {
      Explain(object, facts, object.root);
      return;
    }
    const auto review = webhook::DecodeAdmissionReview(object.root);
    if (!review) {
      AddError(object, object.Find(""), review.error().message);
      return;
    }
    facts.type = review->facts.type;
    facts.namespace_name = review->facts.namespace_name;
    std::string path;
    Explain(ReviewedObject(object, &path), facts, review->object);
  }

  /// Fragments are explained as well, and what the API server would not even decode, as far as it
  /// can be read: what stands here are facts, not verdicts.
  void Explain(const InputObject& object, const policy::RequestFacts& facts, core::JsonValue root) {
    subject_.Read(facts, workloads_, {}, root, {});
    if (const auto& undecodable = subject_.undecodable()) {
      AddError(object, object.Find(undecodable->field), undecodable->message);
    }
    templates_.clear();
    if (subject_.workload() != nullptr) {
      core::ReadPodTemplates(*subject_.workload(), root, &templates_);
    }
    if (templates_.empty() && object.skip_reason) {
      explanation_.skipped.push_back({std::string(object.place.file), object.place.document,
                                      object.Find("").value, *object.skip_reason});
    }
    for (const core::PodTemplate& pod_template : templates_) {
      Add(object, pod_template);
    }
  }

  void Add(const InputObject& object, const core::PodTemplate& pod_template) {
    const core::Document& document = subject_.object();
    ExplainedPod& pod = explanation_.pods.emplace_back();
    pod.file = object.place.file;
    pod.document = object.place.document;
    pod.item = object.place.item;
    pod.api_version = document.api_version;
    pod.kind = document.kind;
    pod.namespace_name = subject_.request().namespace_name.value_or(document.namespace_name);
    pod.name = document.name;
    pod.template_path = pod_template.path;
    const std::string spec_path = pod_template.SpecPath();
    pod_.Read(pod_template.spec);
    for (const core::ContainerView& container : pod_.containers()) {
      const std::string path = core::PathOf(spec_path, container);
      int index = 0;
      for (const core::VolumeMount& mount : pod_.Mounts(container)) {
        ExplainedMount explained = Translate(mount, pod_.windows());
        explained.container = container.name;
        explained.container_type = ToString(container.type);
        explained.sidecar = container.sidecar;
        explained.mount = index++;
        explained.position =
            object.Find(fmt::format("{}.volumeMounts[{}]", path, explained.mount)).value;
        pod.mounts.push_back(std::move(explained));
      }
    }
  }

  static ExplainedMount Translate(const core::VolumeMount& mount, bool windows) {
    ExplainedMount explained;
    explained.volume = mount.name;
    explained.mount_path = mount.mount_path;
    explained.mode = mount.mount_propagation;
    const auto cri = core::TranslateMountPropagation(mount.mount_propagation, windows);
    if (!cri) {
      explained.error = cri.error().message;
      return explained;
    }
    explained.cri = ToString(*cri);
    if (windows) return explained;
    explained.oci = core::OciOption(*cri);
    explained.kernel = core::KernelPropagation(*cri);
    return explained;
  }

  void AddError(const InputObject& object, const core::FieldLocation& location,
                const std::string& message) {
    explanation_.errors.push_back(
        {std::string(object.place.file), object.place.document, location.value, message});
  }

  Environment& env_;
  InputReader reader_;
  core::WorkloadTable workloads_;
  policy::Subject subject_;
  std::vector<core::PodTemplate> templates_;
  core::PodSpecView pod_;
  Explanation& explanation_;
};

Json ToJson(const ExplainedPod& pod, const ExplainedMount& mount) {
  return {
      {"file", pod.file},
      {"document", pod.document},
      {"item", OrNull(pod.item)},
      {"line", mount.position.line},
      {"column", mount.position.column},
      {"apiVersion", pod.api_version},
      {"kind", pod.kind},
      {"namespace", pod.namespace_name},
      {"name", pod.name},
      {"template", pod.template_path},
      {"container", mount.container},
      {"containerType", mount.container_type},
      {"sidecar", mount.sidecar},
      {"mount", mount.mount},
      {"volume", mount.volume},
      {"mountPath", mount.mount_path},
      {"mountPropagation", OrNull(mount.mode)},
      {"cri", OrNull(mount.cri)},
      {"oci", OrNull(mount.oci)},
      {"kernel", OrNull(mount.kernel)},
      {"error", OrNull(mount.error)},
  };
}

void WriteJsonExplanation(const Explanation& explanation, std::ostream& out) {
  Json mounts = Json::array();
  for (const ExplainedPod& pod : explanation.pods) {
    for (const ExplainedMount& mount : pod.mounts) mounts.push_back(ToJson(pod, mount));
  }
  Json errors = Json::array();
  for (const Unexplained& error : explanation.errors) {
    errors.push_back(ErrorJson(error.file, error.document, error.position, error.message));
  }
  Json skipped = Json::array();
  for (const Unexplained& one : explanation.skipped) {
    skipped.push_back(SkippedJson(one.file, one.document, one.position, one.message));
  }
  WriteJson({{"apiVersion", "mountguard.io/v1"},
             {"kind", "ExplainReport"},
             {"mounts", std::move(mounts)},
             {"errors", std::move(errors)},
             {"skipped", std::move(skipped)}},
            out);
}

/// "agent", "setup (init)", "proxy (sidecar)", "debugger (ephemeral)".
std::string ContainerCell(const ExplainedMount& mount) {
  if (mount.sidecar) return mount.container + " (sidecar)";
  if (mount.container_type == ToString(core::ContainerType::kInitContainer)) {
    return mount.container + " (init)";
  }
  if (mount.container_type == ToString(core::ContainerType::kEphemeralContainer)) {
    return mount.container + " (ephemeral)";
  }
  return mount.container;
}

void WriteTextExplanation(const Explanation& explanation, const Terminal& terminal,
                          std::ostream& out) {
  for (const ExplainedPod& pod : explanation.pods) {
    const std::string object = fmt::format(
        "{} {}{}{}{}{}", pod.kind, pod.namespace_name, pod.namespace_name.empty() ? "" : "/",
        pod.name, pod.template_path.empty() ? "" : ", ", pod.template_path);
    fmt::print(out, "{}: {}\n", core::PrintableText(pod.file),
               Styled(terminal, Style::kStrong, core::PrintableText(object)));
    if (pod.mounts.empty()) {
      fmt::print(out, "  mounts nothing\n\n");
      continue;
    }
    Table table({"CONTAINER", "VOLUME", "PATH", "MODE", "OCI", "KERNEL", "CRI"});
    for (const ExplainedMount& mount : pod.mounts) {
      table.Add({ContainerCell(mount), mount.volume, mount.mount_path, mount.mode.value_or(""),
                 mount.oci.value_or(""), mount.kernel.value_or(""),
                 mount.error ? *mount.error : mount.cri.value_or("")});
    }
    table.Write("  ", terminal, out);
    fmt::print(out, "\n");
  }
  for (const Unexplained& one : explanation.skipped) {
    fmt::print(out, "{}:{}: {} {}\n", core::PrintableText(one.file), one.position.line,
               Styled(terminal, Style::kFaint, "skipped:"), core::PrintableText(one.message));
  }
}

void TellErrors(const Explanation& explanation, std::ostream& err) {
  for (const Unexplained& error : explanation.errors) {
    if (error.position.known()) {
      fmt::print(err, "{}:{}:{}: error: {}\n", error.file, error.position.line,
                 error.position.column, error.message);
    } else {
      fmt::print(err, "{}: error: {}\n", error.file, error.message);
    }
  }
}

ExitCode RunExplain(const Command& command, const Arguments& arguments, Environment& env) {
  std::string format = "text";
  std::vector<std::string> paths;
  const std::vector<FlagGroup> groups = {
      {"Result", {{"-o,--output", &format, "text|json", "how to print it (text)"}}}};
  if (const auto done = ParseFlags(command, groups, &paths, arguments, env)) return *done;
  if (paths.empty()) {
    return WrongUsage(command, "expected a file, a directory, or - for standard input", env);
  }
  Explanation explanation;
  Explainer(env, &explanation).ExplainAll(paths);
  if (format == "json") {
    WriteJsonExplanation(explanation, env.out);
  } else {
    WriteTextExplanation(explanation, env.terminal, env.out);
    TellErrors(explanation, env.err);
  }
  return explanation.errors.empty() ? ExitCode::kClean : ExitCode::kUnreadable;
}

}  // namespace

const Command kExplainCommand = {
    "explain",
    "PATH...|-",
    "say what each mount's mode becomes, down to the kernel",
    "For every mount of every container: the mode in the manifest, what the kubelet asks of the\n"
    "container runtime (CRI), the runtime's mount option (OCI), and the kernel's propagation "
    "type.\n"
    "It states facts and judges nothing: see `mountguard check` for that.",
    "  mountguard explain deploy/agent.yaml\n"
    "  kubectl get daemonsets --all-namespaces -o yaml | mountguard explain -\n"
    "  mountguard explain deploy/ -o json\n",
    &RunExplain,
};

}  // namespace mountguard::cli

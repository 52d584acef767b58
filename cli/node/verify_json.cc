#include <string>
#include <utility>

#include "cli/json_output.h"
#include "cli/node/mount_json.h"
#include "cli/node/verification.h"

namespace mountguard::cli {
namespace {

Json RecordedJson(const std::optional<node::RecordedMount>& mount) {
  if (!mount) return nullptr;
  return {{"source", mount->source},
          {"type", mount->type},
          {"options", mount->options},
          {"propagation", OrNullText(std::string(mount->Propagation()))},
          {"askedFor", mount->asked ? Json(ToString(*mount->asked)) : Json(nullptr)}};
}

Json CheckJson(const ExplainedMount& asked, const node::MountCheck& check) {
  Json differences = Json::array();
  for (const node::Difference& one : check.differences) {
    differences.push_back({{"id", ToString(one.id)}, {"message", one.sentence}});
  }
  Json kernel = MountJson(check.kernel);
  if (check.kernel) kernel["options"] = check.kernel_options;
  return {{"mountPath", asked.mount_path},
          {"volume", asked.volume},
          {"mountPropagation", OrNull(asked.mode)},
          {"cri", OrNull(asked.cri)},
          {"oci", OrNull(asked.oci)},
          {"readOnly", asked.read_only},
          {"recursiveReadOnly", OrNull(asked.recursive_read_only)},
          {"hostPath", OrNullText(check.asked.host_path)},
          {"recorded", RecordedJson(check.recorded)},
          {"kernel", std::move(kernel)},
          {"differences", std::move(differences)},
          {"notes", check.notes}};
}

Json ContainerJson(const VerifiedContainer& one) {
  Json mounts = Json::array();
  for (std::size_t i = 0; i < one.checks.size(); ++i) {
    mounts.push_back(CheckJson(*one.asked[i], one.checks[i]));
  }
  const bool running = one.running.pid != 0;
  return {{"name", one.spec->name},
          {"containerType", one.spec->type},
          {"state", ToString(one.state)},
          {"why", OrNullText(one.why)},
          {"pid", running ? Json(one.running.pid) : Json(nullptr)},
          {"id", OrNullText(one.running.id)},
          {"runtime", one.recorded ? Json(ToString(one.recorded->runtime)) : Json(nullptr)},
          {"config", one.recorded ? Json(one.recorded->file) : Json(nullptr)},
          {"rootfsPropagation",
           one.recorded ? OrNullText(one.recorded->rootfs_propagation) : Json(nullptr)},
          {"mounts", std::move(mounts)}};
}

}  // namespace

void WriteJsonVerification(const Verification& verification, std::ostream& out) {
  const ExplainedPod& pod = verification.pod();
  Json containers = Json::array();
  for (const VerifiedContainer& one : verification.containers) {
    containers.push_back(ContainerJson(one));
  }
  WriteJson({{"apiVersion", "mountguard.io/v1"},
             {"kind", "NodeVerifyReport"},
             {"summary",
              {{"differences", verification.differences()}, {"complete", verification.complete()}}},
             {"pod",
              {{"file", pod.file},
               {"kind", pod.kind},
               {"namespace", pod.namespace_name},
               {"name", pod.name},
               {"uid", OrNullText(pod.uid)}}},
             {"containers", std::move(containers)},
             {"unseen", verification.unseen}},
            out);
}

}  // namespace mountguard::cli
